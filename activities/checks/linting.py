"""Style and likely mistakes, by the linters and formatters that the repository uses."""

from activities.checks import Check
from activities.quality_gate.strategies import findings

check = Check(
    name="linting",
    without="No linter knows this repository.",
    measure=findings("linting"),
)
