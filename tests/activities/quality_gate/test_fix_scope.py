"""Of what a tool changed, only what belongs to the findings stays."""

import pytest

from activities.quality_gate.fix_scope import limited, moved


@pytest.mark.parametrize(
    ("after", "lines", "expected"),
    [
        (b"A\nb\nc\nd\n", {1}, b"A\nb\nc\nd\n"),
        (b"A\nb\nc\nD\n", {4}, b"a\nb\nc\nD\n"),
        (b"b\nc\n", {1}, b"b\nc\nd\n"),
        (b"a\nb\nnew\nc\nd\n", {2}, b"a\nb\nnew\nc\nd\n"),
        (b"a\nb\nnew\nc\nd\n", {3}, b"a\nb\nnew\nc\nd\n"),
        (b"a\nb\nnew\nc\nd\n", {1, 4}, b"a\nb\nc\nd\n"),
        (b"a\nb\nc\nd", {1}, b"a\nb\nc\nd\n"),
        (b"", {9}, b"a\nb\nc\nd\n"),
        (b"c\nd\n", {2}, b"a\nc\nd\n"),
        (b"A\nB\nc\nd\n", {2}, b"a\nB\nc\nd\n"),
    ],
)
def test_changes_elsewhere_are_taken_back(after: bytes, lines: set[int], expected: bytes) -> None:
    assert limited(b"a\nb\nc\nd\n", after, lines) == expected


def test_lines_are_followed_through_an_earlier_fix() -> None:
    assert moved(b"a\nb\nc\n", b"a\nb\nc\n", {2}) == {2}
    assert moved(b"a\nb\nc\n", b"new\na\nB\nc\n", {1, 2, 3}) == {2, 4}
