"""Steps by the command of a tool, in the sandbox: the tool changes the files."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from activities.globs import path_matches
from activities.languages.javascript.programs import SYSTEM_PATH, node, npm
from activities.migration.recipe import SourceTree, StepBench, StepReport, Transform
from activities.migration.transforms.failures import ended
from activities.sandbox import ResourceLimits, SandboxCommand
from activities.tooling import OUR_TOOLS
from activities.untrusted_files import UntrustedFolder

_MOST_FILES = 500
"""Given to one command."""


@dataclass(frozen=True)
class CommandTransform(Transform):
    """`program` is a script of our own environment (`pyupgrade`), started with `arguments` and the candidates. It
    succeeds with one of `success`; many tools end with 1 where they changed a file."""

    program: str
    arguments: Callable[[str], Sequence[str]]
    patterns: tuple[str, ...]
    needles: tuple[bytes, ...] = ()
    success: tuple[int, ...] = (0,)
    creates: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    limits: ResourceLimits = field(default_factory=lambda: ResourceLimits(wall_s=1800))

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        named = tree.named(*self.patterns)
        return tree.containing(named, *self.needles) if self.needles else named

    async def apply(self, bench: StepBench) -> StepReport:
        argv = (str(OUR_TOOLS / "bin" / self.program), *self.arguments(bench.to))
        for first in range(0, len(bench.files), _MOST_FILES):
            files = (f"./{path}" for path in bench.files[first : first + _MOST_FILES])
            result = await bench.run(SandboxCommand((*argv, *files), limits=self.limits))
            if result.stopped or result.exit_code not in self.success:
                return StepReport(problem=ended(result))
        return StepReport()


@dataclass(frozen=True)
class ShellTransform(Transform):
    """`command` is run by `sh -c` in the repository's root, once, with our Node and the programs of our own environment
    on its PATH. With `files` (globs), only where there is such a file."""

    command: str
    network: bool = False
    files: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    creates: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    limits: ResourceLimits = field(default_factory=lambda: ResourceLimits(wall_s=1800))

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        for path in tree.paths:
            if (not self.files or path_matches(self.files, path)) and not path_matches(self.ignore, path):
                yield path

    async def apply(self, bench: StepBench) -> StepReport:
        out = UntrustedFolder(bench.out)
        for name in ("npm", "npx"):
            program = f'#!/bin/sh\nexec "{node()}" "{Path(npm()[1]).parent / name}-cli.js" "$@"\n'
            out.write(f"programs/{name}", program.encode(), executable=True)
        folders = (f"{bench.paths.out}/programs", str(Path(node()).parent), str(OUR_TOOLS / "bin"), SYSTEM_PATH)
        env = {"PATH": ":".join(folders), **({"NODE_USE_SYSTEM_CA": "1"} if self.network else {})}
        argv = ("/bin/sh", "-c", self.command)
        result = await bench.run(SandboxCommand(argv, env=env, network=self.network, limits=self.limits))
        return StepReport(problem=ended(result)) if result.stopped or result.exit_code else StepReport()
