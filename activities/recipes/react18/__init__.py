"""The recipe react18: React 16 or 17 to 18. Its Node part is in `transform/`."""
