"""What the benchmarks are played with: repositories, loads, baselines, a stack with a relay."""
