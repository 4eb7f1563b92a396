"""What the benchmarks are played with: repositories, loads, baselines, a stage with a relay."""
