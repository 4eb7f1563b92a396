"""Types, by the checker that the repository uses."""

from activities.checks import Check
from activities.quality_gate.strategies import findings

check = Check(
    name="static_analysis",
    without="No type checker knows this repository.",
    measure=findings("static_analysis"),
)
