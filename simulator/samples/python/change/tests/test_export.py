import json

from ledger import Book, Entry
from ledger.export import as_json


def test_balances_as_json() -> None:
    book = Book([Entry("cash", "rent", 800)])
    assert json.loads(as_json(book)) == {"cash": -800, "rent": 800}
