"""Runs of agents: what they get, what they may use up, what they leave, and what is kept of them."""
