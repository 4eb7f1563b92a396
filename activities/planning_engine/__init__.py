"""The parts of a planned change that need this host's files: designs, plans, reviews and proofs."""
