"""Ini files that somebody wrote against their reader."""

import pytest

from activities.languages.ini_files import read_ini


@pytest.mark.parametrize("line", [f"x{' ' * 300_000}y", f"x =\t{' ' * 300_000}y", " " * 300_000])
def test_many_blanks_are_as_one(line: str) -> None:
    """Two of these are no setting, and the third is none at all: read all the same, or refused."""
    read = read_ini(f"[a]\n{line}\nz = 1\n")
    assert read in (None, {"a": {"x": "y", "z": "1"}}, {"a": {"z": "1"}})
    assert read_ini(f"[a]\n{line}\nz = 1\n", allow_no_value=True)


def test_sections_with_their_settings() -> None:
    assert read_ini("[a]\nb: 1\n[a]\nc = d\n  e\n") == {"a": {"b": "1", "c": "d\ne"}}
    assert read_ini("b = 1\n") is None
