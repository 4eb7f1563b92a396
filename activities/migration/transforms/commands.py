"""Steps by the command of a tool, in the sandbox: the tool changes the files."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from activities.migration.recipe import SourceTree, StepBench, StepReport, Transform
from activities.migration.transforms.failures import ended
from activities.sandbox import ResourceLimits, SandboxCommand
from activities.tooling import OUR_TOOLS

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
