"""Running agents on one host."""
