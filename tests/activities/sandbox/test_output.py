"""The head and the tail of an output."""

import pytest

from activities.sandbox.output import Kept


@pytest.mark.parametrize("size", [1, 3, 4, 1000])
def test_short_output_is_kept_whole(size: int) -> None:
    kept = Kept(10)
    for start in range(0, 10, size):
        kept.add(b"0123456789"[start : start + size])
    assert (kept.text(), kept.dropped) == (b"0123456789", 0)


@pytest.mark.parametrize("size", [1, 7, 100, 300_000])
def test_of_long_output_the_middle_is_left_out(size: int) -> None:
    kept = Kept(10)
    data = b"<head" + b"." * 600_000 + b"tail>"
    for start in range(0, len(data), size):
        kept.add(data[start : start + size])
    assert kept.text() == b"<head\n[... 600,000 bytes left out ...]\ntail>"
