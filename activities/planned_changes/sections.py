"""What the comment and the pull request of a planned change both show: tasks, attempts, checks, rounds and costs, as
lines of Markdown. No input makes one of them longer than a few thousand characters for each of its rows. Pure."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from activities.agent_runs.types import AgentEnding, ModelCost, Role
from activities.model import SATISFIED, Status
from activities.planned_changes.model_text import prose, quoted, rendered
from activities.planned_changes.types import (
    MOST_TASKS,
    CandidateResult,
    CiCheck,
    CiKind,
    FixRound,
    GateRow,
    PlannedChangeView,
    QAResult,
    TaskResult,
    TaskState,
)
from activities.reporting.markdown import escape_markdown, folded, table
from activities.reporting.wording import plural, score_text

MARKS: dict[TaskState, str] = {"waiting": "", "running": "…", "done": "✓", "nothing": "–", "failed": "✗"}
_STATES: dict[TaskState, str] = {
    "waiting": "Waits.", "running": "Runs.", "done": "Done.", "nothing": "Nothing to change.", "failed": "Not done.",
}  # fmt: skip
_STATUSES: dict[Status, str] = {
    "passed": "passed", "failed": "failed", "neutral": "only informs", "skipped": "does not apply",
    "timed_out": "timed out", "cancelled": "cancelled", "error": "could not run",
}  # fmt: skip
_CI_KINDS: dict[CiKind, str] = {
    "failed": "fails because of this change",
    "running": "runs",
    "infrastructure": "came to no verdict",
    "flaky": "failed and passed on the same commit",
    "older": "fails without this change as well",
    "passed": "passed",
}
_CI_ORDER = list(_CI_KINDS)
_ROLES: dict[Role, str] = {
    "architect": "Design", "planner": "Plan", "coder": "Code and fixes", "reviewer": "Review", "writer": "Text",
    "diagnostician": "Diagnosis",
}  # fmt: skip
_ENDINGS: dict[AgentEnding, str] = {
    "done": "",
    "empty": "It changed nothing.",
    "gave_up": "It gave up.",
    "out_of_money": "Its limit of money was reached.",
    "out_of_steps": "Its limit of steps was reached.",
    "out_of_time": "Its limit of time was reached.",
    "stuck": "It repeated itself.",
    "format_errors": "Its answers could not be read.",
    "refused_by_model": "The model declined the task.",
    "backend_failed": "The model could not be used.",
    "stopped": "A person stopped it.",
}
_MOST_PATHS = 5
_MOST_ROWS = 40
_MOST_NAMES = 20
_REASON = 300


def dollars(amount: float) -> str:
    """US dollars; small amounts with what makes them more than nothing."""
    return f"${amount:,.2f}" if amount >= 0.01 or not amount else f"${amount:.4f}"


def paths_text(paths: Sequence[str], most: int = _MOST_PATHS) -> str:
    """The first few paths, then how many more."""
    shown = ", ".join(quoted(path, 120) for path in paths[:most])
    return f"{shown} and {len(paths) - most:,} more" if len(paths) > most else shown


def plan_lines(view: PlannedChangeView) -> list[str]:
    """The plan as a table, each task with a number that others name it by."""
    plan = view.plan
    if not plan:
        return []
    numbers = {task.id: str(number) for number, task in enumerate(plan.tasks, 1)}
    rows = [
        (
            numbers[task.id], f"{_elsewhere(task.repository)}{escape_markdown(task.title, 150)}",
            paths_text(task.files),
            ", ".join(numbers[need] for need in task.needs if need in numbers), escape_markdown(task.tests, 200),
            task.risk, dollars(task.dollars),
        )
        for task in plan.tasks[:MOST_TASKS]
    ]  # fmt: skip
    head = ("", "Task", "Files", "Needs", "How to see that it works", "Risk", "Estimate")
    total = f"The plan {quoted(plan.digest[:8])} is for the commit {quoted(plan.base_sha[:7])}. It may cost"
    protected = f"Protected files that it changes: {paths_text(plan.protected, 10)}." if plan.protected else ""
    return [*table(head, rows, "rlllllr"), "", f"{total} {dollars(plan.dollars)}. {protected}".strip()]


def task_counts(tasks: Sequence[TaskResult]) -> str:
    """How many have ended."""
    ended = sum(one.state in ("done", "nothing") for one in tasks)
    failed = sum(one.state == "failed" for one in tasks)
    said = f"{ended} of {plural(len(tasks), 'task')} done"
    return f"{said}, {failed} not" if failed else said


def task_lines(tasks: Sequence[TaskResult]) -> list[str]:
    """What became of each task."""
    rows = [
        (
            MARKS[one.state], f"{_elsewhere(one.repository)}{escape_markdown(one.title, 150)}", _count(one.files),
            _count(one.lines), _count(one.rounds), _became(one),
        )
        for one in tasks[:MOST_TASKS]
    ]  # fmt: skip
    return table(("", "Task", "Files", "Lines", "Rounds", "What became of it"), rows, "llrrrl") if rows else []


def _became(task: TaskResult) -> str:
    again = "It was done again, since its files had changed meanwhile." if task.again else ""
    return _sentences(_STATES[task.state], again, prose(task.reason, _REASON))


def attempt_lines(tasks: Sequence[TaskResult]) -> list[str]:
    """Of each task that was tried more than once."""
    tried = [(task, one) for task in tasks[:MOST_TASKS] if len(task.candidates) > 1 for one in task.candidates[:10]]
    rows = [_attempt(task, one) for task, one in tried]
    head = ("Task", "Attempt", "Model", "Passed", "Files", "Lines", "Rounds", "Cost", "")
    return table(head, rows, "lrllrrrrl") if rows else []


def _attempt(task: TaskResult, one: CandidateResult) -> tuple[str, ...]:
    ending = _ENDINGS[one.ending] if one.ending else ""
    said = _sentences("**Chosen.**" if one.chosen else "", ending, prose(one.reason, _REASON))
    counts = (_count(one.files), _count(one.lines), _count(one.rounds), dollars(one.dollars))
    return (escape_markdown(task.title, 80), str(one.number), quoted(one.strategy, 60), "yes" if one.passed else "no",
            *counts, said)  # fmt: skip


def gate_lines(qa: QAResult | None) -> list[str]:
    """Each check's verdict, those that block first."""
    if not qa:
        return []
    verdict = f"**The gate {'passed' if qa.passed else 'did not pass'}**; the score is {score_text(qa.score)}."
    lines = [f"{verdict} {prose(qa.reason, _REASON)}".strip()]
    checks = sorted(qa.checks, key=lambda one: not blocks(one))[:_MOST_ROWS]
    if checks:
        lines += ["", *table(("Check", "Verdict", "Why"), [_check(one) for one in checks])]
    if qa.new_failures:
        lines += ["", "These fail because of this change:", "", *names_lines(qa.new_failures, len(qa.new_failures))]
    return lines


def blocks(row: GateRow) -> bool:
    """Whether the gate does not pass because of it."""
    return row.required and row.status not in SATISFIED


def _check(row: GateRow) -> tuple[str, ...]:
    verdict = _STATUSES[row.status]
    if blocks(row):
        verdict = f"**{verdict}**"
    elif not row.required and row.status not in SATISFIED:
        verdict = f"{verdict}, does not block"
    return quoted(row.name, 80), verdict, prose(row.reason, _REASON)


def proof_lines(view: PlannedChangeView) -> list[str]:
    """Whether tests show the fault; nothing where that was not asked."""
    proof = view.proof
    if not proof:
        return []
    if proof.reason:
        return [f"**No test is known to show the fault.** {prose(proof.reason, _REASON)}"]
    count = max(proof.count, len(proof.before))
    what = "This test fails" if count == 1 else f"These {count:,} tests fail"
    passes = "passes" if count == 1 else "pass"
    return [
        f"**Proof of the fault.** {what} before the change and {passes} after it:",
        "",
        *names_lines(proof.before, count),
    ]


def names_lines(names: Sequence[str], count: int) -> list[str]:
    """Names of tests, then how many more there are."""
    shown = [f"- {quoted(name, 200)}" for name in names[:_MOST_NAMES]]
    return [*shown, *([f"- … {count - len(shown):,} more"] if count > len(shown) else [])]


def round_lines(rounds: Sequence[FixRound]) -> list[str]:
    """Who repaired what."""
    rows = [
        (str(one.number), "the repository's tools" if one.by == "tools" else quoted(one.by, 60),
         prose(one.what, _REASON), "yes" if one.kept else "no")
        for one in rounds[:_MOST_ROWS]
    ]  # fmt: skip
    return table(("Round", "By", "What", "Kept"), rows, "rlll") if rows else []


def review_lines(findings: Sequence[str]) -> list[str]:
    """What the reviewer found, most important first."""
    shown = [f"- {prose(one, _REASON)}" for one in findings[:_MOST_NAMES]]
    return [*shown, *([f"- … {len(findings) - len(shown):,} more"] if len(findings) > len(shown) else [])]


def ci_lines(checks: Sequence[CiCheck]) -> list[str]:
    """The repository's own checks, those that this change broke first."""
    if not checks:
        return []
    ordered = sorted(checks, key=lambda one: (_CI_ORDER.index(one.kind), one.name))
    rows = [
        (_linked(one), f"**{_CI_KINDS[one.kind]}**" if one.kind == "failed" else _CI_KINDS[one.kind],
         prose(one.reason, _REASON))
        for one in ordered[:_MOST_ROWS]
    ]  # fmt: skip
    more = [f"… {len(ordered) - len(rows):,} more."] if len(ordered) > len(rows) else []
    return [*table(("Check", "Result", "Why"), rows), *(["", *more] if more else [])]


def _linked(check: CiCheck) -> str:
    """Its name, as a link where the App that made it gave an address that one can follow."""
    name = quoted(check.name, 100)
    return f"[{name}]({check.url})" if _is_address(check.url) else name


def _is_address(url: str) -> bool:
    """Whether nothing in it can end the link or a table's cell."""
    if len(url) > 300 or not url.isascii() or any(sign in url for sign in " \t\r\n()<>[]|\\`\"'"):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def cost_lines(costs: Sequence[ModelCost]) -> list[str]:
    """What each model cost in each stage, and the sum."""
    if not costs:
        return []
    rows = [_cost(one) for one in costs[:_MOST_ROWS]]
    total = ("**All**", "", f"{sum(one.calls for one in costs):,}", f"{sum(one.input_tokens for one in costs):,}",
             f"{sum(one.output_tokens for one in costs):,}", dollars(sum(one.dollars for one in costs)))  # fmt: skip
    head = ("Stage", "Model", "Calls", "Input tokens", "Output tokens", "Price")
    unknown = "The sum is without models whose price nobody knows."
    more = ["", unknown] if any(not one.priced for one in costs) else []
    return [*table(head, [*rows, total] if len(costs) > 1 else rows, "llrrrr"), *more]


def _cost(cost: ModelCost) -> tuple[str, ...]:
    counts = (f"{cost.calls:,}", f"{cost.input_tokens:,}", f"{cost.output_tokens:,}")
    return (f"{_ROLES[cost.role]} ({cost.role})", quoted(cost.model, 80), *counts,
            dollars(cost.dollars) if cost.priced else "unknown")  # fmt: skip


def design_lines(design: str, limit: int) -> list[str]:
    """The whole design behind a click, as much of it as `limit` bytes hold."""
    if not design.strip() or limit < 500:
        return []
    return folded("The design", rendered(design, limit - 100))


def _elsewhere(repository: str) -> str:
    return f"{quoted(repository, 140)}: " if repository else ""


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def sections(parts: Iterable[Sequence[str]]) -> list[str]:
    """Those that say something, with an empty line after each."""
    return [line for part in parts if part for line in (*part, "")]
