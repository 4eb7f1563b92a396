"""Which lines of a comment may give commands."""

import time

import pytest

from bot.commands import command_lines


@pytest.mark.parametrize(
    "hidden",
    [
        "",
        "Please /retest this.",
        "> /retest",
        "> quoted\n/retest lazily",
        "> > deep\n>\n> /retest",
        "```\n/retest\n```",
        "~~~ never closed\n/retest",
        "    /retest",
        "\t/retest",
        "`/retest`",
        "`a\n/retest\nb`",
        "<!-- /retest -->",
        "<!--\n/retest\n-->",
        "<!--\n\n/retest\n\n-->",
        "<!-- never closed\n\n/retest",
        "before <!--\n/retest\n--> behind",
        "<!-- -->/retest",
        "<details>\n\n/retest\n\n</details>",
        "<details>\n<summary>log</summary>\n\n/retest\n",
        "<details/>\n\n/retest",
        "<DETAILS open>\n\n/retest",
        "<blockquote>\n\n/retest\n</blockquote>",
        "<pre>\n/retest\n</pre>",
        "<div\n\n/retest",
        "a <code>\n/retest</code>",
        "<b>\n/retest",
        "- /retest",
        "1. /retest",
        "* item\n\n  /retest",
        "- [ ] /retest",
        "# /retest",
        "/retest\n=======",
        "a | b\n--|--\n/retest | x",
        r"\/retest",
        "&#47;retest",
        "&sol;retest",
        "*/retest*",
        "**/retest** all",
        "[/retest](https://example.com)",
        "[a]: /retest",
        "![\n/retest](x)",
        "[link](\n/retest)",
        "a/retest",
        "//retest",
        "/ retest",
        "\u200b/retest",
        "\ufeff/retest",
        "／retest",
        "/path/to/file is wrong",
        "[^1]: a footnote\n/retest",
        "Hello[^1]\n  [^1]: a footnote of several words\n/retest",
        "[a\n/retest\nb](https://example.com)",
        "*a\n/retest\nb*",
        "~~taken back\n/retest\nagain~~",
    ],
)
def test_lines_that_give_no_command(hidden: str) -> None:
    assert [line for line in command_lines(hidden) if line.split()[0] == "/retest"] == []


@pytest.mark.parametrize(
    ("comment", "lines"),
    [
        ("/retest", ["/retest"]),
        ("/retest linting  \n", ["/retest linting"]),
        ("Thank you!\n/retest linting\nand merge", ["/retest linting"]),
        ("/retest\r\n/help\r\n", ["/retest", "/help"]),
        ("/retest\\\n/help", ["/retest", "/help"]),
        ("   /retest", ["/retest"]),
        ("/retest `linting` and **coverage**", ["/retest linting and coverage"]),
        ("/retest <!-- the flaky one --> coverage", ["/retest  coverage"]),
        ("> quoted\n\n/retest", ["/retest"]),
        ("```\n/help\n```\n/retest", ["/retest"]),
        ("<!-- note -->\n\n/retest", ["/retest"]),
        ("<details>\n\nlog\n\n</details>\n\n/retest", ["/retest"]),
        ("<br>\n\n/retest", ["/retest"]),
        ("a < b and c > d\n/retest", ["/retest"]),
        ("***\n/retest\n***", ["/retest"]),
        ("[^1]: a footnote\n\n/retest", ["/retest"]),
        ("/override linting A&amp;B and my\\_func are fine", ["/override linting A&B and my_func are fine"]),
    ],
)
def test_lines_that_give_commands(comment: str, lines: list[str]) -> None:
    assert command_lines(comment) == lines


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 65_000,
        "*a_ " * 16_000,
        "<" * 65_000,
        "`a``b```c" * 7_000,
        "[a](b" * 13_000,
        ">" * 65_000,
        "> " * 20 + "a\n" * 30_000,
        "[a\n" * 20_000,
        "- " * 32_000,
        "<details>\n\n" * 1_900,
        "|a" * 16_000 + "\n" + "|-" * 16_000,
        ("[a](b*c_d`" * 190 + "\n\n") * 34,
        "<!--" * 16_000,
        "&" * 65_000,
    ],
    ids=lambda text: text[:8],
)
def test_hostile_comment_is_parsed_quickly(hostile: str) -> None:
    command_lines("/retest")
    before = time.process_time()
    command_lines("/retest\n\n" + hostile)
    command_lines("/retest\n" + hostile)
    assert time.process_time() - before < 2
