"""The one comment of a planned change, edited from its beginning to its end, and the check run of a dry run. Pure."""

from collections.abc import Sequence

from activities.planned_changes import sections as part
from activities.planned_changes.model_text import prose, quoted, rendered
from activities.planned_changes.pull_request import same_repository
from activities.planned_changes.texts import STAGES, approve_command, kept_on_branch
from activities.planned_changes.types import PlannedChangeView, PlannedStage, PlannedState, PlannedTexts, RelatedThread
from activities.reporting.markdown import cut_bytes, cut_lines, escape_markdown, folded, size
from activities.reporting.wording import plural

LIMIT = 64_000
"""Bytes of the comment: GitHub accepts 65,536 characters, and its hidden mark needs some."""

_THEN: dict[PlannedStage, str] = {
    "preparing": "Then the issue is read, as it was when this was asked for.",
    "reading": "Then an agent designs the change.",
    "designing": "Then the change is split into tasks.",
    "planning": "Then agents write the code, or a person is asked to approve the plan.",
    "coding": "Then the gate runs on the whole change.",
    "joining": "Then the gate runs on the whole change.",
    "checking": "What fails because of the change is repaired, then a pull request is opened.",
    "reviewing": "What the review asks for is repaired, then the gate runs again.",
    "fixing": "Then the gate runs again.",
    "publishing": "Then the repository's own CI checks it.",
    "ci": "What fails because of the change is repaired, then somebody is asked for a review.",
    "undoing": "Then this comment says why.",
}
_THEN_SHOWN = "What fails because of the change is repaired, then the change is shown and nothing is pushed."
_ENDED: dict[PlannedState, str] = {
    "ready": "Done: the pull request is ready for review",
    "draft": "Partly done: the pull request is a draft",
    "shown": "Done: this is what would change, and nothing was pushed",
    "empty": "There is nothing to change",
    "rejected": "The plan was rejected",
    "refused": "Not begun",
    "stopped": "Stopped",
    "out_of_money": "Not done: the money is spent",
    "failed": "Not done",
}
_NEXT: dict[PlannedState, str] = {
    "ready": "Review the pull request as you would a person's. `/patch <instruction>` in it asks for another change, "
    "and closing it drops this one.",
    "draft": "Look at what is missing. `/patch <instruction>` in the pull request has it done, or finish it by hand "
    "and mark it as ready for review.",
    "shown": "The check run `autobuild / planned change` shows the change. Comment `/autobuild` to have it done.",
    "empty": "If something should change, write in the issue what is wrong now and how it should be, then comment "
    "`/autobuild`.",
    "rejected": "Write in the issue what should be different, then comment `/autobuild` for a new plan.",
    "refused": "When that is settled, comment `/autobuild`.",
    "stopped": "Comment `/autobuild` to begin again.",
    "out_of_money": "A maintainer can raise the limit with `/budget <dollars>`; then comment `/autobuild` to begin "
    "again. A smaller issue costs less.",
    "failed": "Comment `/autobuild` to try again; an issue that says exactly what has to change helps. Otherwise "
    "change it by hand.",
}  # fmt: skip
_BEFORE_CODE = frozenset(("preparing", "reading", "designing", "planning", "approval"))
_LONGEST_DIFF = 55_000
_LEAST = 1_000
"""Bytes of the design that stay where tasks are long."""


def comment(view: PlannedChangeView, texts: PlannedTexts) -> str:
    """The comment as it is now. What is too long is cut: the design first, then the texts of the tasks."""
    dry = " (dry run)" if view.change.dry_run else ""
    head = part.sections(([f"### Planned change{dry}"], _headline(view), _approval(view)))
    decided, middle, end = part.sections((_design(view),)), part.sections(_parts(view)), _end(view)
    room = LIMIT - _size([*head, *decided, *middle, *end])
    tasks = _task_texts(view, texts, room - _LEAST)
    design = part.design_lines(texts.design, room - _size(tasks))
    lines = [*head, *decided, *part.sections((design, tasks)), *middle]
    return "\n".join([*cut_lines(lines, LIMIT - _size(end)), *end]).strip()


def _size(lines: Sequence[str]) -> int:
    return sum(size(line) + 1 for line in lines)


def diff_title(view: PlannedChangeView) -> str:
    """Of the check run of a dry run."""
    files = sum(one.files for one in view.tasks)
    return f"{plural(files, 'file')} would change" if files else "What would change"


def diff_summary(diff: str) -> str:
    """The change as a block of code, cut where GitHub shows no more."""
    shown = cut_bytes(diff.replace("```", "'''"), _LONGEST_DIFF)
    more = "\n\nThe rest of the change is left out here." if len(shown) < len(diff) else ""
    return f"The change that would be in the pull request:\n\n```diff\n{shown}\n```{more}"


def elapsed(seconds: int) -> str:
    """`40 s`, `12 min`, `1 h 5 min`."""
    if seconds < 60:
        return f"{max(0, seconds)} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _headline(view: PlannedChangeView) -> list[str]:
    """Where it is, since when, what was spent, and what comes next."""
    result, by = view.result, f" Asked for by {quoted(view.change.actor, 60)}." if view.change.actor else ""
    money = f"{part.dollars(view.spent)} of {part.dollars(view.cap)}" if view.cap else part.dollars(view.spent)
    what = _ENDED[result.state] if result else STAGES[view.stage]
    if view.stage == "coding" and view.tasks and not result:
        what = f"{what}: {part.task_counts(view.tasks)}"
    time = elapsed(result.seconds if result and result.seconds else view.seconds)
    lines = [f"**{what}.** {time} so far, {money} spent for this issue.{by}"]
    if result:
        lines[0] = f"**{what}.** It took {time}, and {money} are spent for this issue.{by}"
    asks = view.plan.asks if view.plan and view.stage == "approval" else ()
    if view.note and view.note != " ".join(asks):
        lines += ["", prose(view.note)]
    if not result and (then := _then(view)):
        lines += ["", then]
    if pulls := _pulls(view):
        lines += ["", pulls]
    return lines


def _then(view: PlannedChangeView) -> str:
    if view.stage in ("approval", "undoing", "ended"):
        return _THEN.get(view.stage, "")
    then = _THEN_SHOWN if view.change.dry_run and view.stage == "checking" else _THEN[view.stage]
    return f"{then} `/stop` ends it."


def _pulls(view: PlannedChangeView) -> str:
    """Where the change is: GitHub makes links of the numbers."""
    result = view.result
    found = [
        f"{'' if same_repository(one.repository, view.change.repo) else one.repository}#{one.number}"
        f"{' (draft)' if one.draft else ''}"
        for one in (result.pulls if result else view.pulls)
    ]
    return f"Pull request{'' if len(found) == 1 else 's'}: {', '.join(found[:20])}." if found else ""


def _approval(view: PlannedChangeView) -> list[str]:
    """What a person has to decide, with the command that does it."""
    plan = view.plan
    if not plan or view.stage != "approval" or view.result:
        return []
    lines = ["**The plan below needs the approval of somebody with write access**, since:", ""]
    lines += [f"- {prose(why)}" for why in plan.asks]
    command = approve_command(plan.digest).strip("`")
    return [
        *lines, "", "To approve it, comment:", "", "```", command, "```", "",
        "`/revise <what has to be different>` has it planned again, `/cancel` ends it, and no code is written.",
    ]  # fmt: skip


def _design(view: PlannedChangeView) -> list[str]:
    """Its one sentence, and the plan."""
    lines = []
    if view.design and view.design.summary:
        lines = [f"**Design:** {prose(view.design.summary)}"]
        if count := view.design.questions:
            asks = (
                f"{plural(count, 'question')} {'was' if count == 1 else 'were'} open; the design says what it assumes."
            )
            lines[0] = f"{lines[0]} {asks}"
    if not view.plan:
        return lines
    by = f"**Plan**, approved by {quoted(view.approved_by, 60)}:" if view.approved_by else "**Plan:**"
    if view.stage in _BEFORE_CODE:
        return [*lines, *([""] if lines else []), by, "", *part.plan_lines(view)]
    title = "The plan" if not view.approved_by else "The plan, and who approved it"
    who = [f"Approved by {quoted(view.approved_by, 60)}.", ""] if view.approved_by else []
    return [*lines, *([""] if lines else []), *folded(title, [*who, *part.plan_lines(view)])]


def _parts(view: PlannedChangeView) -> list[list[str]]:
    """Everything below the design."""
    attempts = part.attempt_lines(view.tasks)
    rounds = part.round_lines(view.rounds)
    tasks = part.task_lines(view.tasks)
    review, ci = part.review_lines(view.review), part.ci_lines(view.ci)
    return [
        folded("Related issues and pull requests", _related(view)),
        [f"**{part.task_counts(view.tasks)}.**", "", *tasks] if tasks else [],
        folded("Attempts", attempts),
        part.gate_lines(view.qa),
        part.proof_lines(view),
        folded(f"Fixes: {plural(len(view.rounds), 'round')}", rounds),
        folded(f"Review: {plural(len(view.review), 'finding')}", review),
        ["**The repository's own checks:**", "", *ci] if ci else [],
        folded("Costs", part.cost_lines(view.costs)),
    ]


def _related(view: PlannedChangeView) -> list[str]:
    if not view.issue:
        return []
    lines = [_thread(one) for one in view.issue.related[:20]]
    if view.issue.left_out:
        what = plural(view.issue.left_out, "comment")
        lines += ["", f"{what} of people without write access, or later than this was asked for, did not count."]
    return lines


def _thread(one: RelatedThread) -> str:
    kind = "pull request" if one.kind == "pull" else "issue"
    closes = ", which says that it closes this issue" if one.closes else ""
    return f"- #{one.number} ({kind}{closes}): {escape_markdown(one.title, 150)}"


def _task_texts(view: PlannedChangeView, texts: PlannedTexts, room: int) -> list[str]:
    """What the agents are asked for, a task each."""
    titles = {task.id: task.title for task in view.plan.tasks} if view.plan else {}
    shown = [(titles[id], text) for id, text in texts.tasks if id in titles and text.strip()]
    each = (room - 200) // len(shown) - 1_000 if shown else 0
    if each < 300:
        return []
    lines = [
        line for title, text in shown for line in (f"**{escape_markdown(title, 150)}**", "", *rendered(text, each), "")
    ]
    return folded("The tasks in full", lines)


def _end(view: PlannedChangeView) -> list[str]:
    """What happened, why, and what to do next."""
    result = view.result
    if not result:
        return []
    kept = kept_on_branch(result.branch) if result.branch and result.branch not in result.reason else ""
    why = " ".join(said for said in (prose(result.reason, 1_000), kept) if said)
    lines = [f"**What happened:** {_ENDED[result.state]}. {why}".strip(), ""]
    return [*lines, f"**What next:** {_NEXT[result.state]}"]
