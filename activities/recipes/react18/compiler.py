"""What TypeScript says before the migration and with the new types: only what is new is looked at."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from activities.errors import UserError
from activities.migration.recipe import SourceTree, StepBench, StepReport, Transform
from activities.migration.transforms.programs import NodeTransform
from activities.migration.types import Leftover
from activities.model import Finding

_SETTINGS = "tsconfig.json"
_DECLARED = re.compile(r"\.d\.[cm]?ts$")
_QUOTED = re.compile(r"'([^']*)'")
_TYPED = ("*.ts", "*.tsx", "*.mts", "*.cts", _SETTINGS)

Key = Callable[[Finding], tuple[str, ...]]


@dataclass(frozen=True)
class CompilerTransform(Transform):
    """`program` is given the compiler's errors that are new. Without any it is not started."""

    program: NodeTransform
    writes_text = True

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        """None where nothing is typed but what a library says of itself."""
        typed = any(not _DECLARED.search(path) for path in tree.named(*_TYPED))
        return self.program.candidates(tree, to) if typed else ()

    async def apply(self, bench: StepBench) -> StepReport:
        try:
            before, after = await bench.findings("tsc")
        except UserError as error:
            file = next(iter(bench.tree.named(_SETTINGS)), bench.files[0])
            reason = f"What the types of React 18 find wrong is not known, since TypeScript did not run: {error}"
            return StepReport((Leftover(file, 0, reason, "Install the packages, and run `tsc --noEmit`."),))
        new = new_errors(before, after)

        async def options(_bench: StepBench) -> Mapping[str, object]:
            return {"errors": _diagnostics(new)}

        return await replace(self.program, options=options).apply(bench) if new else StepReport()


def new_errors(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    """Wherever the lines are: those of a file that are not among its old ones. An old one that is gone is the same as
    a new one that differs in how a type is written, which the new types change."""
    for key in (_exact, _loose):
        gone = Counter(map(key, before)) - Counter(map(key, after))
        left = Counter(map(key, after)) - Counter(map(key, before))
        before, after = _some(before, key, gone), _some(after, key, left)
    return list(after)


def _some(errors: Sequence[Finding], key: Key, counts: Counter[tuple[str, ...]]) -> list[Finding]:
    """The last ones of each key, as many as counted: what was added to a file is more often below."""
    found = []
    counts = counts.copy()
    for one in reversed(errors):
        if counts[key(one)] > 0:
            counts[key(one)] -= 1
            found.append(one)
    return found[::-1]


def _exact(one: Finding) -> tuple[str, ...]:
    return one.path, one.rule, one.message


def _loose(one: Finding) -> tuple[str, ...]:
    """With the names in the message, and without the types that are more than a name."""
    first = one.message.partition("\n")[0]
    return one.path, one.rule, _QUOTED.sub(lambda quoted: quoted[1] if quoted[1].isidentifier() else "…", first)


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
