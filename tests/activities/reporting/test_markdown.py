"""Text of strangers in our Markdown: what it must not do first, then how it looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.reporting.markdown import (
    clean,
    code,
    cut_bytes,
    cut_lines,
    escape_markdown,
    folded,
    one_line,
    size,
    table,
)

Z = "\u200b"


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("@octocat look", f"@{Z}octocat look"),
        ("mail octocat@example.com", f"mail octocat@{Z}example.com"),
        ("fixes #12 and GH-7", f"fixes \\#{Z}12 and GH-{Z}7"),
        ("octocat/hello#1", f"octocat/hello\\#{Z}1"),
        ("see https://example.com/x", f"see https{Z}://example.com/x"),
        ("WWW.example.com", f"WWW{Z}.example.com"),
        ("<!-- autobuild:gate -->", "&lt;\\!-- autobuild:gate --&gt;"),
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y&gt;"),
        ("a | b", "a &#124; b"),
        ("one\r\ntwo\n\nthree", "one two three"),
        ("![x](y) [a](b)", "\\!\\[x\\](y) \\[a\\](b)"),
        ("**bold** __init__ `tick` ~~no~~ $x$", "\\*\\*bold\\*\\* \\_\\_init\\_\\_ \\`tick\\` \\~\\~no\\~\\~ \\$x\\$"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("# Title", "\\# Title"),
        ("- item", f"-{Z} item"),
        ("1. item", f"1{Z}. item"),
        ("back\\slash", "back\\\\slash"),
        ("\x00\x1b[31mred\u202e", "\\[31mred"),
        ("half \ud83d pair", "half \\\\ud83d pair"),
    ],
)
def test_untrusted_prose_is_shown_and_inert(hostile: str, shown: str) -> None:
    assert escape_markdown(hostile) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        (" \n ", ""),
        ("a.py", "`a.py`"),
        ("a`b", "``a`b``"),
        ("a```b", "````a```b````"),
        ("`", "`` ` ``"),
        ("`a`", "`` `a` ``"),
        ("@octocat <!-- x -->", "`@octocat <!-- x -->`"),
        ("two\nlines", "`two lines`"),
        ("a\\|@octocat`", f"<code>a\\\\&#124;@{Z}octocat\\`</code>"),
    ],
)
def test_code_ends_only_where_it_should(text: str, shown: str) -> None:
    assert code(text) == shown


def test_a_pipe_stays_inside_its_cell() -> None:
    assert table(("A", "B"), [(code("x|y"), escape_markdown("x|y"))], "lr") == [
        "| A | B |",
        "| --- | ---: |",
        "| <code>x&#124;y</code> | x&#124;y |",
    ]


@given(st.text())
def test_no_text_breaks_a_table_or_opens_anything(text: str) -> None:
    row = table(("A", "B"), [(escape_markdown(text), code(text))])[-1]
    assert "\n" not in row
    assert "\r" not in row
    assert row.count("|") == 3
    shown = escape_markdown(text)
    assert "<" not in shown
    assert "://" not in shown.replace(f"{Z}://", "")
    row.encode("utf-8")


@given(st.text(), st.integers(min_value=3, max_value=40))
def test_cutting_keeps_whole_characters(text: str, limit: int) -> None:
    text = clean(text)
    cut = cut_bytes(text, limit)
    assert size(cut) <= limit
    assert text.startswith(cut.removesuffix("…"))


def test_one_line_is_cut_with_a_sign() -> None:
    assert one_line("a" * 20, 10) == "aaaaaaaaa…"
    assert len(one_line("x" * 10_000_000, 300)) == 300


def test_lines_are_cut_whole_and_counted() -> None:
    lines = [f"line {number}" for number in range(100)]
    cut = cut_lines(lines, 170)
    assert cut[-1] == "… 90 more lines"
    assert cut[:10] == lines[:10]
    assert cut_lines(lines, 10_000) == lines


def test_a_fold_that_is_cut_open_is_closed() -> None:
    cut = cut_lines(folded("many", ["x" * 50] * 100), 1000)
    assert cut[-1] == "</details>"
    assert cut.count("<details>") == cut.count("</details>") == 1


def test_empty_list_gives_no_fold() -> None:
    assert folded("nothing", []) == []
