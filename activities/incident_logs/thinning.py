"""Too many lines left out evenly, so that what is kept has the rates of the whole."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from activities.incidents.data import LogTable

if TYPE_CHECKING:
    import polars as pl

MOST_LINES: Final = 2_000_000
MOST_BYTES: Final = 400 * 1024**2


@dataclass(frozen=True)
class LinesRead:
    """What was found, None for nothing; `problems` are sentences on what is missing."""

    found: LogTable | None
    problems: tuple[str, ...] = ()


class LineThinning:
    """Takes tables of lines and keeps every one, then every second, every fourth …, so that it never holds more than
    `most` lines or 400 MB."""

    def __init__(self, most: int = MOST_LINES) -> None:
        self._most = most
        self._tables: list[pl.DataFrame] = []
        self._stride = 1
        self._offset = 0
        self._lines = self._bytes = 0
        self.left_out = 0

    def add(self, table: "pl.DataFrame") -> None:
        """Keeps these lines, or a part of them."""
        kept = table.gather_every(self._stride, min(self._offset, len(table))) if len(table) else table
        self.left_out += len(table) - len(kept)
        self._offset = (self._offset - len(table)) % self._stride
        self._tables.append(kept)
        self._lines += len(kept)
        self._bytes += int(kept.estimated_size())
        while self._lines > self._most or (self._bytes > MOST_BYTES and self._lines > 1):
            self._halve()

    def _halve(self) -> None:
        import polars as pl

        whole = pl.concat(self._tables)
        kept = whole.gather_every(2)
        self._stride *= 2
        self._offset = 0
        self._tables = [kept.rechunk()]
        self.left_out += len(whole) - len(kept)
        self._lines, self._bytes = len(kept), int(kept.estimated_size())

    def table(self) -> LogTable | None:
        """What was kept, by time; None for nothing at all."""
        import polars as pl

        if not self._lines:
            return None
        columns = ("time", "service", "level", "text")
        return LogTable(
            pl.concat(self._tables).select(columns).sort("time", nulls_last=True, maintain_order=True), self.left_out
        )
