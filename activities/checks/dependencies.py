"""Known vulnerabilities in what the repository depends on."""

from activities.checks import Check
from activities.quality_gate.strategies import findings

check = Check(
    name="dependencies",
    without="The repository declares no dependencies.",
    measure=findings("dependencies"),
)
