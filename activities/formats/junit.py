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


class JUnitFormat(Format):
    name = "junit"
    gives = "tests"

    def read(self, data: bytes, tool: str, check: str) -> Contents:
        root = parse_xml(data, "The JUnit report")
        if _tag(root) not in _ROOTS:
            raise BadReport(f"The report is not JUnit: its root is <{valid_unicode(_tag(root))[:50]}>.")
        tests: dict[str, TestCase] = {}
        counts: dict[str, int] = {}
        for element, file in _elements(root):
            test = _test(element, file)
            name = test.id
            if test.path.endswith(".py") and name in tests:
                # pytest writes a test twice when it fails and its teardown fails too: it is one failed test.
                first = tests[name]
                worse, other = (first, test) if first.outcome == "failed" else (test, first)
                message = "\n".join(filter(None, (worse.message, other.message)))
                tests[name] = replace(worse, message=message, duration_s=first.duration_s + test.duration_s)
                continue
            # Elsewhere two tests of one name are two tests: the second is called "name (2)".
            while name in tests:
                counts[name] = counts.get(name, 1) + 1
                name = f"{name} ({counts[name]})"
            tests[name] = replace(test, id=name)
        return Contents(tests=tuple(tests.values()))


def _tag(element: Element) -> str:
    """Some writers put the elements into a namespace."""
    return element.tag.rpartition("}")[2]


def _elements(root: Element) -> Iterator[tuple[Element, str]]:
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
    file = case.get("file") or suite_file or (group if _SOURCE.fullmatch(group) else "")
    path = valid_unicode(file).replace("\\", "/").removeprefix("./")
    known = JUnitCase.fromelem(case)  # type: ignore[no-untyped-call]
    results = [result for result in known if not isinstance(result, System)]
    # pytest counts lines from 0 and is the only known writer of both attributes on a test.
    line = non_negative(case.get("line"), -1) + (1 if path.endswith(".py") else 0)
    try:
        seconds = float(case.get("time", "").replace(",", ""))
    except ValueError:
        seconds = 0.0
    return TestCase(
        id=_id(path, group, name),
        outcome=_outcome(results),
        path=path,
        line=max(line, 0),
        message=_message(results),
        duration_s=seconds if math.isfinite(seconds) and seconds >= 0 else 0.0,
    )


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
    parts = []
    for result in results:
        message, text = valid_unicode(result.message or "").strip(), valid_unicode(result.text or "").strip()
        parts += [part for part in (message if message not in text else "", text) if part]
    whole = "\n".join(parts).strip()
    half = _LONGEST // 2
    return whole if len(whole) <= _LONGEST else f"{whole[:half]}\n…\n{whole[-half:]}"


junit = JUnitFormat()
