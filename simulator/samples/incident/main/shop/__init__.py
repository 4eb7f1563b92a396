"""The checkout of a shop."""
