"""JUnit XML, as pytest, jest-junit, vitest, node --test, go-junit-report and surefire write it.

A Python test's id is pytest's node id (`tests/test_a.py::TestA::test_b[1]`); any other's is
`class name::name`. A test that failed and then passed in the same file (surefire's `flakyFailure`) is flaky.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal
from xml.etree.ElementTree import Element

from junitparser import Error, Failure, Skipped
from junitparser.junitparser import Result, System
from junitparser.xunit2 import FlakyError, FlakyFailure
from junitparser.xunit2 import TestCase as JUnitCase

from activities.model import TestCase
from activities.reports import BadReport, Contents, Format, non_negative, parse_xml, valid_unicode

Outcome = Literal["passed", "failed", "skipped", "flaky"]
_ROOTS = ("testsuites", "testsuite", "testrun")
_SOURCE = re.compile(r"[^\s:]+\.(?:[cm]?[jt]sx?|py|go|rb|php|java|kt|cs|rs)")
_LONGEST = 4000


def _reads(data: bytes, tool: str, check: str) -> Contents:
    root = parse_xml(data, "The JUnit report")
    if _tag(root) not in _ROOTS:
        raise BadReport(f"The report is not JUnit: its root is <{valid_unicode(_tag(root))[:50]}>.")
    tests: dict[str, TestCase] = {}
    counts: dict[str, int] = {}
    for case, file in _cases(root):
        test = _test(case, file)
        if test.path.endswith(".py") and test.id in tests:
            tests[test.id] = _both(tests[test.id], test)
        else:
            name = _unique(test.id, tests, counts)
            tests[name] = replace(test, id=name)
    return Contents(tests=tuple(tests.values()))


def _tag(element: Element) -> str:
    """Some writers put the elements into a namespace."""
    return element.tag.rpartition("}")[2]


def _cases(root: Element) -> Iterator[tuple[Element, str]]:
    """Each test with the file that its suites name, "" when none does. Suites nest to any depth."""
    waiting: list[tuple[Element, str]] = [(root, "")]
    while waiting:
        suite, outer = waiting.pop()
        file = suite.get("file") or suite.get("filepath") or outer
        inner = []
        for child in suite:
            child.tag = _tag(child)
            if child.tag == "testcase":
                yield child, file
            elif child.tag in _ROOTS:
                inner.append((child, file))
        waiting.extend(reversed(inner))


def _test(case: Element, suite_file: str) -> TestCase:
    name, group = valid_unicode(case.get("name", "")), valid_unicode(case.get("classname", ""))
    path = _path(case.get("file") or suite_file or (group if _SOURCE.fullmatch(group) else ""))
    known = JUnitCase.fromelem(case)  # type: ignore[no-untyped-call]
    results = [result for result in known if not isinstance(result, System)]
    # pytest counts lines from 0 and is the only known writer of both attributes on a test.
    line = non_negative(case.get("line"), -1) + (1 if path.endswith(".py") else 0)
    return TestCase(
        id=_id(path, group, name),
        outcome=_outcome(results),
        path=path,
        line=max(line, 0),
        message=_message(results),
        duration_s=_seconds(case.get("time", "")),
    )


def _path(file: str) -> str:
    return valid_unicode(file).replace("\\", "/").removeprefix("./")


def _id(path: str, group: str, name: str) -> str:
    """pytest's class name is the module's dotted path with the classes behind it; a collection error has none."""
    module = path.removesuffix(".py").replace("/", ".")
    if path.endswith(".py") and (group + ".").startswith(module + "."):
        return "::".join((path, *filter(None, group[len(module) + 1 :].split(".")), name))
    return f"{group}::{name}" if group and not name.startswith(group) else name


def _outcome(results: list[Result]) -> Outcome:
    if any(isinstance(result, Failure | Error) for result in results):
        return "failed"
    if any(isinstance(result, FlakyFailure | FlakyError) for result in results):
        return "flaky"
    # A test is skipped once; several skips are those of subtests in a test that ran.
    return "skipped" if sum(isinstance(result, Skipped) for result in results) == 1 else "passed"


def _message(results: list[Result]) -> str:
    """The end of a traceback says more than its start, so a long one loses its middle."""
    whole_text = "\n".join(part for result in results for part in _parts(result)).strip()
    half = _LONGEST // 2
    return whole_text if len(whole_text) <= _LONGEST else f"{whole_text[:half]}\n…\n{whole_text[-half:]}"


def _parts(result: Result) -> Iterator[str]:
    message, text = valid_unicode(result.message or "").strip(), valid_unicode(result.text or "").strip()
    if message and message not in text:
        yield message
    if text:
        yield text


def _seconds(value: str) -> float:
    try:
        seconds = float(value.replace(",", ""))
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds >= 0 else 0.0


def _both(first: TestCase, second: TestCase) -> TestCase:
    """pytest writes a test twice when it fails and its teardown fails too: it is one failed test."""
    worse, other = (first, second) if first.outcome == "failed" else (second, first)
    message = "\n".join(filter(None, (worse.message, other.message)))
    return replace(worse, message=message, duration_s=first.duration_s + second.duration_s)


def _unique(name: str, taken: dict[str, TestCase], counts: dict[str, int]) -> str:
    """Two tests of one name are two tests: the second is called "name (2)"."""
    while name in taken:
        counts[name] = counts.get(name, 1) + 1
        name = f"{name} ({counts[name]})"
    return name


junit = Format("junit", "tests", _reads)
