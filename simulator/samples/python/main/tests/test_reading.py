import pytest

from ledger.__main__ import main
from ledger.book import Entry
from ledger.reading import read_entries


def test_reads_entries_and_leaves_out_blank_lines() -> None:
    assert list(read_entries(["cash, rent, 800", "", "salary,cash,2500"])) == [
        Entry("cash", "rent", 800),
        Entry("salary", "cash", 2500),
    ]


def test_names_the_line_that_is_no_entry() -> None:
    with pytest.raises(ValueError, match="Line 2"):
        list(read_entries(["cash,rent,800", "cash,rent"]))


def test_prints_balances(tmp_path) -> None:
    (tmp_path / "entries.csv").write_text("cash,rent,800\n")
    assert main(str(tmp_path / "entries.csv")) == "cash -800\nrent 800"
