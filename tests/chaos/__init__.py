"""Random users and random faults, the same for the same seed, and what must hold once the faults are over."""
