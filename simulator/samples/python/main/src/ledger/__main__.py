"""Prints every account's balance: `python -m ledger FILE`."""

import sys
from pathlib import Path

from ledger.book import Book
from ledger.reading import read_entries


def main(path: str) -> str:
    book = Book()
    for entry in read_entries(Path(path).read_text().splitlines()):
        book.post(entry)
    return "\n".join(f"{account} {cents}" for account, cents in sorted(book.balances().items()))


if __name__ == "__main__":
    print(main(sys.argv[1]))
