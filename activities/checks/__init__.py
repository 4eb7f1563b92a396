"""One quality check a file: its options and their defaults, and of which kind it is.

A check's file name is its name everywhere: in `.github/autobuild.yml`, in the check run's name, on the command line. It
defines exactly one `Check` (`activities/checking.py`). The kinds are in `activities/check_kinds`.
"""

from functools import cache

from activities.checking import Check
from activities.plugins import load


@cache
def registry() -> dict[str, Check]:
    """Every check by its name, in the order in which they are shown."""
    import activities.checks as package

    found = load(package, Check).values()
    return {check.name: check for check in sorted(found, key=lambda check: (check.order, check.name))}
