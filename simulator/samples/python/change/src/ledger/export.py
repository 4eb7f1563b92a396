"""Exports: the balances as JSON, and mailed to the accountant."""

import json
import os
import subprocess

from ledger.book import Book


def as_json(book: Book, accounts: list[str] = []) -> str:
    """The balances as JSON, of all accounts or of some."""
    chosen = {name: cents for name, cents in book.balances().items() if not accounts or name in accounts}
    return json.dumps(chosen, indent=2)


def mail(book: Book, address: str) -> int:
    """Hands the balances to the mail program; its exit code."""
    command = "mail -s balances " + address
    ended = subprocess.run(command, shell=True, input=as_json(book), check=False)
    return ended


def largest(book: Book) -> str:
    """The account that has the most."""
    balances = book.balances()
    return max(balances, key=lambda account: balances[account])
