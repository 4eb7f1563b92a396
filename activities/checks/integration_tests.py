"""The integration tests: a folder, a marker or a script of that name."""

from activities.checks import Check
from activities.quality_gate.strategies import tests

check = Check(
    name="integration_tests",
    without="The repository has no integration tests.",
    measure=tests("integration_tests", "integration", coverage=False),
    misses=True,
)
