"""Orchestration: order, waiting, retrying; no input or output, no clock, no environment."""
