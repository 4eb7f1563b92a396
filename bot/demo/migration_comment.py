"""What a migration's comment says, read as a person does: its headline, the steps, and what is left."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

_TITLE = re.compile(r"^### (.*)$", re.M)
_HEADLINE = re.compile(r"^\*\*.*$", re.M)
_SIGN = re.compile(r"\\([!-/:-@\[-`{-~])|\*\*|`|\u200b")
_IN_PROGRESS = "`/stop` ends it"


@dataclass(frozen=True)
class StepRow:
    """A step in the table of the plan. `mark` is "" while it waits, … while it runs."""

    mark: str
    name: str
    title: str
    needs: str
    files: str
    used_by: str
    risk: str
    state: str

    @property
    def has_ended(self) -> bool:
        return self.mark not in ("", "…")


@dataclass(frozen=True)
class MigrationComment:
    """`body` is its Markdown, "" as long as there is none."""

    body: str

    @property
    def title(self) -> str:
        found = _TITLE.search(self.body)
        return _plain(found[1]) if found else ""

    @property
    def headline(self) -> str:
        found = _HEADLINE.search(self.body)
        return _plain(found[0]) if found else ""

    @property
    def steps(self) -> list[StepRow]:
        return [StepRow(*cells) for cells in self._rows("Step")]

    @property
    def left(self) -> list[tuple[str, ...]]:
        """(place, reason, fix) of each row."""
        return list(self._rows("Place"))

    @property
    def is_paused(self) -> bool:
        return self.headline.startswith("Paused")

    @property
    def has_ended(self) -> bool:
        return bool(self.body) and _IN_PROGRESS not in self.body

    @property
    def pull(self) -> int:
        """The number of the pull request that it opened, 0 for none."""
        found = re.match(r"(?:Done|Partly done): #(\d+)", self.headline)
        return int(found[1]) if found else 0

    def _rows(self, head: str) -> Iterator[tuple[str, ...]]:
        """The cells of the table that has this column."""
        inside = False
        for line in self.body.splitlines():
            cells = tuple(_plain(cell) for cell in line.split("|")[1:-1])
            if not cells or head in cells:
                inside = head in cells
            elif inside and not all(re.fullmatch(":?-+:?", cell) for cell in cells):
                yield cells


def _plain(markdown: str) -> str:
    """Without escapes, and without the signs for code and bold text."""
    return unescape(_SIGN.sub(lambda found: found[1] or "", markdown)).strip()
