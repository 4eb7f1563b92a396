"""Entries between accounts, and what they add up to."""

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """`cents` move from one account to another."""

    source: str
    target: str
    cents: int


@dataclass
class Book:
    entries: list[Entry] = field(default_factory=list)

    def post(self, entry: Entry) -> None:
        """Adds an entry. Raises ValueError for one that moves nothing."""
        if entry.cents <= 0:
            raise ValueError(f"An entry moves more than {entry.cents} cents.")
        self.entries.append(entry)

    def balance(self, account: str) -> int:
        """What came in less what went out, in cents."""
        return self.balances()[account]

    def balances(self) -> defaultdict[str, int]:
        """Every account's balance; they add up to nothing."""
        sums: defaultdict[str, int] = defaultdict(int)
        for entry in self.entries:
            sums[entry.source] -= entry.cents
            sums[entry.target] += entry.cents
        return sums
