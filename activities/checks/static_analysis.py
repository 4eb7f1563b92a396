"""Types, by the checker that the repository uses."""

from activities.check_kinds import findings
from activities.check_options import FailOn, FindingsOptions, Timeout
from activities.checking import Check


class StaticAnalysis(FindingsOptions):
    """Type errors."""

    timeout: Timeout = "10m"
    fail_on: FailOn = "error"


check = Check(
    name="static_analysis",
    nothing="No type checker is configured.",
    kind=findings.KIND,
    options=StaticAnalysis,
    order=80,
)
