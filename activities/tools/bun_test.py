"""bun's own runner: the tests of a package whose test script starts `bun test`, and their coverage."""

import re
from collections.abc import Iterator
from typing import Literal

from activities.languages.javascript.package_json import workspace_home
from activities.languages.javascript.package_manager import wanted_bun
from activities.languages.javascript.programs import bun_folder
from activities.languages.javascript.scripts import TEST_SCRIPTS, without_options
from activities.languages.javascript.test_runs import (
    COVERAGE_FOLDER,
    RunnerStart,
    ScriptRunner,
    Tests,
    line_in_trace,
    short_message,
)
from activities.model import TestCase
from activities.reports import BadReport, valid_unicode, without_colours
from activities.tool_reports import with_unique_ids
from activities.tooling import ToolDetection, Workbench

# bun 1.0 is the oldest version that is supported. Its JUnit report has no messages, and wrong names of nested tests.
_FLAGS = ("--watch", "--hot", "--bail", "--coverage", "--dots", "--only-failures", "--silent", "--todo")
_VALUED = ("--reporter", "--reporter-outfile", "--coverage-reporter", "--coverage-dir")
_NEXT_IS_VALUE = (
    "--timeout", "--preload", "-r", "--require", "--import", "-t", "--test-name-pattern", "--rerun-each", "--seed",
    "--max-concurrency", "--conditions", "--env-file", "--config", "-c", "--define", "-d",
)  # fmt: skip
_RESULT = re.compile(r"\((?P<word>pass|fail|skip|todo)\) (?P<name>.*?)(?: \[(?P<time>[\d.]+)(?P<unit>ms|s|us)\])?")
_FILE = re.compile(r"(?P<path>[^\s:][^:\n]*\.[cm]?[jt]sx?):")
_ERROR = re.compile(r"^(?:error|\w*Error)\b", re.MULTILINE)
_OUTSIDE = "# Unhandled error between tests"
_SUMMARY = re.compile(r"^Ran \d+ tests? across \d+ files?\.|^Ran \d+ tests?\.|^error: 0 test files", re.MULTILINE)
_OUTCOMES: dict[str, Literal["passed", "failed"]] = {"pass": "passed", "fail": "failed"}
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, None: 0.0}


class BunTest(ScriptRunner):
    name = "bun-test"
    report = "bun.txt"
    package = "bun"
    coverage_hint = "bun writes it where every file could be loaded."
    detection = ToolDetection(other_files=("bunfig.toml",), plugin_options=("preload",), scripts=TEST_SCRIPTS)

    def binary(self, bench: Workbench) -> str:
        return f"{folder}/bun" if (folder := bun_folder(bench)) else ""

    def version(self, bench: Workbench) -> str:
        return wanted_bun(workspace_home(bench.project)).rpartition("@")[2]

    def command(self, bench: Workbench, start: RunnerStart) -> tuple[str, ...]:
        """Everything but what the tests print is on standard error."""
        own = without_options(start.call.args, _FLAGS, _VALUED)
        folder = f"--coverage-dir={bench.paths.out}/{COVERAGE_FOLDER}"
        measured = ("--coverage", "--coverage-reporter=lcov", folder) if start.measure else ()
        files = tuple(f"./{file}" for file in start.files)
        words = (start.binary, "test", *(own if not files else _options(own)), *measured, *files)
        return ("/bin/sh", "-c", 'exec "$@" 2> "$0"', f"{bench.paths.out}/{self.report}", *words)

    def read(self, data: bytes, bench: Workbench) -> Tests:
        text = without_colours(valid_unicode(data.decode("utf-8", "backslashreplace")))
        if not _SUMMARY.search(text):
            raise BadReport("")
        return with_unique_ids(_tests(text, bench)), ""


def _options(words: tuple[str, ...]) -> tuple[str, ...]:
    """Without the patterns of files."""
    before = ("", *words)
    pairs = zip(before, words, strict=False)
    return tuple(word for last, word in pairs if word.startswith("-") or last in _NEXT_IS_VALUE)


def _tests(text: str, bench: Workbench) -> Iterator[TestCase]:
    """What stands before a failure is its message. A file that cannot be loaded is a test of its own."""
    path, outside = "", False
    before: list[str] = []
    for line in text.splitlines():
        if found := _RESULT.fullmatch(line):
            yield _test(path, found, "\n".join(before))
            before, outside = [], False
        elif file := _FILE.fullmatch(line):
            path, before, outside = bench.relative(file["path"]), [], False
        elif line == _OUTSIDE:
            before, outside = [], True
        elif outside and line.startswith("-----"):
            if before:
                yield TestCase(f"{path}::(file)", "failed", path, message=short_message("\n".join(before)))
                before, outside = [], False
        else:
            before.append(line)


def _test(path: str, found: re.Match[str], message: str) -> TestCase:
    failed = found["word"] == "fail"
    error = _ERROR.search(message)  # after some lines of the code
    text = short_message(message[error.start() if error else 0 :]) if failed else ""
    seconds = float(found["time"] or 0) * _SECONDS[found["unit"]]
    name = f"{path}::{found['name']}"
    return TestCase(name, _OUTCOMES.get(found["word"], "skipped"), path, line_in_trace(text, path), text, seconds)


tool = BunTest()
