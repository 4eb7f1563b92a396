"""Our own small loop around a model: its tools, its messages, and the way to the model."""
