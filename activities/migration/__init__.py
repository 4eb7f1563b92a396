"""Code migrations: what a recipe and its steps are, and how steps change files."""
