"""Merging by itself: only where `auto_merge: true` stands in the configuration, and GitHub lets it be."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.gate import GateOutcome
    from activities.github.pull_nouns import Merge, Merged
    from activities.github.requests import ReplyWanted
    from workflows.config import ActivityTimeouts, RetryPolicies
    from workflows.failures import for_a_person, was_cancelled
    from workflows.messages import BranchState, QualityBranch

MOST_TRIES = 200
"""With `between` about two days: what is not reviewed by then is merged by a person, or after the next push."""

_FIRST, _LONGEST = timedelta(seconds=30), timedelta(minutes=15)


@dataclass(frozen=True)
class Tried:
    """`merged`: the pull request is. `done`: nothing is to be tried again for this head. `waits_for` as in `Merged`."""

    merged: bool = False
    done: bool = False
    waits_for: tuple[str, ...] = ()


class Merger:
    """What of a branch's workflow is about merging. `held`: nothing is done for the branch just now."""

    def __init__(self, branch: QualityBranch, state: BranchState) -> None:
        self._branch = branch
        self._state = state
        self._at: datetime | None = None

    def judge(self, outcome: GateOutcome) -> None:
        """A verdict decides whether its head is to be merged. Never a fork's: that its tests may run is no leave to
        merge it."""
        plan, result, state = outcome.plan, outcome.result, self._state
        asked = plan is not None and plan.auto_merge and not plan.left_out
        green = result.state == "passed" and result.can_merge and result.head_sha == state.wanted.sha
        state.merge_sha = result.head_sha if asked and green and not self._branch.fork else ""
        state.merge_tries, state.merge_waits, self._at = 0, (), None

    def due(self, held: bool) -> bool:
        """Whether it is time to try."""
        return self._wanted(held) and self.pause(held) is None

    def pause(self, held: bool) -> timedelta | None:
        """How long until the next try; None where nothing is to be merged, or it is time."""
        if not self._wanted(held) or not self._at:
            return None
        return max(self._at - workflow.now(), timedelta()) or None

    async def attempt(self) -> bool:
        """Tries once; whether the pull request is merged now."""
        state = self._state
        head = state.merge_sha
        tried = await merge(self._branch, state)
        if state.merge_sha == head:
            state.merge_waits, state.merge_tries = tried.waits_for, state.merge_tries + 1
            state.merge_sha = "" if tried.done or state.merge_tries >= MOST_TRIES else head
        self._at = workflow.now() + between(state.merge_tries)
        return tried.merged

    def _wanted(self, held: bool) -> bool:
        state = self._state
        return bool(state.merge_sha and state.pull) and not held and state.merge_sha == state.wanted.sha


def between(tries: int) -> timedelta:
    """How long until the next try: GitHub does not tell an App when a review comes."""
    return min(_FIRST * 2.0 ** min(max(tries, 1) - 1, 10), _LONGEST)


async def merge(branch: QualityBranch, state: BranchState) -> Tried:
    """One try. What a person must do first is said once in the pull request."""
    plan = state.outcome.plan if state.outcome else None
    method = plan.merge_method if plan else ""
    ask = Merge(branch.repo, state.pull, state.merge_sha, method)  # type: ignore[arg-type]
    try:
        merged: Merged = await workflow.execute_activity(
            "merge_pull_request",
            ask,
            result_type=Merged,
            start_to_close_timeout=ActivityTimeouts.GITHUB_API,
            retry_policy=RetryPolicies.github_api(),
        )
    except ActivityError as error:
        if was_cancelled(error):
            raise
        return await _refused(branch, state, error)
    return Tried(bool(merged.sha), bool(merged.sha), merged.waits_for)


async def _refused(branch: QualityBranch, state: BranchState, error: ActivityError) -> Tried:
    """A person's matter ends it for this head; GitHub's own trouble does not."""
    said = for_a_person(error, "")
    if not said:
        workflow.logger.warning("merge was not possible", exc_info=error)
        return Tried()
    reply = ReplyWanted(branch.repo, state.pull, "auto-merge", f"Not merged by itself. {said}")
    try:
        await workflow.execute_activity(
            "reply_comment",
            reply,
            start_to_close_timeout=ActivityTimeouts.GITHUB_API,
            retry_policy=RetryPolicies.github_api(),
        )
    except ActivityError as failure:
        if was_cancelled(failure):
            raise
    return Tried(done=True)
