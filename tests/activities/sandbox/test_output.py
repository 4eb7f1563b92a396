"""The head and tail that are kept of an output."""

import pytest

from activities.sandbox.supervisor import HeadAndTail


@pytest.mark.parametrize("size", [1, 3, 4, 1000])
def test_short_output_is_complete(size: int) -> None:
    output = HeadAndTail(10)
    for start in range(0, 10, size):
        output.add(b"0123456789"[start : start + size])
    assert (output.text(), output.dropped) == (b"0123456789", 0)


@pytest.mark.parametrize("size", [1, 7, 100, 300_000])
def test_middle_of_long_output_is_left_out(size: int) -> None:
    output = HeadAndTail(10)
    data = b"<head" + b"." * 600_000 + b"tail>"
    for start in range(0, len(data), size):
        output.add(data[start : start + size])
    assert output.text() == b"<head\n[... 600,000 bytes left out ...]\ntail>"
