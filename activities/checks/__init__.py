"""One quality check a file: its options and their defaults, and of which kind it is.

A check's file name is its name everywhere: in `.github/autobuild.yml`, in the check run's name, on the command line. It
defines exactly one `Check` (`activities/checking.py`). The kinds are in `activities/check_kinds`.
"""

from functools import cache
from typing import Final

from activities.checking import Check
from activities.errors import UserError
from activities.plugins import load

_RESERVED: Final = {
    "gate": "the check run `autobuild / gate` shows the gate's verdict",
    "all": "`/retest all` runs every check again",
    "failed": "`/retest failed` runs the failed checks again",
}
"""Names that no check may have, each with what it means already."""


@cache
def registry() -> dict[str, Check]:
    """Every check by its name, in the order in which they are shown."""
    import activities.checks as package

    found = load(package, Check).values()
    for check in found:
        if check.name in _RESERVED:
            raise UserError(f"No check can be called `{check.name}`: {_RESERVED[check.name]}. Rename its file.")
    return {check.name: check for check in sorted(found, key=lambda check: (check.order, check.name))}
