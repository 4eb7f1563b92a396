"""Verdicts by coverage: how much of what the change wrote do the tests run?"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from activities.defaults import COVERAGE_MINIMUM
from activities.model import Finding, Severity, ToolReport
from activities.quality_gate.fingerprints import fingerprint
from activities.quality_gate.verdicts.types import Case, Verdict, listed, plural

_NAMED = 20
_TEST_FOLDERS = frozenset(("tests", "test", "testing", "__tests__", "spec"))
_TEST_FILE = re.compile(r"conftest\.py|test_.*|.*(?:_test|[.]test|[.]spec)[.]\w+")


@dataclass(frozen=True)
class _Lines:
    """Of one file, in all reports together: a line that any run reached is covered."""

    covered: frozenset[int]
    missing: frozenset[int]
    tool: str = ""

    def within(self, lines: frozenset[int]) -> "_Lines":
        return _Lines(self.covered & lines, self.missing & lines, self.tool)


def verdict(case: Case) -> Verdict:
    """Fails below `minimum` percent of the changed lines, or below `total_minimum` of everything where that is set.
    A change without a line that can run has nothing to cover; lines that were accepted are not counted."""
    files = _merged(case.head)
    touched = _touched(case, files)
    gaps = tuple(_gaps(case, touched))
    changed = _without_accepted(touched, gaps)
    diff, total = _percent(changed.values()), _percent(files.values())
    minimum = float(case.plan.judging.get("minimum", COVERAGE_MINIMUM))
    total_minimum = float(case.plan.judging.get("total_minimum") or 0.0)
    reached = min(_reached(diff, minimum), _reached(total, total_minimum))
    unmeasured = _unmeasured(case, files)
    severity: Severity = "warning" if _reached(diff, minimum) < 1 else "notice"
    return Verdict(
        failed=reached < 1,
        score=100.0 * reached,
        reason=_reason(diff, minimum, total, total_minimum) + _aside(unmeasured),
        findings=tuple(replace(gap, severity=severity if gap.new else "notice") for gap in gaps),
        metrics=_metrics(case, changed, diff, total) | {"minimum": minimum, "not_measured": unmeasured[:_NAMED]},
        neutral="" if files else "No file was measured, so this does not judge.",
    )


def _merged(reports: Iterable[ToolReport]) -> dict[str, _Lines]:
    covered: defaultdict[str, set[int]] = defaultdict(set)
    missing: defaultdict[str, set[int]] = defaultdict(set)
    tools: dict[str, str] = {}
    for report in reports:
        for file in report.coverage:
            covered[file.path] |= file.covered
            missing[file.path] |= file.missing
            tools[file.path] = report.tool
    return {
        path: _Lines(frozenset(covered[path]), frozenset(missing[path] - covered[path]), tools[path]) for path in tools
    }


def _touched(case: Case, files: Mapping[str, _Lines]) -> dict[str, _Lines]:
    ignored = case.ignored(case.changed)
    touched = {path: lines for path, lines in case.changed.items() if path in files and path not in ignored}
    return {path: files[path].within(lines) for path, lines in touched.items()}


def _percent(files: Iterable[_Lines]) -> float | None:
    """Rounded down, so that what is shown as the minimum is the minimum; None where no line can run."""
    given = list(files)
    covered, missing = sum(len(each.covered) for each in given), sum(len(each.missing) for each in given)
    return math.floor(10_000 * covered / (covered + missing)) / 100 if covered + missing else None


def _reached(percent: float | None, minimum: float) -> float:
    return 1.0 if percent is None or percent >= minimum else percent / minimum


def _unmeasured(case: Case, files: Mapping[str, _Lines]) -> list[str]:
    """Changed files of a measured kind that no report names: nobody can say whether tests run them. Tests themselves
    are left out of a measurement on purpose."""
    kinds = {PurePosixPath(path).suffix for path in files} - {""}
    candidates = [path for path, lines in case.changed.items() if lines and path not in files and not _is_test(path)]
    ignored = case.ignored(candidates)
    return sorted(path for path in candidates if PurePosixPath(path).suffix in kinds and path not in ignored)


def _is_test(path: str) -> bool:
    *folders, name = path.split("/")
    return bool(_TEST_FOLDERS & set(folders)) or _TEST_FILE.fullmatch(name) is not None


def _gaps(case: Case, touched: Mapping[str, _Lines]) -> Iterator[Finding]:
    """One finding for each run of changed lines that no test runs. They are known by their numbers, since accepting
    them is a word about this very change."""
    for path, lines in touched.items():
        for first, last in _ranges(sorted(lines.missing)):
            said = f"line {first} is" if first == last else f"lines {first} to {last} are"
            mark = fingerprint("uncovered", path, f"{first}-{last}")
            yield Finding(
                case.plan.name, lines.tool, "uncovered", path, first, f"No test runs this: {said} new.", "notice",
                end_line=last, fingerprint=mark, new=mark not in case.accepted,
            )  # fmt: skip


def _without_accepted(touched: Mapping[str, _Lines], gaps: Iterable[Finding]) -> dict[str, _Lines]:
    accepted: defaultdict[str, set[int]] = defaultdict(set)
    for gap in gaps:
        if not gap.new:
            accepted[gap.path].update(range(gap.line, gap.end_line + 1))
    return {path: replace(lines, missing=lines.missing - accepted[path]) for path, lines in touched.items()}


def _ranges(lines: list[int]) -> Iterator[tuple[int, int]]:
    for index, line in enumerate(lines):
        if index == 0 or lines[index - 1] != line - 1:
            first = line
        if index == len(lines) - 1 or lines[index + 1] != line + 1:
            yield first, line


def _metrics(case: Case, changed: Mapping[str, _Lines], diff: float | None, total: float | None) -> dict[str, object]:
    return {
        "total_percent": total,
        "diff_percent": diff,
        "base_total_percent": _percent(_merged(case.base).values()),
        "diff_covered": sum(len(each.covered) for each in changed.values()),
        "diff_lines": sum(len(each.covered) + len(each.missing) for each in changed.values()),
    }


def _reason(diff: float | None, minimum: float, total: float | None, total_minimum: float) -> str:
    if total is None:
        return "No line that can run was measured."
    wanted = f" (at least {total_minimum:g} %)" if total_minimum else ""
    whole = f"{_shown(total)} % of everything{wanted}."
    if diff is None:
        return f"The change has no line that can run; {whole}"
    return f"Tests run {_shown(diff)} % of the changed lines (at least {minimum:g} %), {whole}"


def _shown(percent: float) -> str:
    return f"{math.floor(percent * 10) / 10:.1f}"


def _aside(unmeasured: list[str]) -> str:
    if not unmeasured:
        return ""
    verb = "was" if len(unmeasured) == 1 else "were"
    return f" {plural(len(unmeasured), 'changed file')} {verb} not measured: {listed(unmeasured, 3)}."
