"""Reports to be judged, in few words."""

from collections.abc import Mapping, Set
from typing import Any

from activities.check_kinds import findings
from activities.check_options import CheckOptions, CommandOptions, FindingsOptions
from activities.checking import Check, Comparison
from activities.checks import registry
from activities.fingerprints import fingerprinted
from activities.model import Benchmark, CheckPlan, CheckResult, FileCoverage, Finding, Severity, TestCase, ToolReport

NOTHING_CHANGED: dict[str, frozenset[int]] = {}


THIRD_PARTY = Check("of_a_third_party", "", findings.KIND, FindingsOptions)


def plan(name: str, **judging: Any) -> CheckPlan:
    """As the configuration gives it with these keys; unlike there, the check is always required."""
    defaults = check_of(name).options().model_dump(exclude={*CommandOptions.model_fields, "format", "rounds"})
    keys = {key: value for key, value in defaults.items() if key not in CheckOptions.model_fields}
    return CheckPlan(name, applies=True, required=True, judging={**keys, **judging})


def check_of(name: str) -> Check:
    return registry().get(name, THIRD_PARTY)


def judge(
    plan: CheckPlan,
    head: tuple[ToolReport, ...],
    base: tuple[ToolReport, ...] | None,
    changed: Mapping[str, frozenset[int]],
    accepted: Set[str] = frozenset(),
    *,
    renamed: Mapping[str, str] | None = None,
) -> CheckResult:
    return check_of(plan.name).result(Comparison(plan, head, base or (), changed, accepted, renamed or {}))


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
