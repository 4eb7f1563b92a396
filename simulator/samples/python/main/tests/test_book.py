import pytest

from ledger import Book, Entry


@pytest.fixture
def book() -> Book:
    book = Book()
    book.post(Entry("cash", "rent", 80_000))
    book.post(Entry("salary", "cash", 250_000))
    return book


def test_balance_is_what_came_in_less_what_went_out(book: Book) -> None:
    assert book.balance("cash") == 170_000


def test_balances_add_up_to_nothing(book: Book) -> None:
    assert sum(book.balances().values()) == 0


def test_an_account_without_entries_has_nothing(book: Book) -> None:
    assert book.balance("unknown") == 0


@pytest.mark.parametrize("cents", [0, -1])
def test_an_entry_moves_something(book: Book, cents: int) -> None:
    with pytest.raises(ValueError, match="moves more than"):
        book.post(Entry("cash", "rent", cents))
