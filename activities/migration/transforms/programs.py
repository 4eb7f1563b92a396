"""Steps by a program of ours that parses files in the sandbox: it reads JSON from standard input and prints lines.

Input: `{"root", "files", "step", "to", "options"}`. Each line of output is about a file: `{"file", "edits",
"leftovers"}`, with edits as `[start, end, text]` in UTF-16 units and leftovers as `{"line", "reason", "fix",
"breaks_build"}`; a program may write files itself instead of giving edits. The last line is `{"done": {…}}`: without it
the program did not come to its end.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from activities.languages.javascript.programs import node
from activities.migration.recipe import SourceTree, StepBench, StepReport, Transform
from activities.migration.transforms.edits import apply_edits
from activities.migration.transforms.failures import ended
from activities.migration.types import Leftover
from activities.reporting.migration import program_output
from activities.reports import valid_unicode
from activities.sandbox import ResourceLimits, SandboxCommand
from activities.tooling import OUR_TOOLS
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

_OUTPUT = "transform.jsonl"
_LARGEST_OUTPUT = 256 * 1024**2
_MOST_TEXT = 500
_LIMITS = ResourceLimits(wall_s=1800)

Options = Callable[[StepBench], Awaitable[Mapping[str, object]]]


async def _no_options(_bench: StepBench) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True)
class NodeTransform(Transform):
    """A program for our Node with the packages of the `package-lock.json` beside it. `patterns` are names of files,
    `needles` strings of which a candidate holds one (none: any file). `options` are what the program needs beside the
    files. `sees_all`: it is given all files of the patterns where there is a candidate, and may change each."""

    program: Path
    step: str
    patterns: tuple[str, ...]
    needles: tuple[bytes, ...] = ()
    options: Options = _no_options
    sees_all: bool = False
    creates: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        return _candidates(tree, self.patterns, self.needles)

    async def apply(self, bench: StepBench) -> StepReport:
        packages = await bench.node_packages(self.program.parent)
        argv = (node(), str(self.program))
        if self.sees_all:
            bench = replace(bench, files=tuple(bench.tree.named(*self.patterns)))
        return await _run(bench, argv, self.step, await self.options(bench), {"NODE_PATH": f"{packages}/node_modules"})


@dataclass(frozen=True)
class PythonTransform(Transform):
    """The same for our Python, with the packages of our own environment (LibCST)."""

    program: Path
    step: str
    patterns: tuple[str, ...]
    needles: tuple[bytes, ...] = ()
    options: Options = _no_options
    sees_all: bool = False
    creates: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        return _candidates(tree, self.patterns, self.needles)

    async def apply(self, bench: StepBench) -> StepReport:
        if self.sees_all:
            bench = replace(bench, files=tuple(bench.tree.named(*self.patterns)))
        argv = (str(OUR_TOOLS / "bin" / "python"), "-I", str(self.program))
        return await _run(bench, argv, self.step, await self.options(bench), {})


def _candidates(tree: SourceTree, patterns: tuple[str, ...], needles: tuple[bytes, ...]) -> Iterable[str]:
    named = tree.named(*patterns)
    return tree.containing(named, *needles) if needles else named


async def _run(
    bench: StepBench, argv: tuple[str, ...], step: str, options: Mapping[str, object], env: Mapping[str, str]
) -> StepReport:
    root = bench.paths.src
    asked = {"root": root, "files": bench.files, "step": step, "to": bench.to, "options": options}
    to_file = ("/bin/sh", "-c", 'exec "$@" > "$0"', f"{bench.paths.out}/{_OUTPUT}", *argv)
    stdin = json.dumps(asked).encode()
    result = await bench.run(SandboxCommand(to_file, env=env, limits=_LIMITS, stdin=stdin))
    if result.exit_code:
        return StepReport(problem=ended(result))
    leftovers: list[Leftover] = []
    try:
        for line in _lines(bench.out):
            leftovers += _take(bench.tree, line, frozenset(bench.files))
    except (ValueError, KeyError, TypeError, UntrustedFileError) as error:
        return StepReport(problem=program_output(str(error)))
    return StepReport(tuple(leftovers))


def _lines(out: Path) -> Iterator[Mapping[str, Any]]:
    """Those about files. Raises ValueError where the last one is missing."""
    done = False
    for text in UntrustedFolder(out).read_text(_OUTPUT, _LARGEST_OUTPUT).splitlines():
        line = json.loads(text)
        if not isinstance(line, dict):
            raise ValueError("a line of its output is no JSON object")
        done = done or "done" in line
        if "file" in line:
            yield line
    if not done:
        raise ValueError("its output has no end")


def _take(tree: SourceTree, line: Mapping[str, Any], known: frozenset[str]) -> Iterator[Leftover]:
    file, edits = str(line["file"]), line.get("edits") or ()
    if edits:
        if file not in known:
            raise ValueError(f"it changes {file!r}, which is none of its files")
        text = tree.read(file)
        if text is None:
            raise ValueError(f"{file!r} cannot be read")
        tree.write(file, apply_edits(text, [(int(start), int(end), str(new)) for start, end, new in edits]))
    for one in line.get("leftovers") or ():
        reason, fix = (valid_unicode(str(one.get(name, "")))[:_MOST_TEXT] for name in ("reason", "fix"))
        yield Leftover(file, int(one.get("line", 0)), reason, fix, bool(one.get("breaks_build")))
