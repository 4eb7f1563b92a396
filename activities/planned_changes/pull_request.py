"""The branch, commits and pull request of a planned change. Pure."""

from activities.model import RepoRef
from activities.planned_changes import sections as part
from activities.planned_changes.model_text import prose, quoted, subject
from activities.planned_changes.template import PullText, filled
from activities.planned_changes.texts import tasks_not_done
from activities.planned_changes.types import PlannedChangeView, PlannedTexts, PlanPatchPRInput, TaskResult
from activities.reporting.markdown import cut_lines, escape_markdown, folded, size
from activities.reporting.wording import listed, plural

LIMIT = 64_000
"""Bytes of the description, of its template characters: GitHub accepts 65,536 of these."""

_MOST = (4_000, 12_000, 12_000, 12_000)
"""Bytes of its parts without the design, which leave room for any template that is filled in."""

_LARGEST_LINES = 300
_LARGEST_FILES = 10
_LONGEST_TITLE = 100
_LONGEST_SUBJECT = 72
_LABELS = frozenset(("bug", "documentation", "enhancement"))
"""GitHub's own for the kind of an issue. Any other one may start something where it is put on a pull request."""

_GO_ON = (
    "**How to go on:** review this as you would a person's pull request. Comment `/patch <instruction>` here for "
    "another change, `/patch` alone for what reviews and failing checks ask for, and `/stop` to end what runs. Closing "
    "this drops the change."
)


def branch_name(change: PlanPatchPRInput, repo: RepoRef) -> str:
    """Where the change is pushed to. In another repository the issue's number may be that of another issue."""
    own = same_repository(change.repo.full_name, repo)
    return f"autobuild/{'' if own else f'{change.repo.name}-'}issue-{change.issue}"


def same_repository(name: str, repo: RepoRef) -> bool:
    """Whether `owner/name` is this repository: GitHub compares without regard to case."""
    return name.casefold() == repo.full_name.casefold()


def commit_message(view: PlannedChangeView, task: str) -> str:
    """Of the change of the task with this id; of a fix where it is "". It names the issue without a reference, which
    would be listed there anew with each push."""
    change, tasks = view.change, view.plan.tasks if view.plan else ()
    number = next((at for at, one in enumerate(tasks, 1) if one.id == task), 0)
    title = subject(tasks[number - 1].title, _LONGEST_SUBJECT) if number else ""
    what = f"Task {number} of {len(tasks)} for" if number else "A fix of the change for"
    by = f", asked for by {subject(change.actor, 60)}" if change.actor else ""
    headline = title or ("Fix what the checks and the review found" if not number else f"Carry out task {number}")
    return f"{headline}\n\n{what} issue {change.issue} of {change.repo.full_name}{by}."


def pull_title(view: PlannedChangeView) -> str:
    """What changes, or the issue's title where that is too long for a title."""
    summary = view.design.summary.strip().rstrip(".") if view.design else ""
    if 0 < len(summary) <= _LONGEST_SUBJECT and "\n" not in summary and (title := subject(summary, _LONGEST_TITLE)):
        return title
    title = subject(view.issue.title, _LONGEST_TITLE) if view.issue else ""
    return title or f"Change for issue {view.change.issue}"


def pull_labels(view: PlannedChangeView) -> tuple[str, ...]:
    """Those of the issue that say of which kind it is, so that release notes find the pull request."""
    return tuple(label for label in (view.issue.labels if view.issue else ()) if label.lower() in _LABELS)


def pull_body(view: PlannedChangeView, texts: PlannedTexts, template: str = "", repo: RepoRef | None = None) -> str:
    """The description, in the repository's template ("" for none). `repo`: where the pull request is, the issue's own
    repository by default."""
    change, where = view.change, repo or view.change.repo
    own = same_repository(where.full_name, change.repo)
    link = f"Closes {'' if own else change.repo.full_name}#{change.issue}"
    tasks = [one for one in view.tasks if same_repository(one.repository or change.repo.full_name, where)]
    checked = part.sections((part.gate_lines(view.qa), part.proof_lines(view)))
    found = (_lacking(view), _about(view, tasks), checked, _rest(view, where))
    lacking, about, tests, rest = (cut_lines(lines, most) for lines, most in zip(found, _MOST, strict=True))
    room = LIMIT - len(template) - sum(size(line) + 1 for line in (*lacking, *about, *tests, *rest, _GO_ON))
    rest = [*part.sections((part.design_lines(texts.design, room),)), *rest, _GO_ON]
    return filled(template, PullText(*("\n".join(each) for each in (lacking, about, [link], tests, rest)))).strip()


def missing(view: PlannedChangeView) -> list[str]:
    """Why a person has to work on it before it can be merged; none where it is as it should be."""
    failed = [one for one in view.tasks if one.state == "failed"]
    whole = view.qa and view.qa.passed and all(one.commit_sha for one in failed)
    found = [tasks_not_done([one.title for one in failed])] if failed and not whole else []
    if view.qa and not view.qa.passed:
        names = listed(row.name for row in view.qa.checks if part.blocks(row))
        found.append(f"The gate does not pass{f': {names}' if names else ''}. {view.qa.reason}".strip())
    if ci := [one.name for one in view.ci if one.kind == "failed"]:
        found.append(f"The repository's own checks fail because of this change: {listed(ci)}.")
    result = view.result
    if result and result.state == "draft" and not found:
        found.append(result.reason or "The work on it ended before it was complete.")
    return found


def _lacking(view: PlannedChangeView) -> list[str]:
    lines = [f"- {prose(one, 1_000)}" for one in missing(view)]
    return ["**This is a draft, since something is missing:**", "", *lines] if lines else []


def _about(view: PlannedChangeView, tasks: list[TaskResult]) -> list[str]:
    """Why it changes, and what."""
    title = escape_markdown(view.issue.title, 100) if view.issue else ""
    by = f" Asked for by {quoted(view.change.actor, 60)}." if view.change.actor else ""
    why = f"**Why:** issue {view.change.issue}{f', “{title}”' if title else ''}.{by}"
    what = f"**What:** {prose(view.design.summary)}" if view.design and view.design.summary else ""
    items = [f"- {escape_markdown(one.title, 150)}{_extent(one)}" for one in tasks if one.state != "nothing"]
    listed_tasks = ["**Changes:**", "", *items] if items else []
    return part.sections(([why], [what] if what else [], listed_tasks, _warning(tasks)))


def _extent(task: TaskResult) -> str:
    if task.state == "failed" and not task.commit_sha:
        return " (not done)"
    return f" ({plural(task.files, 'file')}, {plural(task.lines, 'line')})" if task.files else ""


def _warning(tasks: list[TaskResult]) -> list[str]:
    """Large changes are reviewed badly."""
    files, lines = sum(one.files for one in tasks), sum(one.lines for one in tasks)
    if files <= _LARGEST_FILES and lines <= _LARGEST_LINES:
        return []
    return [
        f"**This is a large change:** {plural(lines, 'line')} in {plural(files, 'file')}. Review it commit by commit: "
        "there is one for each task. A smaller issue gives a smaller pull request."
    ]


def _rest(view: PlannedChangeView, where: RepoRef) -> list[str]:
    """How it came about."""
    ci, review = part.ci_lines(view.ci), part.review_lines(view.review)
    others = [f"{one.repository}#{one.number}" for one in view.pulls if not same_repository(one.repository, where)]
    together = f"**Belongs together with:** {', '.join(others)}. They are merged in the order of their tasks."
    return part.sections((
        [together] if others else [],
        folded("The plan", part.plan_lines(view)),
        folded("Attempts", part.attempt_lines(view.tasks)),
        folded(f"Fixes: {plural(len(view.rounds), 'round')}", part.round_lines(view.rounds)),
        folded(f"Review: {plural(len(view.review), 'finding')}", review),
        ["**The repository's own checks:**", "", *ci] if ci else [],
        folded(_spent(view), part.cost_lines(view.costs)),
    ))  # fmt: skip


def _spent(view: PlannedChangeView) -> str:
    total = sum(one.dollars for one in view.costs)
    return f"Costs: {part.dollars(total)}"
