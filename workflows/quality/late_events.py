"""An event that finds no workflow of its branch, or one that is about to end, may be one that was sent again.

What it says may have been over for days, so GitHub is asked; one that finds its branch's workflow costs no request.
"""

from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.late_events import PushLookupInput
    from activities.github.pulls import PullInput
    from activities.github_activities import LateEventActivities, PullActivities
    from workflows.activity_calls import Activity, P, R, until_done
    from workflows.config import ActivityTimeouts, WorkflowTimeouts
    from workflows.failures import trace_of, was_cancelled
    from workflows.messages import PullChanged, Pushed
    from workflows.quality import gate_activities, shared_heads
    from workflows.quality.branch_state import BranchState

# Between two attempts at most: the gate has not even begun.
_LONGEST_PAUSE = timedelta(seconds=10)


async def is_news(state: BranchState, event: Pushed) -> bool:
    """Whether the branch is there and not gated yet. Where a person asks for a head that has its verdict, the branch
    goes on from that."""
    asked = PushLookupInput(event.head, workflow.info().workflow_id, event.before, event.sent_at)
    try:
        found = await _ask(LateEventActivities.look_up_push, asked)
    except ActivityError as error:
        return _believed(error)
    if found.is_tip and found.was_gated and not event.sent_at:
        outcome = await gate_activities.last_verdict(event.head)
        if not outcome:
            return True
        if state.push(event):
            state.done = state.target
            shared_heads.adopt(state, outcome)
    return found.is_tip and not found.was_gated


def heard_of_default(state: BranchState, event: Pushed) -> None:
    """A push to the default branch, news or not, may show what its head has to be compared with."""
    if state.is_default and state.judged.heard(event.head.sha, event.before) and state.head.sha:
        base_sha = state.judged.compared_with(state.head.sha, "")
        state.target = replace(state.target, head=replace(state.head, base_sha=base_sha))


async def as_it_is_now(event: PullChanged) -> PullChanged | None:
    """The event with what GitHub says of its pull request now; None where that is closed."""
    try:
        pull = await _ask(PullActivities.get_pull_request, PullInput(event.head.repo, event.head.pull))
    except ActivityError as error:
        return event if _believed(error) else None
    if pull.state != "open":
        return None
    head = replace(event.head, sha=pull.head_sha, base_ref=pull.base_ref)
    at = max(event.sent_at, pull.updated_at)
    return replace(event, head=head, draft=pull.draft, sent_at=at, from_api=True)


def may_be_late(state: BranchState, event: PullChanged, *, ending: bool) -> bool:
    """Whether the pull request may be closed: this workflow has not heard of it, or is `ending`. No times are compared:
    GitHub's are of another clock than Temporal's. Or whether its head may have been left within the same second."""
    return ending or not any(pull.number == event.head.pull for pull in state.pulls) or state.is_unsure(event)


async def _ask(activity: Activity[P, R], input: P) -> R:
    """For as long as GitHub may be unavailable."""
    policy = until_done()
    policy.maximum_interval = _LONGEST_PAUSE
    return await workflow.execute_activity_method(
        activity,
        input,
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        schedule_to_close_timeout=WorkflowTimeouts.COMMAND,
        retry_policy=policy,
    )


def _believed(error: ActivityError) -> bool:
    """GitHub refuses the answer, and will say so to the gate too, which reports it."""
    if was_cancelled(error):
        raise error
    workflow.logger.warning("event=believed github=refused", exc_info=trace_of(error))
    return True
