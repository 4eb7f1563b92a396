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
        ("C:\\x\\a.c:3:7: error: no x", ("C:/x/a.c", 3, 7, "error", "", "no x")),
        ("src\\x86\\a.c:3:1: bad", ("src/x86/a.c", 3, 1, "warning", "", "bad")),
        (
            "\x1b[01m\x1b[Ka.c:3:7:\x1b[m\x1b[K \x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kno x [\x1b[01;31m\x1b[K-Wx\x1b[m\x1b[K]",
            ("a.c", 3, 7, "error", "-Wx", "no x"),
        ),
        (
            "\x1b[96ma.ts\x1b[0m:\x1b[93m3\x1b[0m:\x1b[93m5\x1b[0m - \x1b[91merror\x1b[0m\x1b[90m TS2322: \x1b[0mNo",
            ("a.ts", 3, 5, "error", "TS2322", "No"),
        ),
        (
            "\x1b]8;;file:///a.c\x1b\\a.c\x1b]8;;\x1b\\:3: \x1b[33mE501\x1b[0m long",
            ("a.c", 3, 0, "warning", "E501", "long"),
        ),
        ("\ufeffa.c:3: message\r", ("a.c", 3, 0, "warning", "", "message")),
        ("a.sh:3:1: errors happen", ("a.sh", 3, 1, "warning", "", "errors happen")),
    ],
)
def test_finding_is_read(line: str, finding: tuple[object, ...]) -> None:
    assert read(line) == [finding]


def test_bytes_that_are_not_utf8_are_shown() -> None:
    found = text.read(b"\xff.py:1: \xfe\n", "tool", "linting").findings
    assert [(one.path, one.message) for one in found] == [("\\xff.py", "\\xfe")]


def test_text_of_another_encoding_is_read_by_its_byte_order_mark() -> None:
    found = text.read("a.c:1: é\r\nb.c:2: no\r\n".encode("utf-16"), "tool", "linting").findings
    assert [(one.path, one.line, one.message) for one in found] == [("a.c", 1, "é"), ("b.c", 2, "no")]
