from ledger import Book, Entry


def test_balances_of_many_entries(benchmark) -> None:
    book = Book([Entry(f"a{number % 50}", f"b{number % 70}", number + 1) for number in range(2_000)])
    assert sum(benchmark(book.balances).values()) == 0
