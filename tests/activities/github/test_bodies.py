"""How GitHub takes and keeps a text: not too long, valid, and with our hidden mark."""

import pytest

from activities.github.bodies import LIMIT, fit, mark, same


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    "body",
    [
        "x" * (LIMIT + 1),
        "x\n" * LIMIT,
        "😀" * (LIMIT // 2 + 1),
        "<details>\n" * LIMIT,
        "`" * (LIMIT * 2),
        "```\n" * (LIMIT + 1),
        "\ud800" * (LIMIT + 1),
        "\n" * (LIMIT + 1) + "x",
    ],
)
def test_long_body_is_cut_with_a_notice(body: str) -> None:
    cut = fit(body)
    assert units(cut) <= LIMIT
    assert cut.rpartition("\n")[2].startswith("_… cut here: ")
    assert fit(cut) == cut
    assert len(cut.encode("utf-8")) <= 4 * LIMIT


@pytest.mark.parametrize("body", ["x" * LIMIT, "😀" * (LIMIT // 2), "", "é\n" * 10 + "end"])
def test_body_within_the_limit_is_unchanged(body: str) -> None:
    assert fit(body) == body


def test_cut_closes_open_code_and_folds() -> None:
    code = fit("<details>\n````python\n```\n" + "x = 1\n" * LIMIT)
    assert code.split("\n")[-5:-1] == ["x = 1", "````", "</details>", ""]
    comment = fit("<!-- " + "x" * LIMIT)
    assert comment.split("\n")[-3] == "-->"
    assert fit("```\nx\n```\n" + "word\n" * LIMIT).split("\n")[-3] == "word"


def test_cut_is_at_the_end_of_a_line() -> None:
    assert fit(f"{'word ' * 10}end\n" * 2000).split("\n")[-3] == f"{'word ' * 10}end"
    assert units(fit("x" * (LIMIT * 2))) > LIMIT - 500


def test_invalid_characters_are_removed() -> None:
    assert fit("a\0b\r\nc\rd \ud83d\ude00 \ud800 \n\n") == "ab\nc\nd 😀 \ufffd"


@pytest.mark.parametrize(
    ("there", "body", "is_same"),
    [
        (None, "", True), ("", "", True), ("a\r\nb", "a\nb", True), ("a\n", "a", True), (" a", "a", True),
        ("a", "b", False), ("a\nb", "a b", False), (None, "a", False),
    ],
)  # fmt: skip
def test_body_equals_what_github_keeps(there: str | None, body: str, is_same: bool) -> None:
    assert same(there, body) is is_same


@pytest.mark.parametrize("key", ["", "a b", "-->", "a--b", "x" * 500, "\n", "é", "\ud800", "a\x00b"])
def test_unsafe_key_is_hashed_in_the_mark(key: str) -> None:
    made = mark("comment", key)
    assert len(made) < 100
    assert made.startswith("<!-- autobuild:comment ")
    assert made.index("-->") == len(made) - 3
    assert made != mark("comment", f"{key}x")
    assert made != mark("issue", key)


def test_safe_key_is_readable_in_the_mark() -> None:
    assert mark("comment", "octocat/hello#7:done") == "<!-- autobuild:comment octocat/hello#7:done -->"
