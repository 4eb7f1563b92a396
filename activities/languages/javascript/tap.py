"""TAP, the text that ava, tape, node-tap and many more write: versions 12 to 14, with subtests.

A result that has subtests is counted by those. Of tape's results, which are single assertions, the comment before them
is the test's name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

from activities.languages.javascript.test_runs import short_message, with_unique_ids
from activities.model import TestCase
from activities.reports import valid_unicode

_RESULT = re.compile(
    r"(?P<indent> *)(?P<not>not )?ok\b(?: +(?P<number>\d+))?(?: +-)? *(?P<name>.*?)"
    r"(?: +# *(?P<directive>skip|todo)\b.*| +# time=.*)?(?: *\{)?",
    re.IGNORECASE,
)
_PLAN = re.compile(r" *1\.\.\d+\b")
_SUMMARY = re.compile(r"(?:tests|pass|fail|ok|skip|todo|failed|passed|Subtest:?)\b[: ]?.*", re.IGNORECASE)


@dataclass
class _Result:
    indent: int
    names: tuple[str, ...]
    outcome: Literal["passed", "failed", "skipped"]
    has_children: bool = False
    details: list[str] = field(default_factory=list)


def is_tap(text: str) -> bool:
    """Whether a program wrote TAP: its first line, or a plan with a result."""
    lines = text.splitlines()
    if any(line.startswith("TAP version ") for line in lines[:200]):
        return True
    return any(_PLAN.fullmatch(line) for line in lines) and any(re.match(r"(?:not )?ok \d", line) for line in lines)


def read_tap(text: str) -> tuple[TestCase, ...]:
    """The tests that a program reported, whatever else stands between."""
    results = [result for result in _results(text) if not result.has_children]
    return with_unique_ids(
        TestCase(
            id=valid_unicode(" > ".join(result.names))[:500] or "(unnamed test)",
            outcome=result.outcome,
            message=short_message("\n".join(result.details)) if result.outcome == "failed" else "",
        )
        for result in results
    )


def _results(text: str) -> list[_Result]:
    """A subtest's lines are indented. Its own result follows them, or comes before them with a brace."""
    found: list[_Result] = []
    opened: list[re.Match[str]] = []
    comment, inside = "", False
    for line in _lines(text):
        stripped = line.strip()
        if inside:
            inside = stripped != "..."
            if inside:
                found[-1].details.append(line[found[-1].indent :])
        elif stripped == "---":
            inside = bool(found)
        elif line.startswith("#"):
            comment = "" if _SUMMARY.fullmatch(line.lstrip("# ")) else line.lstrip("# ")
        elif stripped == "}" and opened:
            found.append(_with_subtests(found, opened.pop(), ""))
        elif match := _RESULT.fullmatch(line):
            if line.endswith("{"):
                opened.append(match)
            else:
                found.append(_with_subtests(found, match, comment))
        elif stripped.startswith("Bail out!"):
            found.append(_Result(0, (stripped,), "failed"))
    return found


def _lines(text: str) -> Iterator[str]:
    yield from (re.sub("\x1b\\[[0-9;]*m", "", line).rstrip() for line in text.splitlines())


def _with_subtests(found: list[_Result], match: re.Match[str], comment: str) -> _Result:
    """The result of this line. Those just before it that are indented deeper are its subtests."""
    name, directive = match["name"].replace("\\#", "#").strip(), (match["directive"] or "").lower()
    outcome: Literal["passed", "failed", "skipped"] = "failed" if match["not"] else "passed"
    if directive in ("skip", "todo"):
        outcome = "skipped"
    indent = len(match["indent"])
    children = list(takewhile(lambda result: result.indent > indent, reversed(found)))
    for child in children:
        child.names, child.indent = (name, *child.names), indent + 1
    failed_inside = any(child.outcome == "failed" for child in children)
    around = (comment,) if comment and not indent else ()
    return _Result(indent, (*around, name), outcome, bool(children) and (outcome != "failed" or failed_inside))
