"""Steps by a program of ours that parses files in the sandbox: it reads JSON from standard input and prints lines.

Input: `{"root", "files", "candidates", "step", "to", "options"}`: all files that it may change, and those of them that
hold what its step looks for. Each line of output is about a file: `{"file", "edits",
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

COMPILED = "compiled"
"""Beside `node_modules`: what Node compiled of it."""

_OUTPUT = "transform.jsonl"
_LARGEST_OUTPUT = 256 * 1024**2
_MOST_TEXT = 500
_LIMITS = ResourceLimits(wall_s=1800, urgent=True)  # every step waits for the one before

Options = Callable[[StepBench], Awaitable[Mapping[str, object]]]


async def _no_options(_bench: StepBench) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True)
class ProgramTransform(Transform):
    """A program of ours. `patterns` are names of files, `needles` strings of which a candidate holds one (none: any
    file). `options` are what the program needs beside the files. `sees_all`: it is given all files of the patterns
    where there is a candidate, and may change each. `writes_text`: the program only prints edits."""

    program: Path
    step: str
    patterns: tuple[str, ...]
    needles: tuple[bytes, ...] = ()
    options: Options = _no_options
    sees_all: bool = False
    creates: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    writes_text: bool = False

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        named = tree.named(*self.patterns)
        return tree.containing(named, *self.needles) if self.needles else named

    async def run(self, bench: StepBench, argv: tuple[str, ...], env: Mapping[str, str]) -> StepReport:
        """Starts the program, and makes the edits that it prints."""
        files = tuple(bench.tree.named(*self.patterns)) if self.sees_all else bench.files
        seen = replace(bench, files=files)
        return await _run(seen, bench.files, argv, self.step, await self.options(seen), env)


@dataclass(frozen=True)
class NodeTransform(ProgramTransform):
    """For our Node, with the packages of the `package-lock.json` beside the program."""

    async def apply(self, bench: StepBench) -> StepReport:
        variables = module_variables(await bench.node_packages(self.program.parent))
        return await self.run(bench, (node(), str(self.program)), variables)


@dataclass(frozen=True)
class PythonTransform(ProgramTransform):
    """For our Python, with the packages of our own environment."""

    async def apply(self, bench: StepBench) -> StepReport:
        return await self.run(bench, (str(OUR_TOOLS / "bin" / "python"), "-I", str(self.program)), {})


def module_variables(packages: Path) -> Mapping[str, str]:
    """With which our Node finds installed packages, and their code compiled (https://nodejs.org/api/module.html)."""
    return {
        "NODE_PATH": f"{packages}/node_modules",
        "NODE_COMPILE_CACHE": f"{packages}/{COMPILED}",
        "NODE_COMPILE_CACHE_PORTABLE": "1",
    }


async def _run(
    bench: StepBench,
    candidates: tuple[str, ...],
    argv: tuple[str, ...],
    step: str,
    options: Mapping[str, object],
    env: Mapping[str, str],
) -> StepReport:
    asked = {
        "root": bench.paths.src, "files": bench.files, "candidates": candidates, "step": step, "to": bench.to,
        "options": options,
    }  # fmt: skip
    to_file = ("/bin/sh", "-c", 'exec "$@" > "$0"', f"{bench.paths.out}/{_OUTPUT}", *argv)
    stdin = json.dumps(asked).encode()
    result = await bench.run(SandboxCommand(to_file, env=env, limits=_LIMITS, stdin=stdin))
    if result.exit_code:
        return StepReport(problem=ended(result))
    leftovers: list[Leftover] = []
    known = frozenset(bench.files)
    try:
        for line in _lines(bench.out):
            leftovers += _take(bench.tree, line, known)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, UntrustedFileError) as error:
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
