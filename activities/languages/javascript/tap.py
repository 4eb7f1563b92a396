"""TAP, the text that ava, tape, node-tap and many more write: versions 12 to 14, with subtests.

A result that has subtests is counted by those. Of tape's results, which are single assertions, the comment before them
is the test's name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

from activities.languages.javascript.test_runs import Tests, short_message
from activities.model import TestCase
from activities.reporting.markdown import code
from activities.reports import valid_unicode
from activities.tool_reports import with_unique_ids

_RESULT = re.compile(
    r"(?P<indent> *)(?P<not>not )?ok\b(?: +(?P<number>\d+))?(?: +-)? *(?P<name>.*?)"
    r"(?:(?<=\s)# *(?P<directive>skip|todo)(?:\W.*|ped\b.*)?|(?<=\s)# time=.*)?",
    re.IGNORECASE,
)
_PLAN = re.compile(r" *1\.\.(?P<count>\d+)(?: *#.*)?")
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


def read_tap(text: str) -> Tests:
    """The tests that a program reported, whatever else stands between, and whether it ended before it was done."""
    results = [result for result in _results(text) if not result.has_children]
    tests = with_unique_ids(
        TestCase(
            id=valid_unicode(" > ".join(result.names))[:500] or "(unnamed test)",
            outcome=result.outcome,
            message=short_message("\n".join(result.details)) if result.outcome == "failed" else "",
        )
        for result in results
    )
    return tests, _unfinished(list(_lines(text)))


def _unfinished(lines: list[str]) -> str:
    """A sentence where results are missing. A text may hold the output of several programs, each with a plan."""
    bailed = next((line.strip() for line in lines if line.strip().startswith("Bail out!")), "")
    if bailed:
        return f"The test program gave up: {code(short_message(bailed)[:300])}."
    plans = [int(match["count"][:9]) for line in lines if (match := _PLAN.fullmatch(line)) and line[0] != " "]
    results = [match for line in lines if (match := _result(line)) and not match["indent"]]
    numbered = [match for match in results if match["number"]] or results
    if len(plans) < max(1, sum(line.startswith("TAP version ") for line in lines)):
        return "The test program ended before it said how many tests it has: its output has no plan."
    if len(numbered) < sum(plans):
        return f"The test program ended early: it planned {sum(plans)} tests and reported {len(numbered)}."
    return ""


def _result(line: str) -> re.Match[str] | None:
    """A result; a brace behind it opens its subtests."""
    return _RESULT.fullmatch(line.removesuffix("{").rstrip())


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
        elif match := _result(line):
            if line.endswith("{"):
                opened.append(match)
            else:
                found.append(_with_subtests(found, match, comment))
    return found


def _lines(text: str) -> Iterator[str]:
    yield from (re.sub("\x1b\\[[0-9;]*m", "", line).rstrip() for line in text.splitlines())


def _with_subtests(found: list[_Result], match: re.Match[str], comment: str) -> _Result:
    """The result of this line. Those just before it that are indented deeper are its subtests."""
    name, directive = match["name"].replace("\\#", "#").strip(), (match["directive"] or "").lower()
    outcome: Literal["passed", "failed", "skipped"] = "failed" if match["not"] else "passed"
    if directive:
        outcome = "skipped"
    indent = len(match["indent"])
    children = list(takewhile(lambda result: result.indent > indent, reversed(found)))
    for child in children:
        child.names, child.indent = (name, *child.names), indent + 1
        child.outcome = outcome if directive and child.outcome == "failed" else child.outcome
    failed_inside = any(child.outcome == "failed" for child in children)
    around = (comment,) if comment and not indent else ()
    return _Result(indent, (*around, name), outcome, bool(children) and (outcome != "failed" or failed_inside))
