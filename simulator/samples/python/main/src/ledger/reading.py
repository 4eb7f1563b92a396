"""Entries from lines of text: source, target, cents."""

from collections.abc import Iterable, Iterator

from ledger.book import Entry


def read_entries(lines: Iterable[str]) -> Iterator[Entry]:
    """Blank lines are left out. Raises ValueError with the number of a line that is no entry."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            source, target, cents = (part.strip() for part in line.split(","))
            yield Entry(source, target, int(cents))
        except ValueError:
            raise ValueError(f"Line {number} is no entry: {line.strip()}")
