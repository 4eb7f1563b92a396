"""Simulated services for demos and tests. It imports nothing of the product, and the product nothing of it."""
