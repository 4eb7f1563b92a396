"""What the gate counted: its verdict as JSON, and its reports, read from the folder where it keeps them."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from activities.model import CheckResult, ToolReport

from .clones import NotMeasured, run

_JUDGED = TypeAdapter(CheckResult)
_NOT_COMPARED = frozenset(("dependencies", "performance"))


def verdict(repository: Path, data: Path, base: str = "") -> dict[str, Any]:
    """What `autobuild gate --json` prints, with `data` as its folder."""
    words = (str(Path(sys.executable).with_name("autobuild")), "gate", str(repository), "--json")
    done = run((*words, *(("--base", base) if base else ())), repository, {"AUTOBUILD_DATA": str(data)})
    if not done.stdout.lstrip().startswith("{"):
        raise NotMeasured(f"The gate gave no verdict:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def counted(data: Path) -> dict[str, str]:
    """Tool → counts, of those that the repository asks for. A tool of several projects is counted once."""
    found: dict[tuple[str, str], list[ToolReport]] = defaultdict(list)
    for judged in _judged(data):
        for report in judged.reports:
            if not report.informational and judged.check.name not in _NOT_COMPARED:
                own = tuple(one for one in judged.findings if one.tool == report.tool)  # the reports hold none
                first = not found[judged.check.name, report.tool]
                found[judged.check.name, report.tool].append(replace(report, findings=own if first else ()))
    names = {key: f"{key[1]} (coverage)" if key[0] == "coverage" else key[1] for key in found}
    return {names[key]: _counts(key[0], reports) for key, reports in sorted(found.items())}


def _judged(data: Path) -> Iterable[CheckResult]:
    for path in sorted((data / "results").rglob("*.json")):
        body = json.loads(path.read_bytes())
        if isinstance(body, dict) and "check" in body:
            try:
                yield _JUDGED.validate_python(body)
            except ValidationError:
                continue


def _counts(check: str, reports: list[ToolReport]) -> str:
    if lost := [report.problem for report in reports if not report.completed]:
        return f"no answer: {lost[0]}"
    if check == "coverage":
        if trouble := [report.coverage_problem for report in reports if report.coverage_problem]:
            return f"no answer: {trouble[0]}"
        files = [file for report in reports for file in report.coverage]
        missing = sum(len(file.missing) for file in files)
        return f"{sum(len(file.covered) for file in files) + missing} lines, {missing} missing"
    if check in {"unit_tests", "integration_tests"}:
        outcomes = Counter(test.outcome for report in reports for test in report.tests)
        return tests(outcomes["passed"] + outcomes["flaky"], outcomes["failed"], outcomes["skipped"])
    return findings(sum(len(report.findings) for report in reports))


def findings(number: int) -> str:
    return f"{number} finding{'' if number == 1 else 's'}"


def tests(passed: int, failed: int, skipped: int) -> str:
    return f"{passed} passed, {failed} failed, {skipped} skipped"
