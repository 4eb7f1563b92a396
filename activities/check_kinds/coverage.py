"""Checks by coverage: how much of what the change wrote do the tests run?"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from activities.check_kinds import run_all, without_empty_suites
from activities.check_options import CoverageCommand
from activities.checking import CheckKind, ComparedTree, Comparison, Options, Reports, check_result
from activities.defaults import COVERAGE_MINIMUM
from activities.fingerprints import fingerprint
from activities.languages.code_files import executable_lines, in_measured_folders, unnamed
from activities.model import CheckResult, Finding, Severity, ToolReport
from activities.reporting.reasons import coverage_not_asked, coverage_reason, in_no_report, single_line, uncovered_lines
from activities.result_store import digest

_NAMED = 20


@dataclass(frozen=True)
class _Lines:
    """Of one file, in all reports together: a line that any run reached is covered."""

    covered: frozenset[int]
    missing: frozenset[int]
    tool: str = ""
    unclear: str = ""

    def within(self, lines: frozenset[int]) -> "_Lines":
        return replace(self, covered=self.covered & lines, missing=self.missing & lines)


async def measure(
    check: str, head: ComparedTree, base: ComparedTree | None, options: Options
) -> tuple[Reports, Reports]:
    """Reads the run of the test suite that `unit_tests` makes; the base's total is given where its run is stored."""
    run_options = {"select": "unit", "coverage": True, "retry": True}
    found = await run_all(head, check, run_options)
    if base is None:
        return found, ()
    stored = [await base.stored(each, run_options) for each in await base.tool_runs(check)]
    return found, tuple(report for report in stored if report)


def judge(comparison: Comparison) -> CheckResult:
    """Fails below `minimum` percent of the changed lines, or below `total_minimum` of everything where that is set.

    A change without an executable line has nothing to cover. Lines that were accepted, moved or restored are not
    counted; of a new file that no report names all are, as not covered. One line alone fails nothing: a percentage of
    it says nothing. Where nothing in the repository asks for coverage, the minimum only informs; of several projects
    those count that ask for it.
    """
    comparison, _ = without_empty_suites(comparison)
    comparison = replace(comparison, head=tuple(_with_trouble(report) for report in comparison.head))
    counted = [report for report in comparison.head if not report.informational] or comparison.head
    files = _merged(counted)
    unseen = _unseen(comparison, files)
    ignored = comparison.ignored(comparison.changed)
    touched = {
        path: (files.get(path) or unseen.uncovered[path]).within(lines - comparison.old_lines.get(path, frozenset()))
        for path, lines in comparison.changed.items()
        if path not in ignored and (path in files or path in unseen.uncovered)
    }
    gaps = tuple(_gaps(comparison, touched))
    changed = _without_accepted(touched, gaps)
    diff, total = _percent(changed.values()), _percent(files.values())
    minimum = float(comparison.plan.judging.get("minimum", COVERAGE_MINIMUM))
    total_minimum = float(comparison.plan.judging.get("total_minimum") or 0.0)
    one_line = _reached(diff, minimum) < 1 and sum(len(each.missing) for each in changed.values()) == 1
    reached = min(1.0 if one_line else _reached(diff, minimum), _reached(total, total_minimum))
    below, informs = reached < 1, all(report.informational for report in comparison.head)
    note = coverage_not_asked() if (below or one_line) and informs else single_line() if one_line else ""
    unclear = sorted(path for path, each in touched.items() if each.unclear)
    text = coverage_reason(diff, minimum, total, total_minimum, unseen.named, unclear)
    text = " ".join(filter(None, (text, in_no_report(sorted(unseen.uncovered)), note)))
    severity: Severity = "warning" if _reached(diff, minimum) < 1 else "notice"
    return check_result(
        comparison,
        (replace(gap, severity=severity if gap.new else "notice", informational=informs) for gap in gaps),
        failed=below and not informs,
        score=100.0 * reached,
        reason=text,
        metrics={
            "total_percent": total,
            "diff_percent": diff,
            "base_total_percent": _percent(_merged(comparison.base).values()),
            "diff_covered": sum(len(each.covered) for each in changed.values()),
            "diff_lines": sum(len(each.covered) + len(each.missing) for each in changed.values()),
            "minimum": minimum,
            "not_measured": sorted((*unseen.named, *unseen.uncovered))[:_NAMED],
        },
        neutral=not files or bool(unclear) or unseen.unknown or one_line or (below and informs),
    )


@dataclass(frozen=True)
class _Unseen:
    """Changed code files that no report names. `uncovered` are new ones beside measured code; `named` the others, of
    which it is not known whether tests run them; `unknown`: that matters, since nothing says that they were left out on
    purpose."""

    uncovered: Mapping[str, _Lines]
    named: list[str]
    unknown: bool


def _unseen(comparison: Comparison, files: Mapping[str, _Lines]) -> _Unseen:
    """`files` are those of the reports that count; what another report names is not unseen."""
    ignored, reports = comparison.ignored(comparison.changed), comparison.head
    seen = {file.path for report in reports for file in report.coverage}
    changed_paths = [path for path, lines in comparison.changed.items() if lines and path not in ignored | seen]
    paths = unnamed(changed_paths, files)
    on_purpose = {*unnamed(paths, {file.path for one in reports if one.coverage_whole for file in one.coverage})}
    ours = [path for path in in_measured_folders(paths, files) if path not in on_purpose]
    found: dict[str, _Lines] = {}
    silent = set()
    for path in ours:
        if (lines := comparison.lines(path)) is None:
            continue
        changed = executable_lines(path, lines) & comparison.changed[path]
        changed -= comparison.old_lines.get(path, frozenset())
        if not changed:
            silent.add(path)
        elif path in comparison.added and path not in comparison.renamed.values():
            found[path] = _Lines(frozenset(), changed, "coverage")
    named = [path for path in paths if path not in found and path not in silent]
    return _Unseen(found, named, any(path in named for path in ours))


def _with_trouble(report: ToolReport) -> ToolReport:
    """What kept the run from being measured makes this check neutral, and no other."""
    return replace(report, advice=f"{report.advice} {report.coverage_problem}".strip())


def _merged(reports: Iterable[ToolReport]) -> dict[str, _Lines]:
    covered: defaultdict[str, set[int]] = defaultdict(set)
    missing: defaultdict[str, set[int]] = defaultdict(set)
    tools: dict[str, str] = {}
    unclear: dict[str, str] = {}
    for report in reports:
        for file in report.coverage:
            unclear[file.path] = file.unclear and unclear.get(file.path, file.unclear)
            covered[file.path] |= file.covered
            missing[file.path] |= file.missing
            tools[file.path] = report.tool
    return {
        path: _Lines(frozenset(covered[path]), frozenset(missing[path] - covered[path]), tools[path], unclear[path])
        for path in tools
    }


def _percent(files: Iterable[_Lines]) -> float | None:
    """Rounded down, so that what is shown as the minimum is the minimum; None where no line is executable."""
    given = list(files)
    covered, missing = sum(len(each.covered) for each in given), sum(len(each.missing) for each in given)
    return math.floor(10_000 * covered / (covered + missing)) / 100 if covered + missing else None


def _reached(percent: float | None, minimum: float) -> float:
    return 1.0 if percent is None or percent >= minimum else percent / minimum


def _gaps(comparison: Comparison, touched: Mapping[str, _Lines]) -> Iterator[Finding]:
    """One finding for each run of changed lines that no test runs. They are known by their text, so that what was
    accepted hides no other lines at the same place; by their numbers where the text cannot be read."""
    seen: Counter[str] = Counter()
    for path, lines in touched.items():
        missing = sorted(lines.missing)
        firsts = [line for line in missing if line - 1 not in lines.missing]
        lasts = [line for line in missing if line + 1 not in lines.missing]
        texts = comparison.lines(path) if missing else None
        for first, last in zip(firsts, lasts, strict=True):
            text = (texts[first - 1 : last] if texts else ()) or (f"{first}-{last}",)
            stem = digest(path, *(line.strip() for line in text))
            mark = fingerprint("uncovered", path, stem, seen[stem])
            seen[stem] += 1
            yield Finding(
                comparison.plan.name, lines.tool, "uncovered", path, first, uncovered_lines(first, last), "notice",
                end_line=last, fingerprint=mark, new=mark not in comparison.accepted,
            )  # fmt: skip


def _without_accepted(touched: Mapping[str, _Lines], gaps: Iterable[Finding]) -> dict[str, _Lines]:
    accepted: defaultdict[str, set[int]] = defaultdict(set)
    for gap in gaps:
        if not gap.new:
            accepted[gap.path].update(range(gap.line, gap.end_line + 1))
    return {path: replace(lines, missing=lines.missing - accepted[path]) for path, lines in touched.items()}


KIND = CheckKind(measure, judge, CoverageCommand, urgent=True)
