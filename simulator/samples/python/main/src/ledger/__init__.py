"""A small double-entry ledger."""

from ledger.book import Book, Entry

__all__ = ["Book", "Entry"]
