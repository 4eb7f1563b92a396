"""The one comment of a patch, edited from its beginning to its end, and the check run of a dry run. Pure."""

from activities.agent_runs.types import AgentEnding, ModelCost
from activities.github.patch_requests.types import RequestKind
from activities.patching import texts
from activities.patching.types import MOST_ROUNDS, OutcomeState, PatchOutcome, PatchState, PatchView
from activities.reporting.markdown import code, cut_bytes, escape_markdown, folded, table

_STAGES = {
    "waiting": "Waiting for the patch before it",
    "preparing": "Fetching the code",
    "reading": "Reading what is asked for",
    "working": "Writing the change",
    "checking": "Checking the change",
    "pushing": "Pushing the commits",
    "answering": "Answering the reviews",
}
_STATES: dict[PatchState, str] = {
    "done": "Done.",
    "partly": "Partly done.",
    "nothing": "Nothing to change.",
    "shown": "This is what would change; nothing was pushed.",
    "refused": "Not begun.",
    "stopped": "Stopped.",
    "failed": "Not done.",
}
_MARKS: dict[OutcomeState, str] = {"waiting": "", "running": "…", "done": "✓", "nothing": "–", "failed": "✗"}
_KINDS: dict[RequestKind, str] = {"instruction": "Instruction", "thread": "Review", "check": "Check"}
_ENDINGS: dict[AgentEnding, str] = {
    "done": "",
    "empty": "The agent changed nothing.",
    "gave_up": "The agent gave up.",
    "out_of_money": "The limit of money is reached.",
    "out_of_steps": "The limit of steps is reached.",
    "out_of_time": "The limit of time is reached.",
    "stuck": "The agent repeated itself.",
    "format_errors": "The agent's answers could not be read.",
    "refused_by_model": "The model declined the task.",
    "backend_failed": "The model could not be used.",
    "stopped": "A person stopped it.",
}
_NEXT: dict[PatchState, str] = {
    "done": "Review the commits as you would a person's. `git revert` of one takes it back.",
    "partly": "Review the commits. For the rest, comment `/patch` with a more exact instruction, or change it by hand.",
    "nothing": "If something should change, comment `/patch` with a more exact instruction.",
    "shown": "Comment the same without `--dry-run` to have it done.",
    "refused": "",
    "stopped": "Comment `/patch` to begin again.",
    "failed": "Comment `/patch` with a more exact instruction, or change it by hand.",
}
_LONGEST_DIFF = 55_000
_LONGEST_REASON = 600
_UNPRICED = " (without models whose price nobody knows)"


def comment(view: PatchView) -> str:
    """The comment as it is now."""
    patch = view.patch
    by = f" by {code(patch.actor)}" if patch.actor else ""
    lines = [f"### Patch{' (dry run)' if patch.dry_run else ''}", "", _headline(view), "", f"Asked for{by}.", ""]
    lines += _requests(view)
    lines += _money(view)
    if view.result is None:
        lines += ["", "`/stop` ends it."]
    elif advice := _NEXT[view.result.state]:
        lines += ["", f"**What next:** {advice}"]
    return "\n".join(lines).strip()


def diff_title(view: PatchView) -> str:
    files = sum(one.files for one in view.outcomes)
    return f"{files} file{'' if files == 1 else 's'} would change"


def diff_summary(diff: str) -> str:
    """The change as a code block, cut where GitHub shows no more."""
    shown = cut_bytes(diff.replace("```", "'''"), _LONGEST_DIFF)
    more = "\n\nThe rest of the change is left out here." if len(shown) < len(diff) else ""
    return f"The change that `/patch` would push:\n\n```diff\n{shown}\n```{more}"


def reason_of(outcome: PatchOutcome) -> str:
    """Markdown: why a request has its state."""
    said = _ENDINGS[outcome.ending] if outcome.ending else ""
    return f"{said} {escape_markdown(outcome.reason, _LONGEST_REASON)}".strip()


def ending_sentence(ending: AgentEnding) -> str:
    """How a run of an agent ended, "" where it ended well."""
    return _ENDINGS[ending]


def plain_reason(outcome: PatchOutcome) -> str:
    """Plain text: why a request has its state."""
    return f"{_ENDINGS[outcome.ending] if outcome.ending else ''} {outcome.reason}".strip()[:_LONGEST_REASON]


def _headline(view: PatchView) -> str:
    if result := view.result:
        if result.state == "shown":
            shown = "The check run `autobuild / patch` shows the change."
            return f"**{_STATES['shown']}** {shown} {result.reason}".strip()
        return f"**{_STATES[result.state]}** {result.reason}".strip()
    stage = _STAGES.get(view.stage, view.stage)
    if view.round:
        stage = f"{stage}, round {view.round}/{MOST_ROUNDS}"
    return f"**{stage}.**"


def _requests(view: PatchView) -> list[str]:
    if not view.outcomes:
        return []
    rows = [_row(one, running=view.result is None and one.id == view.running) for one in view.outcomes]
    return [*table(("", "Request", "Commit", "Rounds", "What became of it"), rows, "lllrl"), ""]


def _row(outcome: PatchOutcome, *, running: bool) -> tuple[str, ...]:
    state: OutcomeState = "running" if running else outcome.state
    place = f" {code(f'{outcome.path}:{outcome.line}' if outcome.line else outcome.path)}" if outcome.path else ""
    title = f"{_KINDS[outcome.kind]}{place}: {escape_markdown(outcome.title, 100)}"
    return (
        _MARKS[state], title, outcome.pushed_sha[:10], str(outcome.rounds) if outcome.rounds else "",
        reason_of(outcome) or {"done": "done", "running": "running", "waiting": "waiting"}.get(state, ""),
    )  # fmt: skip


def _money(view: PatchView) -> list[str]:
    """What was spent, and by whom; of a dry run what the whole would cost."""
    if not view.costs:
        return []
    unpriced = any(not cost.priced for cost in view.costs)
    here = sum(cost.dollars for cost in view.costs)
    spent = f"{_dollars(view.spent)} of {_dollars(view.cap)} for this pull request"
    lines = [f"Spent: {_dollars(here)}{_UNPRICED * unpriced}, and {spent} in all."]
    if view.patch.dry_run and view.result:
        lines = [f"{lines[0]} Doing it would cost about the same again: {_dollars(here)}."]
    rows = [_cost(cost) for cost in view.costs]
    head = ("Role", "Model", "Calls", "Input tokens", "Output tokens", "Cost")
    return [*lines, "", *folded("Costs", table(head, rows, "llrrrr"))]


def _cost(cost: ModelCost) -> tuple[str, ...]:
    counts = (f"{cost.calls:,}", f"{cost.input_tokens:,}", f"{cost.output_tokens:,}")
    return cost.role, code(cost.model), *counts, _dollars(cost.dollars) if cost.priced else "unknown"


def _dollars(amount: float) -> str:
    return f"${amount:.2f}" if amount >= 0.01 or not amount else f"${amount:.4f}"


def answer_to_thread(outcome: PatchOutcome) -> str:
    """In the review thread that asked for it."""
    if outcome.pushed_sha:
        return texts.thread_done(outcome.pushed_sha)
    return texts.thread_not_done(reason_of(outcome))
