"""The App."""
