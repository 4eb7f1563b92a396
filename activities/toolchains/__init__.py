"""One language's way to install what a project declares, a file each: `python.py`, `node.py`.

The file defines one class derived from `activities.tooling.Toolchain` and one object of it, found by its type; the
built-in files call it `toolchain`.
"""

from functools import cache

from activities.plugins import load
from activities.tooling import Toolchain


@cache
def registry() -> dict[str, Toolchain]:
    """Every toolchain by its name."""
    import activities.toolchains as package

    return load(package, Toolchain)  # type: ignore[type-abstract]
