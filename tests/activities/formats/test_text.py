"""Lines of compilers and linters, and the lines that are none."""

import pytest

from activities.formats.text import text


def read(line: str) -> list[tuple[object, ...]]:
    found = text.read(line.encode(), "tool", "linting").findings
    return [(one.path, one.line, one.column, one.severity, one.rule, one.message) for one in found]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Found 3 errors.",
        "12:30:45: started",
        "warning: nothing to do",
        "  In function f:",
        "http://example.com: moved",
        "a.py:3",
        "a.py:3:",
        "a.py:x: message",
        ":3: message",
    ],
)
def test_line_without_a_place_is_left_out(line: str) -> None:
    assert read(line) == []


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("a.py:3: message", ("a.py", 3, 0, "warning", "", "message")),
        ("./a b.py:3:7: message", ("./a b.py", 3, 7, "warning", "", "message")),
        ("a.c:3:7: error: no x", ("a.c", 3, 7, "error", "", "no x")),
        ("a.c:3:7: fatal error: x.h", ("a.c", 3, 7, "error", "", "x.h")),
        ("a.c:3:7: warning: unused [-Wunused]", ("a.c", 3, 7, "warning", "-Wunused", "unused")),
        ("a.py:3: note: here", ("a.py", 3, 0, "notice", "", "here")),
        ("a.py:3: error: Bad  [attr-defined]", ("a.py", 3, 0, "error", "attr-defined", "Bad")),
        ("a.py:3:80: E501 line too long", ("a.py", 3, 80, "warning", "E501", "line too long")),
        ("a.py:3:0: C0114: Missing docstring", ("a.py", 3, 0, "warning", "C0114", "Missing docstring")),
        ("C:\\x\\a.c:3:7: error: no x", ("C:\\x\\a.c", 3, 7, "error", "", "no x")),
        ("a.sh:3:1: errors happen", ("a.sh", 3, 1, "warning", "", "errors happen")),
    ],
)
def test_finding_is_read(line: str, finding: tuple[object, ...]) -> None:
    assert read(line) == [finding]


def test_bytes_that_are_not_utf8_are_shown() -> None:
    found = text.read(b"\xff.py:1: \xfe\n", "tool", "linting").findings
    assert [(one.path, one.message) for one in found] == [("\\xff.py", "\\xfe")]
