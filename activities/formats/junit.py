"""JUnit XML, as pytest, jest-junit, vitest, node --test, gotestsum, googletest, ctest, nextest and surefire write it.

A Python test's id is pytest's node id (`tests/test_a.py::TestA::test_b[1]`); any other's is
`class name::name`. A test that failed and then passed in the same report is flaky. A suite that could not be loaded, or
that counts more failures than it names, is a failed test of the suite's name.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Literal
from xml.etree.ElementTree import Element

from activities.model import TestCase
from activities.reports import (
    BadReport,
    Contents,
    Format,
    non_negative,
    parse_xml,
    path_of,
    valid_unicode,
    without_colours,
)

Outcome = Literal["passed", "failed", "skipped", "flaky"]
_ROOTS = ("testsuites", "testsuite", "testrun")
_SOURCE = re.compile(r"[^\s:]+\.(?:[cm]?[jt]sx?|py|go|rb|php|java|kt|cs|rs)")
_LONGEST = 4000

# What writers call the elements and the values of `status` and `result` (googletest has both).
_FAILED = ("failure", "error", "rerunFailure", "rerunError")
_FLAKY = ("flakyFailure", "flakyError")
_SKIPPED = ("skipped", "disabled", "ignored")
_FAILED_WORDS = ("failed", "failure", "fail", "error")
_SKIPPED_WORDS = (
    *("skipped", "skip", "disabled", "ignored", "pending", "todo"),
    *("notrun", "not_run", "suppressed", "inapplicable"),
)


class JUnitFormat(Format):
    name = "junit"
    gives = "tests"

    def read(self, data: bytes, tool: str, check: str) -> Contents:
        root = parse_xml(data, "The JUnit report")
        if _tag(root) not in _ROOTS:
            raise BadReport(f"The report is not JUnit: its root is <{valid_unicode(_tag(root))[:50]}>.")
        entries = [_test(element, file) for element, file in _elements(root)]
        return Contents(tests=(*_one_each(entries), *_unnamed_failures(root)))


def _tag(element: Element) -> str:
    """Some writers put the elements into a namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _elements(root: Element) -> Iterator[tuple[Element, str]]:
    """Each test with the file that its suites name, "" when none does. Suites nest to any depth."""
    waiting: list[tuple[Element, str]] = [(root, "")]
    while waiting:
        suite, outer = waiting.pop()
        file = _path(suite.get("file") or suite.get("filepath") or "") or outer
        inner = []
        for child in suite:
            if _tag(child) == "testcase":
                yield child, file
            elif _tag(child) in _ROOTS:
                inner.append((child, file))
        waiting.extend(reversed(inner))


def _one_each(entries: Sequence[TestCase]) -> list[TestCase]:
    """The tests, each once and under a name of its own.

    A test that is run again after a failure has an entry for each run. A passed one is never run again: where a name
    comes again after a pass, the report's names are not unique, and the second of a name is called "name (2)".
    """
    by_name: defaultdict[str, list[TestCase]] = defaultdict(list)
    for test in entries:
        by_name[test.id].append(test)
    runs_again = not any(
        test.outcome not in ("failed", "flaky") and not test.path.endswith(".py")
        for tests in by_name.values()
        for test in tests[:-1]
    )
    found: list[TestCase] = []
    for name, tests in by_name.items():
        # pytest writes a test twice when it fails and its teardown fails too: it is one failed test.
        if len(tests) == 1 or runs_again or tests[0].path.endswith(".py"):
            found.append(_joined(tests))
            continue
        free = (own for number in count(2) if (own := f"{name} ({number})") not in by_name)
        found += [tests[0], *(replace(test, id=next(free)) for test in tests[1:])]
    return found


def _joined(tests: Sequence[TestCase]) -> TestCase:
    """One test of several entries: of several runs, the last of which decides, or of a test and its teardown."""
    first, last = tests[0], tests[-1]
    if len(tests) == 1:
        return first
    failed, others = ([test for test in tests if (test.outcome in ("failed", "flaky")) is bad] for bad in (True, False))
    outcome: Outcome = "failed" if failed else last.outcome
    if failed and last.outcome == "passed" and not first.path.endswith(".py"):
        outcome = "flaky"
    worst = failed[0] if failed else last
    messages = dict.fromkeys(test.message for test in (*failed, *others) if test.message)
    seconds = sum(test.duration_s for test in tests)
    return replace(worst, outcome=outcome, message="\n".join(messages), duration_s=seconds)


def _unnamed_failures(root: Element) -> Iterator[TestCase]:
    """A test for what failed outside of every test: an error of a suite, and failures that a suite only counts."""
    counted: dict[Element, int] = {}
    for suite in reversed(list(_suites(root))):  # inner ones first
        own = [child for child in suite if _tag(child) in ("failure", "error")]
        cases = [case for case in suite if _tag(case) == "testcase"]
        named = len(own) + sum(max(_results(case), _outcome(case) == "failed") for case in cases)
        named += sum(counted[child] for child in suite if child in counted)
        sums = non_negative(suite.get("failures")) + non_negative(suite.get("errors"))
        counted[suite] = max(named, sums)
        if own or sums > named:
            name = valid_unicode(suite.get("name") or suite.get("package") or "")
            file = _path(suite.get("file") or suite.get("filepath") or (name if _SOURCE.fullmatch(name) else ""))
            message = _message(own) or f"The report counts {sums:,} failures and errors here, and names {named:,}."
            yield TestCase(f"{name or 'suite'}::(suite)", "failed", file, message=message)


def _path(name: str) -> str:
    return path_of(name).removeprefix("./")


def _suites(root: Element) -> Iterator[Element]:
    waiting = [root]
    while waiting:
        suite = waiting.pop()
        yield suite
        waiting += [child for child in suite if _tag(child) in _ROOTS]


def _results(case: Element) -> int:
    return sum(_tag(child) in (*_FAILED, *_FLAKY) for child in case)


def _test(case: Element, suite_file: str) -> TestCase:
    name, group = valid_unicode(case.get("name", "")), valid_unicode(case.get("classname", ""))
    path = _path(case.get("file") or "") or suite_file or (_path(group) if _SOURCE.fullmatch(group) else "")
    # pytest counts lines from 0 and is the only known writer of both attributes on a test.
    line = non_negative(case.get("line"), -1) + (1 if path.endswith(".py") else 0)
    try:
        seconds = float(case.get("time", "").replace(",", ""))
    except ValueError:
        seconds = 0.0
    return TestCase(
        id=_id(path, group, name),
        outcome=_outcome(case),
        path=path,
        line=max(line, 0),
        message=_message([child for child in case if _tag(child) in (*_FAILED, *_FLAKY, *_SKIPPED)]),
        duration_s=seconds if math.isfinite(seconds) and seconds >= 0 else 0.0,
    )


def _id(path: str, group: str, name: str) -> str:
    """pytest's class name is the module's dotted path with the classes behind it; a collection error has none."""
    module = path.removesuffix(".py").replace("/", ".")
    if path.endswith(".py") and (group + ".").startswith(module + "."):
        return "::".join((path, *filter(None, group[len(module) + 1 :].split(".")), name))
    return f"{group}::{name}" if group and not name.startswith(group) else name


def _outcome(case: Element) -> Outcome:
    tags = [_tag(child) for child in case]
    words = [case.get(name, "").strip().lower() for name in ("status", "result")]
    if any(tag in _FAILED for tag in tags):
        return "failed"
    if any(tag in _FLAKY for tag in tags):
        return "flaky"
    if any(word in _FAILED_WORDS for word in words):
        return "failed"
    # A test is skipped once; several skips are those of subtests in a test that ran.
    skipped = sum(tag in _SKIPPED for tag in tags) == 1 or any(word in _SKIPPED_WORDS for word in words)
    return "skipped" if skipped else "passed"


def _message(results: Sequence[Element]) -> str:
    """The end of a traceback says more than its start, so a long one loses its middle."""
    parts = []
    for result in results:
        trace = next((child.text for child in result if _tag(child) == "stackTrace"), None)
        texts = (result.get("message"), result.text if (result.text or "").strip() else trace)
        message, text = (without_colours(valid_unicode(part or "")).strip() for part in texts)
        parts += [part for part in (message if message not in text else "", text) if part]
    whole = "\n".join(parts).strip()
    half = _LONGEST // 2
    return whole if len(whole) <= _LONGEST else f"{whole[:half]}\n…\n{whole[-half:]}"


junit = JUnitFormat()
