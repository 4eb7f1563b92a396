"""What a change takes away from its checks: tests, by the lines that it removes, known also where the base's tests were
never run; and findings, by comments that keep a tool from reporting them (`# nosec`, `// eslint-disable-line`).
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from activities.checking import ToolRun
from activities.quality_gate.diff_headers import diff_headers
from activities.tooling import Tool

_LINE: Final = re.compile(
    rb"^(?:--- (?P<file>[^\n]+)"
    rb"|(?P<mark>[<>])[ \t]*(?:(?:async[ \t]+)?def[ \t]+(?P<python>test\w*)[ \t]*\("
    rb"|(?:it|test)(?:\.\w+)*[ \t]*\([ \t]*(?P<quote>['\"`])(?P<script>[^\n]+?)(?P=quote)"
    rb"|func[ \t]+(?:\([^()\n]*\)[ \t]*)?(?P<go>(?:Test|Fuzz|Example)\w*)[ \t]*\("
    rb"|#\[(?:\w+::)*(?:test|rstest|test_case|quickcheck|wasm_bindgen_test)\b[^\n]*"
    rb"(?:\n(?P=mark)[ \t]*(?:#\[|//)[^\n]*){0,20}"
    rb"\n(?P=mark)[ \t]*(?:pub(?:\([^()\n]*\))?[ \t]+)?(?:async[ \t]+)?fn[ \t]+(?P<rust>\w+)))",
    re.MULTILINE,
)
_DOCUMENTATION = frozenset((".md", ".mdx", ".rst", ".txt", ".adoc"))
_MOST = 1000
_LONGEST_LINE = 2000


def removed_tests(diff: bytes) -> tuple[str, ...]:
    """The names, sorted. A test that is added elsewhere under its name was moved, and one for which its own file gets
    another was renamed. `diff` is git's, made with `DIFF_MARKS` and without context."""
    removed: dict[str, Counter[str]] = {}
    added: dict[str, Counter[str]] = {}
    file = ""
    for found in _LINE.finditer(diff):
        if found["file"]:
            file = found["file"].decode("utf-8", "backslashreplace")
            continue
        if found["go"] and not file.endswith("_test.go"):
            continue
        said = found["python"] or found["script"] or found["go"] or found["rust"]
        name = said.decode("utf-8", "backslashreplace")
        side = removed if found["mark"] == b"<" else added
        side.setdefault(file, Counter())[name] += 1
    everywhere = sum(added.values(), Counter[str]())
    names: list[str] = []
    for path, tests in removed.items():
        gone = tests - everywhere
        everywhere -= tests & everywhere
        renamed = (added.get(path, Counter()) - tests).total()
        names += sorted(gone.elements())[renamed:]
    return tuple(sorted(names))


@dataclass(frozen=True)
class Suppression:
    """`mark` is the comment as far as it is recognised; `tools` are the names of those that heed it."""

    tools: frozenset[str]
    path: str
    line: int
    mark: str


def added_suppressions(diff: bytes, tools: Collection[Tool]) -> tuple[Suppression, ...]:
    """Those of the lines that a change wrote. A mark that it takes away, in the same file or else in another, makes up
    for a new one: its line was edited or moved. `diff` is git's, made with `DIFF_MARKS` and without context."""
    patterns = [(tool.name, re.compile(tool.silenced_by)) for tool in tools if tool.silenced_by]
    anything = re.compile("|".join(dict.fromkeys(tool.silenced_by for tool in tools if tool.silenced_by)).encode())
    removed: dict[str, Counter[str]] = {}
    added: list[Suppression] = []
    for path, start, _count, body in diff_headers(diff) if patterns and anything.search(diff) else ():
        if PurePosixPath(path).suffix.lower() in _DOCUMENTATION or not anything.search(body):
            continue
        number = start
        for line in body.decode("utf-8", "replace").split("\n"):
            for names, mark in _marks(line[1:_LONGEST_LINE], patterns) if line[:1] in ("<", ">") else ():
                if line[0] == "<":
                    removed.setdefault(path, Counter())[mark] += 1
                elif len(added) < _MOST:
                    added.append(Suppression(names, path, number, mark))
            number += line[:1] == ">"
    return tuple(_without_moved(added, removed))


def suppressed(check: str, suppressions: Iterable[Suppression], runs: Iterable[ToolRun]) -> list[tuple[str, str]]:
    """(mark, `path:line`) of those that a tool of the check heeds. A test runner's are about coverage."""
    tools = {run.tool.name for run in runs} if not check.endswith("_tests") else set()
    return [(one.mark, f"{one.path}:{one.line}") for one in suppressions if not one.tools.isdisjoint(tools)]


def _marks(line: str, patterns: Sequence[tuple[str, re.Pattern[str]]]) -> Iterator[tuple[frozenset[str], str]]:
    found: dict[str, set[str]] = {}
    for name, pattern in patterns:
        for match in pattern.finditer(line):
            found.setdefault(" ".join(match[0].split()), set()).add(name)
    yield from ((frozenset(names), mark) for mark, names in found.items())


def _without_moved(added: Iterable[Suppression], removed: dict[str, Counter[str]]) -> Iterator[Suppression]:
    new = []
    for one in added:
        own = removed.get(one.path, Counter())
        if own[one.mark] > 0:
            own[one.mark] -= 1
        else:
            new.append(one)
    left = sum(removed.values(), Counter[str]())
    for one in new:
        left[one.mark] -= 1
        if left[one.mark] < 0:
            yield one
