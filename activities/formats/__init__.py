"""Readers of the formats that tools write, one a file.

The file defines one class derived from `activities.reports.Format` and one object of it, found by its type.
`activities/reports.py` has what a reader needs.
"""

from functools import cache

from activities.plugins import load
from activities.reports import Format


@cache
def registry() -> dict[str, Format]:
    """Every format by its name, as the configuration writes it."""
    import activities.formats as package

    return {format.name: format for format in load(package, Format).values()}  # type: ignore[type-abstract]
