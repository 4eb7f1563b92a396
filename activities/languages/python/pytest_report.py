"""pytest's tests as a person knows them: node ids, paths in the repository, what a second run changes."""

import re
from dataclasses import replace
from pathlib import Path

from activities.model import TestCase
from activities.tool_reports import FinishedCommand
from activities.tooling import Workbench

# `-v` prints the place before it runs, so the last line of a run that was cut short ends without a result.
_STARTED = re.compile(r"(?P<id>\S[^\n]*?::[^\n]*?) ?(?:<- [^\n]*)?")


def named(tests: tuple[TestCase, ...], bench: Workbench) -> tuple[TestCase, ...]:
    """Tests as the JUnit report has them, with node ids and with paths relative to the repository."""
    return tuple(_named(test, bench) for test in tests)


def with_retry(first: tuple[TestCase, ...], second: tuple[TestCase, ...]) -> tuple[TestCase, ...]:
    """A test that failed and then passed is flaky; it keeps the message of its failure."""
    passed = {test.id for test in second if test.outcome == "passed"}
    return tuple(
        replace(test, outcome="flaky") if test.outcome == "failed" and test.id in passed else test for test in first
    )


def running(finished: FinishedCommand) -> str:
    """The test that ran when the suite was cut short, "" where the output does not tell."""
    last = finished.stdout.rstrip("\n").rpartition("\n")[2].strip()
    match = _STARTED.fullmatch(last)
    return match["id"].strip() if match and not _has_result(last) else ""


def _has_result(line: str) -> bool:
    return bool(re.search(r" (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b", line))


def _named(test: TestCase, bench: Workbench) -> TestCase:
    """A test inherited from another file is reported at that file, and a module that cannot be imported by its
    dotted name alone: the file of both follows from the dotted name."""
    path = test.path
    if not test.id.startswith(f"{path}::"):
        dotted, _, name = test.id.rpartition("::") if "::" in test.id else (test.id, "", "")
        found = _module(bench.project.root, dotted)
        if found:
            file, classes = found
            path = path or file
            test = replace(test, id="::".join((file, *classes, *filter(None, (name,)))))
    return replace(test, path=bench.relative(path) if path else "")


def _module(root: Path, dotted: str) -> tuple[str, list[str]] | None:
    """`tests.test_a.TestA` → ("tests/test_a.py", ["TestA"]): the longest part that is a file."""
    parts = dotted.split(".")
    for end in range(min(len(parts), 30), 0, -1):
        file = "/".join(parts[:end]) + ".py"
        if ".." not in parts and (root / file).is_file():
            return file, parts[end:]
    return None
