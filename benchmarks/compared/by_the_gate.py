"""What the gate counted: its reports, read from the folder where it keeps them."""

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from activities.model import CheckResult, ToolReport

from .packages import run

_JUDGED = TypeAdapter(CheckResult)


@dataclass(frozen=True)
class Counted:
    """One tool in one check: the command as the sandbox saw it, and counts in the words of the table."""

    tool: str
    version: str
    command: str
    counts: str
    env: Path | None


def by_the_gate(repository: Path, data: Path) -> list[Counted]:
    """Runs `autobuild gate` on the repository with `data` as its folder."""
    program = Path(sys.executable).with_name("autobuild")
    done = run((str(program), "gate", str(repository), "--json"), repository, {"AUTOBUILD_DATA": str(data)})
    if not done.stdout.lstrip().startswith("{"):
        raise SystemExit(f"The gate gave no verdict:\n{done.stderr[-2000:]}")
    (data.parent / "gate.json").write_text(done.stdout, "utf-8")
    env = next(iter(sorted(data.glob("environments/*/*/*/*/env"))), None)
    return [one for judged in _judged(data) for one in _counted(judged, env)]


def _judged(data: Path) -> list[CheckResult]:
    found = []
    for path in (data / "results").rglob("*.json"):
        try:
            body = json.loads(path.read_bytes())
            found.append(_JUDGED.validate_python(body) if isinstance(body, dict) and "check" in body else None)
        except ValidationError:
            continue
    return sorted((one for one in found if one), key=lambda one: one.check.name)


def _counted(judged: CheckResult, env: Path | None) -> list[Counted]:
    return [
        Counted(f"{report.tool}{_part(judged)}", report.version, report.command, _counts(judged, report), env)
        for report in judged.reports
        if judged.check.name not in {"dependencies", "performance"}
    ]


def _part(judged: CheckResult) -> str:
    return " (coverage)" if judged.check.name == "coverage" else ""


def _counts(judged: CheckResult, report: ToolReport) -> str:
    if not report.completed:
        return f"no answer: {report.problem}"
    if judged.check.name == "coverage":
        missing = sum(len(file.missing) for file in report.coverage)
        return f"{sum(len(file.covered) for file in report.coverage) + missing} lines, {missing} missing"
    if judged.check.name in {"unit_tests", "integration_tests"}:
        found = Counter(test.outcome for test in report.tests)
        return tests(found["passed"] + found["flaky"], found["failed"], found["skipped"])
    own = [finding for finding in judged.findings if finding.tool == report.tool]
    return findings(len(own))


def findings(number: int) -> str:
    return f"{number} finding{'' if number == 1 else 's'}"


def tests(passed: int, failed: int, skipped: int) -> str:
    return f"{passed} passed, {failed} failed, {skipped} skipped"
