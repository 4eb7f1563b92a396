"""Python projects: configuration, dependencies, installation and test runs."""
