"""What TypeScript says before the migration and with the new types, for the step that fixes what is new."""

from collections.abc import Iterable, Mapping

from activities.migration.recipe import StepBench
from activities.model import Finding


async def compiler_findings(bench: StepBench) -> Mapping[str, object]:
    before, after = await bench.findings("tsc")
    return {"before": _diagnostics(before), "after": _diagnostics(after)}


def _diagnostics(findings: Iterable[Finding]) -> list[Mapping[str, object]]:
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
