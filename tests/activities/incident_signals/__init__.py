"""The numerics of incidents."""
