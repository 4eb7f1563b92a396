"""Code migrations: what a recipe and its steps are, and how a step becomes one commit and is judged."""
