"""From an issue to its pull request: what is designed, planned, written, checked and opened."""
