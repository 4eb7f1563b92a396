"""What models and strangers wrote in every text of a planned change: it shows, and does nothing."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from activities.model import RepoRef
from activities.planned_changes import model_text, pull_request, report
from activities.planned_changes.types import PlannedPull, PlannedTexts
from tests.activities.planned_changes.cases import ASKED, TEXTS, ends, stages

GITHUB_LIMIT = 65_536
HOSTILE = (
    "@octocat please look, @example/team",
    "Fixes #1",
    "closes octocat/hello#1 and resolves GH-2",
    "fixed: https://github.com/octocat/hello/issues/1",
    "`Fixes #1` and ``closes GH-1``",
    "<!-- autobuild:gate --> <img src=x> <script>alert(1)</script>",
    "</details></summary><h1>big</h1>",
    "a | b | c |\n| --- | --- |\n| @octocat | <b>x</b> |",
    "one\n\n# two\n- [x] three\r\n\r\n> @octocat\n```\n@octocat",
    "``` @octocat\n</details>\nFixes #1\n```` \n",
    "~~~\n</details>\n~~~\n</details>",
    "[a](https://example.com) ![b](https://example.com) [c]: https://example.com",
    "**bold @octocat** **Fixes #1** ** *x* ***",
    "**a `b** c` @octocat **",
    "[skip ci] [ci skip] [no ci] [skip actions] ***NO_CI***",
    "`[skip ci]` and\n\n```\n[skip ci]\nFixes #1\n```",
    "    @octocat\n\tFixes #1",
    "- a\n  - b\n      - @octocat\n1. Fixes #1\n1) x",
    "x\n===\ny\n---\n***\n___",
    "\u202egnp.exe \x00\x1b[31m \ud83d half",
    "`" * 50 + "\n" + "*" * 50,
)
KEPT = re.compile(r"</?(details|summary|code)>")
LIVE = re.compile(r"@\w|#[12]\b|GH-\d|(?<!\u200b)://|\bwww\.", re.IGNORECASE)
CLOSES = re.compile(r"\b(close[sd]?|fix(e[sd])?|resolve[sd]?)\b[:\s*_`]*(\S*?#|GH-|https?://)(?=[\d\w])", re.IGNORECASE)
SKIPS = re.compile(
    r"\[(skip ci|ci skip|no ci|skip actions)\]|\*\*\*NO_CI\*\*\*|^skip-checks:", re.IGNORECASE | re.MULTILINE
)
_OURS = frozenset(("state", "stage", "id", "needs", "ending", "status", "kind", "role", "risk", "repository"))
"""What only GitHub or we decide."""


def with_text(value: Any, text: str, name: str = "") -> Any:
    """The same with this text in place of each that it has."""
    if isinstance(value, str):
        return value if name in _OURS else text
    if isinstance(value, tuple):
        return tuple(with_text(each, text, name) for each in value)
    if isinstance(value, PlannedPull):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{one.name: with_text(getattr(value, one.name), text, one.name) for one in fields(value)}
        )
    return value


def bodies(text: str, *only: str) -> Iterator[tuple[str, str]]:
    """Each comment and description, by its name; `only` those at these stages and ends."""
    written = PlannedTexts(text, tuple((id, text) for id, _ in TEXTS.tasks))
    for name, view in (*stages().items(), *ends().items()):
        if only and name not in only:
            continue
        hostile = replace(with_text(view, text), change=replace(ASKED, actor=text, label=text))
        yield f"comment {name}", report.comment(hostile, written)
        yield f"pull {name}", pull_request.pull_body(hostile, written)
        yield f"pull elsewhere {name}", pull_request.pull_body(hostile, written, "", RepoRef("octocat", "docs"))


def tokens(given: list[Token]) -> Iterator[Token]:
    for token in given:
        yield token
        yield from tokens(token.children or [])


def harms(markdown: str, own: str) -> list[str]:
    """What the rendered text would do, but for our own link."""
    parsed = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown.replace(own, ""))
    found = []
    for token in tokens(parsed):
        if token.type in ("html_inline", "html_block") and "<" in KEPT.sub("", token.content):
            found.append(f"HTML: {token.content}")
        if token.type == "text" and LIVE.search(token.content):
            found.append(f"alive: {token.content}")
        if token.type in ("image", "link_open", "heading_open") and token.markup != "###":
            found.append(f"{token.type}: {token.attrs}")
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_mentions_links_and_renders_nothing(text: str) -> None:
    for name, body in bodies(text):
        own = "Closes octocat/hello#12" if "elsewhere" in name else "Closes #12"
        known = re.sub(r"#(7|9|12|13)\b", "", body)  # issues and pull requests by their numbers, which GitHub gave
        assert harms(known, own) == [], name
        assert body.count("<details>") == body.count("</details>") - code_of(body).count("</details>"), name


def code_of(markdown: str) -> str:
    parsed = MarkdownIt("commonmark").enable("table").parse(markdown)
    return "".join(token.content for token in tokens(parsed) if token.type in ("fence", "code_inline"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_description_closes_our_issue_and_no_other_one_also_as_a_commit(text: str) -> None:
    for name, body in bodies(text):
        assert not SKIPS.search(body), name
        if name.startswith("pull"):
            assert [found[0] for found in CLOSES.finditer(body)] in (["Closes #"], ["Closes octocat/hello#"]), name


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_table_has_as_many_cells_as_its_head(text: str) -> None:
    for name, body in bodies(text):
        code = "\n".join(
            token.content for token in MarkdownIt("commonmark").enable("table").parse(body) if token.type == "fence"
        )
        widths: list[int] = []
        for line in body.split("\n"):
            if line.startswith("| ") and line not in code:
                widths.append(len(re.findall(r"(?<!\\)\|", line)))
            else:
                assert len(set(widths)) < 2, (name, line)
                widths = []


@pytest.mark.parametrize("text", HOSTILE)
def test_titles_and_commits_refer_to_nothing_and_keep_ci_running(text: str) -> None:
    for view in ends().values():
        hostile = replace(with_text(view, text), change=replace(ASKED, actor=text))
        title = pull_request.pull_title(hostile)
        assert 0 < len(title) <= 100
        for written in (title, *(pull_request.commit_message(hostile, task) for task in ("a", ""))):
            assert not CLOSES.search(written)
            assert not SKIPS.search(written)
            assert not LIVE.search(written)
            headline, *rest = written.split("\n")
            assert headline.strip()
            assert rest in ([], ["", rest[-1] if rest else ""])


@pytest.mark.parametrize(
    "unit", ["a", "@octocat ", "&", "`x` ", "\u6f22", "line\n", "```\n", "- x\n", "|", "\U0001f600"]
)
def test_200_kilobytes_in_every_text_fit_github(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    for name, body in bodies(text, "approval", "draft"):
        assert len(body.encode()) <= GITHUB_LIMIT, name
    template = "# What\n" + "x\n" * 5_000
    assert len(pull_request.pull_body(ends()["draft"], PlannedTexts(text), template)) <= GITHUB_LIMIT
    for view in (ends()["failed"], ends()["draft"]):
        assert "**What next:**" in report.comment(with_text(view, text), PlannedTexts(text))


def test_hundreds_of_rows_fit_github() -> None:
    view = ends()["draft"]
    many = replace(
        view, tasks=view.tasks * 200, ci=view.ci * 200, review=view.review * 200, costs=view.costs * 200,
        rounds=view.rounds * 200, pulls=view.pulls * 200,
    )  # fmt: skip
    assert len(report.comment(many, TEXTS).encode()) <= GITHUB_LIMIT
    assert len(pull_request.pull_body(many, TEXTS).encode()) <= GITHUB_LIMIT


@pytest.mark.parametrize("template", ["# What\n" + "x\n" * 9_900, "# 说明\n" + "\u6f22" * 19_900, "x\n" * 100_000])
def test_a_description_with_a_long_template_fits_github(template: str) -> None:
    view = with_text(ends()["draft"], "&" * 3_000)
    body = pull_request.pull_body(replace(view, ci=view.ci * 50), PlannedTexts("design\n" * 30_000), template)
    assert len(body) <= GITHUB_LIMIT
    assert "**How to go on:**" in body
    assert body.count("Closes #12") == 1


def test_the_design_is_cut_before_the_tasks() -> None:
    view = stages()["approval"]
    shown = report.comment(view, PlannedTexts("design\n" * 30_000, (("a", "task\n" * 4_000),)))
    assert shown.count("task\n") == 4_000
    assert "… The rest is left out here." in shown
    assert shown.index("The design") < shown.index("left out here") < shown.index("The tasks in full")
    both = report.comment(
        view, PlannedTexts("design\n" * 30_000, (("a", "task\n" * 40_000), ("b", "other\n" * 40_000)))
    )
    assert both.count("left out here") == 3
    assert "/approve 1a2b3c4d" in both


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", [""]),
        ("plain text", ["plain text"]),
        ("# Why\ntext", ["**Why**", "", "text"]),
        ("**bold** and `code`", ["**bold** and `code`"]),
        ("- one\n  - two\n3. three", ["- one", "  - two", "3. three"]),
        ("a\n\n\n\nb", ["a", "", "b"]),
        ("```python\ndef f():\n    return 1\n```\nafter", ["```", "def f():", "    return 1", "```", "", "after"]),
        ("```\nnever closed", ["```", "never closed", "```"]),
        ("~~~\na\n```\nb\n~~~", ["````", "a", "```", "b", "````"]),
        ("| a | b |", ["&#124; a &#124; b &#124;"]),
        ("2 * 3 * 4", ["2 \\* 3 \\* 4"]),
    ],
)  # fmt: skip
def test_what_a_model_wrote_can_be_read(text: str, shown: list[str]) -> None:
    assert _trimmed(model_text.rendered(text, 10_000)) == _trimmed(shown)


def _trimmed(lines: list[str]) -> list[str]:
    return "\n".join(lines).strip("\n").split("\n")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a b", "https://x/)[y](z", "http://example.com", "https://", "https://u@x/",
            "https://x/|", "https://[", "https://x/" + "a" * 400, "//x", ""],
)  # fmt: skip
def test_an_address_that_is_not_one_makes_no_link(url: str) -> None:
    view = ends()["draft"]
    checks = tuple(replace(one, url=url) for one in view.ci)
    assert "](" not in report.comment(replace(view, ci=checks), PlannedTexts())
