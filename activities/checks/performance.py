"""Benchmarks of head and base, in turns on the same machine."""

from activities.checks import Check
from activities.quality_gate.strategies import interleaved

check = Check(
    name="performance",
    without="The repository has no benchmarks.",
    measure=interleaved("performance"),
)
