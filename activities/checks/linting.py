"""Style and likely mistakes, by the linters and formatters that the repository uses."""

from activities.check_kinds import findings
from activities.check_options import FindingsOptions, Timeout
from activities.checking import Check


class Linting(FindingsOptions):
    """Style and likely mistakes."""

    timeout: Timeout = "5m"


check = Check(
    name="linting",
    nothing="No linter is configured.",
    kind=findings.KIND,
    options=Linting,
    order=30,
)
