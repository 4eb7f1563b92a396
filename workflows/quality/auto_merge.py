"""Automatic merging: only where the configuration has `auto_merge: true`, and GitHub allows it."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.comments import ReplyInput
    from activities.github.merging import MergeInput
    from activities.github.pulls import PullInput
    from activities.github.repo_config import RepoSettingsInput
    from activities.github_activities import CommentActivities, MergeActivities, PullActivities, RepoConfigActivities
    from activities.quality_gate.types import GateOutcome
    from activities.reporting import command_replies
    from workflows.activity_calls import ask
    from workflows.failures import for_a_person, trace_of, was_cancelled
    from workflows.quality.branch_state import BranchState

_MOST_TRIES = 200
"""With `between` about two days: what is not reviewed by then is merged by a person, or after the next push."""

_FIRST, _LONGEST = timedelta(seconds=30), timedelta(minutes=15)


class AutoMerge:
    """The part of a branch's workflow that merges. `paused`: nothing is done for the branch just now."""

    def __init__(self, state: BranchState) -> None:
        self._state = state
        self._next_try: datetime | None = None

    def decide(self, outcome: GateOutcome) -> None:
        """A verdict decides whether its head is to be merged. Never a fork's: an approval to run its tests is none to
        merge it."""
        plan, result, state = outcome.plan, outcome.result, self._state
        configured = plan is not None and plan.auto_merge and not plan.left_out
        green = result.state == "passed" and result.can_merge and result.head_sha == state.head.sha
        state.merge_sha = result.head_sha if configured and green and not state.head.fork else ""
        state.merge_tries, state.merge_waits, self._next_try = 0, (), None

    def due(self, paused: bool) -> bool:
        """Whether it is time to try."""
        return self._is_planned(paused) and self.pause(paused) is None

    def pause(self, paused: bool) -> timedelta | None:
        """How long until the next try; None where nothing is to be merged, or it is time."""
        if not self._is_planned(paused) or not self._next_try:
            return None
        return max(self._next_try - workflow.now(), timedelta()) or None

    def _is_planned(self, paused: bool) -> bool:
        state = self._state
        return bool(state.merge_sha and state.head.pull) and not paused and state.merge_sha == state.head.sha

    async def attempt(self) -> bool:
        """Tries once; whether the pull request is merged now."""
        state = self._state
        sha, plan = state.merge_sha, state.outcome.plan if state.outcome else None
        base = state.head.base_ref or state.default_branch
        method = plan.merge_method if plan else ""
        input = MergeInput(state.head.repo, state.head.pull, sha, method, base=base)  # type: ignore[arg-type]
        merged, final, waits_for = await _merge(input)
        if state.merge_sha == sha:  # no newer head came meanwhile
            state.merge_waits, state.merge_tries = waits_for, state.merge_tries + 1
            state.merge_sha = "" if final or state.merge_tries >= _MOST_TRIES else sha
        self._next_try = workflow.now() + between(state.merge_tries)
        return merged


def between(tries: int) -> timedelta:
    """How long until the next try: GitHub sends an App no event for some of what a merge waits for."""
    return min(_FIRST * 2.0 ** min(max(tries, 1) - 1, 10), _LONGEST)


async def _merge(input: MergeInput) -> tuple[bool, bool, tuple[str, ...]]:
    """(merged, nothing is to be tried again for this head, what is waited for)."""
    try:
        # A review may come days after the verdict, so the base branch's configuration is asked at this moment.
        settings = await ask(RepoConfigActivities.get_repo_settings, RepoSettingsInput(input.repo, input.base))
        if not settings.auto_merge:
            return False, True, ()
        merged = await ask(MergeActivities.merge_pull_request, input)
        return bool(merged.sha), bool(merged.sha), merged.waits_for
    except ActivityError as error:
        if was_cancelled(error):
            raise
        return False, await _is_final(input, error), ()


async def _is_final(input: MergeInput, error: ActivityError) -> bool:
    """Whether the refusal ends it for this head. What a person must do first does, and is said once in the pull
    request; GitHub's own trouble does not, and neither does what GitHub's events will report: another head or base, a
    draft, an end."""
    reason = for_a_person(error, "")
    if not reason:
        workflow.logger.warning(f"merge=failed pull={input.number} head={input.head_sha}", exc_info=trace_of(error))
        return False
    try:
        pull = await ask(PullActivities.get_pull_request, PullInput(input.repo, input.number))
        same = (pull.head_sha, pull.base_ref) == (input.head_sha, input.base)
        if not same or pull.draft or pull.state != "open":
            return False
        body = command_replies.merge_failed(reason)
        await ask(CommentActivities.reply_comment, ReplyInput(input.repo, input.number, "auto-merge", body))
    except ActivityError as failure:
        if was_cancelled(failure):
            raise
    return True
