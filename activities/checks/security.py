"""Dangerous code, by the scanners that the repository uses, and secrets in files of any kind."""

from activities.check_kinds import findings
from activities.check_options import FailOn, FindingsOptions, Timeout
from activities.checking import Check


class Security(FindingsOptions):
    """Patterns of code that is not safe, and secrets."""

    timeout: Timeout = "5m"
    fail_on: FailOn = "error"


check = Check(
    name="security",
    nothing="No file has anything that a security scanner looks at.",
    kind=findings.KIND,
    options=Security,
    order=40,
)
