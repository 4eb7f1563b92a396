"""What is known of one test by its text.

What an assertion is worth: 2 where it compares with one value (for each part of it where it compares several at once),
1 where much is equal to it (is it true, is it there, any exception), 0 where nothing can make it fail.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class TestSummary:
    """`worth` is that of its assertions, `count` their number, `cases` how often it is run with other values.
    `expected` is what stands in them, for telling whether they are the same. `skips` are the marks that take it out, or
    let it fail."""

    __test__ = False

    name: str
    line: int
    worth: int
    count: int
    cases: int
    skips: tuple[str, ...]
    expected: str

    @property
    def total(self) -> int:
        return self.worth * self.cases


def said(text: str, assertions: Iterable[re.Match[str]]) -> str:
    """The lines of the assertions, without white space."""
    return "".join("".join(text[each.start() : text.find("\n", each.end())].split()) for each in assertions)
