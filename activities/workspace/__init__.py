"""Mirrors and checkouts of repositories on this host, and the git commands behind them."""
