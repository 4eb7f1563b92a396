"""A look at every patch of an agent before it is pushed: by rules, and by no model."""
