"""Output of the command line: wrapped at a terminal's width, and not at all where it goes to a pipe or a file."""

import re
import sys
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console

WIDE = 100_000
"""Columns of what is no terminal. Not more: rich makes a string of that length for an empty cell."""


def make_console(*, stderr: bool = False, highlight: bool = True) -> "Console":
    """On standard output or standard error."""
    from rich.console import Console

    file: TextIO = sys.stderr if stderr else sys.stdout
    if file.isatty():
        return Console(stderr=stderr, emoji=False, highlight=highlight)
    return Console(file=cast(IO[str], _Unpadded(file)), width=WIDE, emoji=False, highlight=highlight)


class _Unpadded:
    """A file without the spaces that fill a table's last column."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(re.sub(r" +$", "", text, flags=re.MULTILINE))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
