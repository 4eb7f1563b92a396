"""Merging by itself: only where `auto_merge: true` stands in the configuration, and GitHub lets it be."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.types.comments import ReplyInput
    from activities.github.types.pulls import MergeInput, MergeResult, PullInput, PullRequest
    from activities.github.types.repo_config import RepoSettings, RepoSettingsInput
    from activities.quality_gate.types import GateOutcome
    from workflows.config import ActivityTimeouts, RetryPolicies
    from workflows.failures import for_a_person, was_cancelled
    from workflows.messages import BranchState, ContinuousQualityInput

T = TypeVar("T")

MOST_TRIES = 200
"""With `between` about two days: what is not reviewed by then is merged by a person, or after the next push."""

_FIRST, _LONGEST = timedelta(seconds=30), timedelta(minutes=15)


@dataclass(frozen=True)
class MergeAttempt:
    """`merged`: the pull request is. `done`: nothing is to be tried again for this head. `waits_for` as in
    `MergeResult`."""

    merged: bool = False
    done: bool = False
    waits_for: tuple[str, ...] = ()


class AutoMerge:
    """What of a branch's workflow is about merging. `held`: nothing is done for the branch just now."""

    def __init__(self, branch: ContinuousQualityInput, state: BranchState) -> None:
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


async def merge(branch: ContinuousQualityInput, state: BranchState) -> MergeAttempt:
    """One try. What a person must do first is said once in the pull request."""
    plan = state.outcome.plan if state.outcome else None
    method = plan.merge_method if plan else ""
    base = state.wanted.base_ref or branch.default_branch
    wanted = MergeInput(branch.repo, state.pull, state.merge_sha, method, base=base)  # type: ignore[arg-type]
    try:
        if workflow.patched("merge-is-still-wanted") and not await _still_wanted(wanted):
            return MergeAttempt(done=True)
        merged = await _ask("merge_pull_request", wanted, MergeResult)
    except ActivityError as error:
        if was_cancelled(error):
            raise
        return await _refused(wanted, error)
    return MergeAttempt(bool(merged.sha), bool(merged.sha), merged.waits_for)


async def _still_wanted(wanted: MergeInput) -> bool:
    """Whether the base branch's configuration says so at this moment: a review may come days after the verdict."""
    settings = await _ask("get_repo_settings", RepoSettingsInput(wanted.repo, wanted.base), RepoSettings)
    return settings.auto_merge


async def _refused(wanted: MergeInput, error: ActivityError) -> MergeAttempt:
    """A person's matter ends it for this head; GitHub's own trouble does not, and neither does what GitHub's events
    are about to tell: another head or base, a draft, an end."""
    said = for_a_person(error, "")
    if not said:
        workflow.logger.warning("merge was not possible", exc_info=error)
        return MergeAttempt()
    try:
        if workflow.patched("moved-on-is-not-told") and await _moved_on(wanted):
            return MergeAttempt()
        reply = ReplyInput(wanted.repo, wanted.number, "auto-merge", f"Not merged by itself. {said}")
        await _ask("reply_comment", reply, None)
    except ActivityError as failure:
        if was_cancelled(failure):
            raise
    return MergeAttempt(done=True)


async def _moved_on(wanted: MergeInput) -> bool:
    pull = await _ask("get_pull_request", PullInput(wanted.repo, wanted.number), PullRequest)
    same = (pull.head_sha, pull.base_ref) == (wanted.head_sha, wanted.base)
    return not same or pull.draft or pull.state != "open"


async def _ask(activity: str, argument: Any, result: type[T] | None) -> T:
    return await workflow.execute_activity(  # type: ignore[no-any-return]
        activity,
        argument,
        result_type=result,
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        retry_policy=RetryPolicies.github_api(),
    )
