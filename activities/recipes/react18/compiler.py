"""What TypeScript says before the migration and with the new types: only what is new is looked at."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from activities.errors import UserError
from activities.migration.recipe import SourceTree, StepBench, StepReport, Transform
from activities.migration.transforms.programs import NodeTransform
from activities.migration.types import Leftover
from activities.model import Finding

_SETTINGS = "tsconfig.json"
_TYPED = ("*.ts", "*.tsx", "*.mts", "*.cts", _SETTINGS)


@dataclass(frozen=True)
class CompilerTransform(Transform):
    """`program` is given the compiler's errors `before` and `after`. Without any that is new it is not started."""

    program: NodeTransform

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        """None where nothing is typed."""
        return self.program.candidates(tree, to) if any(tree.named(*_TYPED)) else ()

    async def apply(self, bench: StepBench) -> StepReport:
        try:
            before, after = await bench.findings("tsc")
        except UserError as error:
            file = next(iter(bench.tree.named(_SETTINGS)), bench.files[0])
            reason = f"What the types of React 18 find wrong is not known, since TypeScript did not run: {error}"
            return StepReport((Leftover(file, 0, reason, "Install the packages, and run `tsc --noEmit`."),))
        if not Counter(map(_key, after)) - Counter(map(_key, before)):
            return StepReport()

        async def options(_bench: StepBench) -> Mapping[str, object]:
            return {"before": _diagnostics(before), "after": _diagnostics(after)}

        return await replace(self.program, options=options).apply(bench)


def _key(one: Finding) -> tuple[str, str, str]:
    return one.path, one.rule, one.message


def _diagnostics(findings: Sequence[Finding]) -> list[Mapping[str, object]]:
    """As the transform takes them: `code` is TypeScript's number."""
    return [
        {
            "file": one.path,
            "line": one.line,
            "column": one.column,
            "code": int(one.rule.removeprefix("TS")),
            "message": one.message,
        }
        for one in findings
    ]
