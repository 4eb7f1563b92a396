"""What the simulated GitHub keeps and how it changes."""
