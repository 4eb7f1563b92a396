"""How well incidents are diagnosed: generated faults with seeds, public fault data, and a scorecard."""
