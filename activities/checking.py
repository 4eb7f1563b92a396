"""What a check plug-in is made of, and what its verdict is made from."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Protocol

from activities.check_options import CheckOptions, CommandOptions
from activities.fingerprints import Lines, content_of, stem_of
from activities.globs import path_matches
from activities.model import SEVERITIES, Acceptance, CheckPlan, CheckResult, Finding, QualityCheck, Status, ToolReport
from activities.reporting import baseline, reasons
from activities.reporting.wording import rounded_down
from activities.tooling import Project, Tool

Options = Mapping[str, object]
Reports = tuple[ToolReport, ...]


@dataclass(frozen=True)
class ToolRun:
    """One tool on one project. `asked_in` is where the repository asks for it, "" where it does not: then what it says
    only informs."""

    project: Project
    tool: Tool
    asked_in: str = ""


class ComparedTree(Protocol):
    """One of the two trees that are compared."""

    async def tool_runs(self, check: str) -> Sequence[ToolRun]:
        """The tools that answer a check on this tree."""

    async def run(self, tool_run: ToolRun, options: Options | None = None) -> ToolReport:
        """The tool's report: the stored one if this tree, tool and options were measured before, else by running it.
        `options` are added to the check's own. Two calls for the same thing share one run."""

    async def stored(self, tool_run: ToolRun, options: Options | None = None) -> ToolReport | None:
        """The stored report, or None: nothing is started."""


@dataclass(frozen=True)
class Comparison:
    """Everything that decides the verdict of one check on one head.

    The reports' findings carry their fingerprints. `base` is empty where there is nothing to compare with: then
    everything is new. `changed`: path in the head to the 1-based lines that the change wrote. `accepted`: fingerprints
    of the accepted baseline. `renamed`: path in the base to path in the head. `lines` are those of the head's files,
    where a changed line is not covered. `removed_tests`: names of tests whose definition the change removes. `added`:
    paths that the base does not have. `old_lines`: those of the `changed` lines that were only moved or restored, where
    one of them is not covered.
    """

    plan: CheckPlan
    head: Reports
    base: Reports = ()
    changed: Mapping[str, frozenset[int]] = field(default_factory=dict)
    accepted: Set[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    lines: Lines = lambda _path: None
    removed_tests: tuple[str, ...] = ()
    added: Set[str] = frozenset()
    old_lines: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def ignored(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of the paths that `ignore` names; each is matched once, whatever number of findings it has."""
        patterns = self.plan.judging.get("ignore") or ()
        return frozenset(path for path in set(paths) if path_matches(patterns, path)) if patterns else frozenset()


@dataclass(frozen=True)
class CheckKind:
    """How checks of one kind are measured and judged: by findings, tests, coverage or benchmarks.

    `measure(check, head, base, options)` gives the reports of the head, and of the base as far as they are needed
    (`base` None: there is nothing to compare with). `judge` ends with `check_result`. `command` are the options that a
    project may have of its own. `urgent`: the gate is as long as this check, so its tools get a processor first.
    `accepted_until`: its findings are accepted until a date or an issue's end only.
    """

    measure: Callable[[str, ComparedTree, ComparedTree | None, Options], Awaitable[tuple[Reports, Reports]]]
    judge: Callable[[Comparison], CheckResult]
    command: type[CommandOptions]
    urgent: bool = False
    accepted_until: bool = False


@dataclass(frozen=True)
class Check:
    """One check of `.github/autobuild.yml`. `options` holds its keys and their defaults.

    `nothing` is the sentence for a repository to which the check does not apply. `needs_base_work`: it applies as well
    where only the base has something to run, since removing the tests is no way to pass. `shares_run`: the check whose
    test run this one reads, unless it has a command of its own. Checks are shown by `order`, then by name.
    """

    name: str
    nothing: str
    kind: CheckKind
    options: type[CheckOptions]
    order: int = 100
    needs_base_work: bool = False
    shares_run: str = ""

    def result(self, comparison: Comparison) -> CheckResult:
        """The verdict. `result_id`, `duration_s` and `cached` are the caller's to fill in."""
        plan = comparison.plan
        if not plan.applies or not comparison.head:
            reason = plan.reason or self.nothing
            return CheckResult(QualityCheck(plan.name, "skipped", None, plan.required, reason, plan.weight))
        result = self.kind.judge(comparison)
        return _naming_acceptances(result, comparison, self.kind) if plan.accepted else result


def _naming_acceptances(result: CheckResult, comparison: Comparison, kind: CheckKind) -> CheckResult:
    """The result, its reason with who accepted which of its findings, and what has ended. Those that count as known
    because they were accepted are new when nothing is."""
    acceptances = comparison.plan.accepted
    new = {each.fingerprint for each in result.findings if each.new}
    strict = kind.judge(replace(comparison, accepted=frozenset()))
    known = [each.fingerprint for each in strict.findings if each.new and each.fingerprint not in new]
    owners: dict[str, Acceptance] = {}
    for acceptance in acceptances:
        for mark in () if acceptance.ended else acceptance.fingerprints:
            owners.setdefault(stem_of(mark), acceptance)
            owners.setdefault(content_of(mark), acceptance)  # its file was renamed since
    counts = Counter(owners.get(stem_of(mark)) or owners.get(content_of(mark)) for mark in known)
    stems = {stem_of(each.fingerprint) for each in result.findings}
    ended = [each for each in acceptances if each.ended and stems & {stem_of(mark) for mark in each.fingerprints}]
    sentences = baseline.rests_on([(each, count) for each, count in counts.items() if each]), baseline.no_longer(ended)
    reason = " ".join(filter(None, (result.check.reason, *sentences)))
    return replace(result, check=replace(result.check, reason=reason))


def check_result(
    comparison: Comparison,
    findings: Iterable[Finding],
    *,
    failed: bool,
    score: float | None,
    reason: str,
    metrics: Mapping[str, object],
    neutral: bool = False,
) -> CheckResult:
    """The check's verdict. `neutral`: there is nothing to judge, or the check is informational. `metrics` are plain
    JSON and small enough for a history.

    Never green for what was not checked: a tool's problem is an error, its advice makes the check neutral. What nobody
    asked for makes it neutral at most: `failed` and `score` are of the other findings.
    """
    plan, head = comparison.plan, comparison.head
    asked = [report for report in head if not report.informational]
    status: Status = "passed"
    if any(report.timed_out for report in asked):
        status, score = "timed_out", 0.0
    elif any(report.problem or not report.completed for report in asked):
        status, score = "error", 0.0
    elif failed:
        status = "failed"
    elif neutral or not all(report.lasting for report in head):
        status, score = "neutral", None
    ordered = tuple(
        sorted(
            (replace(each, check=plan.name) for each in findings),
            key=lambda each: (not each.new, -SEVERITIES.index(each.severity), each.path, each.line, each.column),
        )
    )
    check = QualityCheck(
        name=plan.name,
        status=status,
        score=None if score is None else rounded_down(score),
        required=plan.required,
        reason=reasons.whole_reason(head, reason),
        weight=plan.weight,
        new_findings=sum(each.new and not each.informational for each in ordered),
        known_findings=sum(not each.new for each in ordered),
        metrics=metrics,
    )
    return CheckResult(check, ordered, tuple(replace(report, findings=()) for report in head))
