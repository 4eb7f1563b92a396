"""Runs a program in whose process every unittest result is recorded: unittest itself, Django's runner, an own script.

Started in the sandbox, by the project's own Python (3.6 or later), and never imported by the product:
`record_tests.py REPORT -m MODULE …` or `record_tests.py REPORT SCRIPT …`. The report is JSON, a list of tests.
"""

import atexit
import json
import os
import runpy
import sys
import time
import traceback
import unittest
from typing import Any, Callable, Dict, Tuple  # noqa: UP035

_WORSE = ("passed", "skipped", "failed")
_METHODS = (
    ("addSuccess", "passed"), ("addFailure", "failed"), ("addError", "failed"), ("addSkip", "skipped"),
    ("addExpectedFailure", "passed"), ("addUnexpectedSuccess", "failed"),
)  # fmt: skip
_tests: Dict[str, Dict[str, Any]] = {}  # noqa: UP006
_started: Dict[str, float] = {}  # noqa: UP006


def identity(test: Any) -> str:
    """unittest's id; of a module that could not be loaded, the module."""
    return str(test.id()).replace("unittest.loader._FailedTest.", "").replace("unittest.loader.ModuleSkipped.", "")


def place(test: Any) -> Tuple[str, int]:  # noqa: UP006
    """(file, line) of the test's method, ("", 0) where it has none."""
    try:
        module = sys.modules[type(test).__module__]
        method = getattr(type(test), test._testMethodName)
        while hasattr(method, "__wrapped__"):
            method = method.__wrapped__
        return os.path.relpath(str(module.__file__)), method.__code__.co_firstlineno
    except Exception:
        return "", 0


def record(test: Any, outcome: str, error: Any = None) -> None:
    """The worst outcome of a test counts: a test may fail and its tear-down too."""
    name = identity(test)
    known = _tests.get(name)
    if known is not None and _WORSE.index(known["outcome"]) >= _WORSE.index(outcome):
        return
    message = "".join(traceback.format_exception(*error)) if isinstance(error, tuple) else str(error or "")
    path, line = place(test)
    seconds = time.time() - _started.get(name, time.time())
    _tests[name] = {
        "id": name, "outcome": outcome, "path": path, "line": line, "message": message[-4000:], "duration_s": seconds,
    }  # fmt: skip


def recorded(method: Callable[..., None], outcome: str) -> Callable[..., None]:
    """A method of results that says how a test ended."""

    def ended(self: Any, test: Any, *details: Any) -> None:
        method(self, test, *details)
        record(test, outcome, details[0] if details else None)

    return ended


def started(method: Callable[..., None]) -> Callable[..., None]:
    """`startTest`; no run stops at its first failure."""

    def start(self: Any, test: Any) -> None:
        self.failfast = False
        _started[identity(test)] = time.time()
        method(self, test)

    return start


def ended_part(method: Callable[..., None]) -> Callable[..., None]:
    """`addSubTest`: a part that failed is the test's failure."""

    def ended(self: Any, test: Any, part: Any, error: Any) -> None:
        method(self, test, part, error)
        if error is not None:
            record(test, "skipped" if issubclass(error[0], unittest.SkipTest) else "failed", error)

    return ended


def main() -> None:
    """Runs the program that the words name."""
    report, process = sys.argv[1], os.getpid()

    def write() -> None:
        if os.getpid() == process:
            with open(report, "w", encoding="utf-8", errors="backslashreplace") as file:
                json.dump(list(_tests.values()), file)

    result: Any = unittest.TestResult
    for name, outcome in _METHODS:
        setattr(result, name, recorded(getattr(result, name), outcome))
    result.startTest, result.addSubTest = started(result.startTest), ended_part(result.addSubTest)
    atexit.register(write)
    sys.argv[:2] = []
    if sys.argv[0] == "-m":
        del sys.argv[0]
        sys.path[0] = os.getcwd()
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.abspath(os.path.dirname(sys.argv[0]))
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
