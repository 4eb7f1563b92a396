"""Registering the GitHub App: the set-up pages and what they store."""
