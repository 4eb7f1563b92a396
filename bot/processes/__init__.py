"""Processes on one machine: our own commands, a Temporal server, and everything together with a simulated GitHub."""
