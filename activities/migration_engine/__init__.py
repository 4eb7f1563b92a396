"""A migration on one host: steps run, committed and judged, and what is left of it."""
