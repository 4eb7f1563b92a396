"""What `cargo test` prints, for people: only nightly compilers can write a report for programs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from activities.languages.rust.compiler import CargoTarget

Outcome = Literal["passed", "failed", "skipped"]

_RUNNING = re.compile(r"\s+Running (?:unittests )?\S.* \((?P<program>[^()]+)\)")
_RUNNING_OLD = re.compile(r"\s+Running (?P<program>\S+)")
_DOC = re.compile(r"\s+Doc-tests (?P<crate>\S+)")
_COUNT = re.compile(r"running \d+ tests?")
_TEST = re.compile(r"test (?P<name>\S.*?) \.\.\. ?(?P<rest>.*)")
_OUTCOME = re.compile(r"(?P<word>ok|FAILED|ignored|bench:)(?:$|[ ,<].*)")
_LATE_OUTCOME = re.compile(r"(?:.*[^\w.])?(?P<word>ok|FAILED|ignored)")
_RESULT = re.compile(r"test result: (?:ok|FAILED)\. \d+ passed; .*")
_BLOCK = re.compile(r"---- (?P<name>\S.*) std(?:out|err) ----")
_LINE = re.compile(r"\(line (?P<line>\d{1,7})\)")
_PANIC = re.compile(r"panicked at (?P<place>[^\n]+:\d+:\d+):\n(?P<what>[^\n]*)")
_THREAD = re.compile(r"^(thread '[^'\n]*') \(\d+\) panicked", re.MULTILINE)
_ENDED = re.compile(r"\s*(process didn't exit successfully: `[^`]*` \((?P<how>[^)]*)\).*)")
_SHOULD_PANIC = " - should panic"
_WORDS: dict[str, Outcome] = {"ok": "passed", "FAILED": "failed", "ignored": "skipped", "bench:": "passed"}
_LONGEST_LINE = 10_000
_LONGEST_MESSAGE = 4000
_LONGEST_TEXT = 20_000
_MOST_LINES = 400


@dataclass
class RanTest:
    """`name` without what moves, `shown` as libtest writes it. `path` and `line` are known of a doc test alone, its
    path from the workspace's root."""

    name: str
    shown: str
    outcome: Outcome | None = None
    message: str = ""
    path: str = ""
    line: int = 0


@dataclass
class RanProgram:
    """A program of tests, or the doc tests of a library (`doc`, its crate's name). `counted`: it said how its tests
    ended; `ended` says how it itself did, where that was not well."""

    target: CargoTarget | None = None
    doc: str = ""
    tests: list[RanTest] = field(default_factory=list)
    begun: bool = False
    counted: bool = False
    failed: bool = False
    ended: str = ""


class LibtestReader:
    """Reads line by line: `programs` are those that were compiled, by their file names. What tests print looks like
    anything; a line counts only where libtest writes such a line."""

    def __init__(self, programs: Mapping[str, CargoTarget]) -> None:
        self._targets = programs
        self._ran: list[RanProgram] = []
        self._state: Literal["", "tests", "output"] = ""
        self._pending: RanTest | None = None
        self._blocks: dict[str, list[str]] = {}
        self._block: list[str] | None = None
        self._named: set[str] = set()

    def read(self, text: str) -> list[RanProgram]:
        for line in (line[:_LONGEST_LINE] for line in text.splitlines()):
            if program := self._header(line):
                self._finish()
                self._ran.append(program)
            elif self._ran:
                self._line(self._ran[-1], line)
        self._finish()
        return self._ran

    def _header(self, line: str) -> RanProgram | None:
        if found := _DOC.fullmatch(line):
            return RanProgram(doc=found["crate"])
        if found := _RUNNING.fullmatch(line) or _RUNNING_OLD.fullmatch(line):
            target = self._targets.get(found["program"].rpartition("/")[2])
            return RanProgram(target) if target else None
        return None

    def _line(self, program: RanProgram, line: str) -> None:
        if _COUNT.fullmatch(line):
            program.begun, self._state = True, "tests"
        elif line.startswith("error: ") and "test failed, to rerun pass" in line:
            program.failed, self._state, self._block = True, "", None
        elif not self._state and (found := _ENDED.fullmatch(line)):
            program.ended = found["how"]
        elif _RESULT.fullmatch(line):
            program.counted, self._state, self._block = True, "", None
        elif self._state == "tests":
            self._test_line(program, line)
        elif self._state == "output":
            self._output_line(line)

    def _test_line(self, program: RanProgram, line: str) -> None:
        if found := _TEST.fullmatch(line):
            test = _test(found["name"], is_doc=bool(program.doc))
            outcome = _OUTCOME.fullmatch(found["rest"])
            test.outcome = _WORDS[outcome["word"]] if outcome else None
            self._pending = None if outcome else test
            program.tests.append(test)
        elif line in ("failures:", "successes:"):
            self._state, self._block = "output", None
        elif self._pending and (late := _LATE_OUTCOME.fullmatch(line)):
            # Something that the test printed itself stands between its name and its outcome.
            self._pending.outcome, self._pending = _WORDS[late["word"]], None

    def _output_line(self, line: str) -> None:
        if found := _BLOCK.fullmatch(line):
            self._block = self._blocks.setdefault(found["name"], [])
        elif line == "failures:":
            self._block = None
        elif self._block is not None:
            if len(self._block) < _MOST_LINES:
                self._block.append(line)
        elif line.startswith("    "):
            self._named.add(line.strip())

    def _finish(self) -> None:
        """What the end of a program says of its tests."""
        program = self._ran[-1] if self._ran else RanProgram()
        for test in program.tests:
            if test.outcome is None:
                test.outcome = "passed" if program.counted and test.shown not in self._named else "failed"
                test.message = "" if program.counted else f"The tests ended while this one ran: {program.ended}."
            if test.outcome == "failed" and test.shown in self._blocks:
                test.message = _message(self._blocks[test.shown])
        self._state, self._pending, self._block = "", None, None
        self._blocks, self._named = {}, set()


def _test(name: str, *, is_doc: bool) -> RanTest:
    """A doc test is known by its item, since its line moves: `src/lib.rs - add (line 5) - compile`."""
    if is_doc and (found := _LINE.search(name)):
        path, _, item = name[: found.start()].partition(" - ")
        item = item.strip()
        shown = name[: found.end()]
        return RanTest(f"{path} - {item}" if item else path, shown, path=path, line=int(found["line"]))
    name = name.removesuffix(_SHOULD_PANIC)
    return RanTest(name, name)


def _message(lines: Sequence[str]) -> str:
    """With what was asserted first, which libtest prints below the place."""
    text = _THREAD.sub(r"\1 panicked", "\n".join(lines)[:_LONGEST_TEXT].strip())
    if panic := _PANIC.search(text):
        text = f"{panic['what']}\n{text}"
    half = _LONGEST_MESSAGE // 2
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:half]}\n…\n{text[-half:]}"
