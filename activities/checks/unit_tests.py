"""The test suite, without its integration tests; failures that the base has too are known."""

from activities.checks import Check
from activities.quality_gate.strategies import tests

check = Check(
    name="unit_tests",
    without="The repository has no tests.",
    measure=tests("unit_tests", "unit", coverage=True),
    misses=True,
)
