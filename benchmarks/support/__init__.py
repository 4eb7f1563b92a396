"""What the benchmarks need: repositories, loads, baselines, a deployment with a relay."""
