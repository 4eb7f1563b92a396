"""The little language: what is a word, a quote, a flag; what of it is wrong, and where."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.comment_syntax import CommandError, mark_mistake, name_of, parse_line


@pytest.mark.parametrize("line", ["", "/", "//x", "x", " /x", "/é x", "/a/b", "/a.b", "/-"])
def test_lines_without_command_name(line: str) -> None:
    assert name_of(line) in ("", "é", "-")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/fix", []),
        ("/fix   ", []),
        ("/fix a  b\tc", ["a", "b", "c"]),
        ('/fix "a b" c', ["a b", "c"]),
        ("/fix 'a b' c", ["a b", "c"]),
        ("/fix “a b” „c d“ ‘e f’", ["a b", "c d", "e f"]),
        ('/fix ""', [""]),
        (r'/fix "say \"no\" \\ or \n"', ['say "no" \\ or \\n']),
        ("/fix don't", ["don't"]),
        ("/fix it's don't", ["it's", "don't"]),
        ('/fix a"b c"', ['a"b', 'c"']),
        ("/fix -- --all", ["--all"]),
        ("/fix - -a ---", ["-", "-a", "---"]),
        ("/fix a=b", ["a=b"]),
        ('/fix a="b c"', ["a=b c"]),
        ("/fix \u00a0a", ["a"]),
    ],
)
def test_line_is_split_into_words(line: str, words: list[str]) -> None:
    assert list(parse_line(line).texts) == words
    assert parse_line(line).name == "fix"


@pytest.mark.parametrize(
    ("line", "flags"),
    [
        ("/fix --all", {"all": ""}),
        ("/fix —all", {"all": ""}),
        ("/fix –all", {"all": ""}),
        ("/fix --Budget=5 x", {"budget": "5"}),
        ('/fix --why="too slow" x', {"why": "too slow"}),
        ("/fix --why=“too slow”", {"why": "too slow"}),
        ("/fix --a=1 --a=2", {"a": "2"}),
        ("/fix --1 --é --", {}),
    ],
)
def test_flags_are_parsed(line: str, flags: dict[str, str]) -> None:
    assert {name: word.text for name, word in parse_line(line).flags.items()} == flags


@pytest.mark.parametrize("line", ['/fix "a b', "/fix 'a", '/fix a --why="b', r'/fix "a\"', '/fix “a b"'])
def test_unclosed_quote_is_marked(line: str) -> None:
    with pytest.raises(CommandError) as mistake:
        parse_line(line)
    shown = mark_mistake(line, mistake.value)
    text, mark = shown.split("\n")[1:3]
    assert text[mark.index("^")] in "\"'“"


def test_marked_line_cannot_leave_its_code_block() -> None:
    line = "/fix ```\u2028@octocat <b>"
    mistake = CommandError("No.", parse_line(line).words[0])
    fence, text, mark, end, why = mark_mistake(line, mistake).split("\n")
    assert (fence, end, why) == ("```text", "```", "No.")
    assert "`" not in text
    assert mark == "     ^^^"


def test_mark_stays_within_the_shown_line() -> None:
    line = "/fix " + "x" * 500 + " y"
    assert (
        max(len(part) for part in mark_mistake(line, CommandError("No.", parse_line(line).words[1])).split("\n")) <= 202
    )


@given(st.text(max_size=200))
def test_any_line_is_parsed_or_refused(text: str) -> None:
    line = "/fix " + text.replace("\n", " ")
    with contextlib.suppress(CommandError):
        parts = parse_line(line)
        for word in (*parts.words, *parts.flags.values()):
            assert 0 < word.start < word.end <= len(line)
            assert not line[word.start].isspace()
            assert mark_mistake(line, CommandError("No.", word)).count("\n") == 4
