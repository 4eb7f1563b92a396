"""The parts of the quality workflows."""
