"""Reports to be judged, in few words."""

from typing import Any

from activities.model import Benchmark, CheckPlan, CheckResult, FileCoverage, Finding, Severity, TestCase, ToolReport
from activities.quality_gate.fingerprints import fingerprinted

NOTHING_CHANGED: dict[str, frozenset[int]] = {}


def plan(name: str, **judging: Any) -> CheckPlan:
    return CheckPlan(name, applies=True, required=True, judging=judging)


def found(*severities: Severity, path: str = "a.py", tool: str = "tool", start: int = 1) -> ToolReport:
    """A report with one finding a severity, each on a line of its own text."""
    findings = tuple(
        Finding("", tool, f"R{line}", path, line, "says so", severity)
        for line, severity in enumerate(severities, start)
    )
    report = ToolReport(tool, findings=findings)
    return fingerprinted([report], lambda path: [f"line {n}" for n in range(1, 50)])[0]


def suite(path: str = "test_a.py", **outcomes: Any) -> ToolReport:
    cases = [TestCase(f"{path}::{name}", outcome, path, 3, "assert 1 == 2") for name, outcome in outcomes.items()]
    return ToolReport("pytest", tests=tuple(cases))


def covered(path: str, yes: set[int], no: set[int]) -> ToolReport:
    return ToolReport("coverage", coverage=(FileCoverage(path, frozenset(yes), frozenset(no)),))


def times(**rounds: list[float]) -> tuple[ToolReport, ...]:
    """One report a round, as base and head in turns give them."""
    turns = max(len(values) for values in rounds.values())
    return tuple(
        ToolReport(
            "pytest-benchmark", benchmarks=tuple(Benchmark(name, (values[turn],)) for name, values in rounds.items())
        )
        for turn in range(turns)
    )


def said(judged: CheckResult) -> tuple[str, float | None, str]:
    return judged.check.status, judged.check.score, judged.check.reason
