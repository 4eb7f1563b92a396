"""How much of the change, and of everything, the unit tests run."""

from activities.checks import Check
from activities.quality_gate.strategies import coverage

check = Check(
    name="coverage",
    without="The repository has no tests.",
    measure=coverage("coverage"),
)
