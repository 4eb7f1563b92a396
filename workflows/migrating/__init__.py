"""The parts of a code migration's workflow."""
