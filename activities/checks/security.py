"""Dangerous code, by the scanners that the repository uses."""

from activities.checks import Check
from activities.quality_gate.strategies import findings

check = Check(
    name="security",
    without="No security scanner knows this repository.",
    measure=findings("security"),
)
