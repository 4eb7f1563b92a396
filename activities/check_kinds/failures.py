"""What a failed test's message says: in short, and where in the test's own file."""

import posixpath
import re

from activities.model import TestCase

_LONGEST = 300


def short_reason(message: str) -> str:
    """Of pytest's long text the first line of the exception (`E`), of any other the first line with words."""
    lines = [line.strip() for line in message.splitlines()]
    exceptions = [line[1:].strip() for line in lines if line.startswith("E ")]
    words = [line for line in lines if re.search(r"\w", line)]
    return next(iter((*exceptions, *words)), "")[:_LONGEST]


def failing_line(test: TestCase) -> int:
    """The line of the test's own file at which it failed, by its trace: the deepest call there. A Python trace has that
    at its end, others at their start. Without one, the test's own line."""
    name = posixpath.basename(test.path)
    if not name:
        return test.line
    place = re.compile(rf"(?P<path>[\w./\\@+-]*{re.escape(name)})\"?(?::|, line |\(|:line )(?P<line>\d{{1,7}})\b")
    lines = [int(found["line"]) for found in place.finditer(test.message) if _is_file(found["path"], test.path)]
    if not lines:
        return test.line
    return lines[-1] if name.endswith(".py") else lines[0]


def _is_file(shown: str, path: str) -> bool:
    """Whether a path in a trace, from whatever folder, may be the file."""
    shown = posixpath.normpath(shown.replace("\\", "/"))
    return shown == path or f"/{path}".endswith(f"/{shown}") or shown.endswith(f"/{path}")
