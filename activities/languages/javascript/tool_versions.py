"""Which options the versions of a tool know: an unknown one ends most tools at once."""

import re
from collections.abc import Mapping

Since = Mapping[str, tuple[int, int]]
"""Option (without its value) to the first version, (major, minor), that knows it; every version that is supported knows
the others."""


def known_options(version: str, since: Since, *options: str) -> tuple[str, ...]:
    """Those of the options that this version knows; all of them where the version is not known."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    if found is None:
        return options
    given = int(found[1]), int(found[2])
    return tuple(option for option in options if since.get(option.partition("=")[0], (0, 0)) <= given)
