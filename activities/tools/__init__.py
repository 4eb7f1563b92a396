"""One tool a file: how to see that a project uses it, how to start it, how to read what it wrote.

A tool knows nothing of bases, scores or GitHub: it reports what is there, in absolute terms. Which checks it answers is
data on the tool, so a new tool is one new file. The file defines one class derived from `activities.tooling.Tool` and
one object of it, found by its type; the built-in files call it `tool`.
"""

from functools import cache

from activities.plugins import load
from activities.tooling import Tool


@cache
def registry() -> dict[str, Tool]:
    """Every tool by its name, as the configuration writes it."""
    import activities.tools as package

    return {tool.name: tool for tool in load(package, Tool).values()}  # type: ignore[type-abstract]
