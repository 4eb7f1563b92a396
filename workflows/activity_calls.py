"""How workflows call GitHub's activities: by the activity's own method, so that input and result are type-checked."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.agent_runs.types import AgentRunResult, RunAgentInput
    from workflows.config import ActivityHeartbeats, ActivityTimeouts, RetryPolicies, Sweeps, WorkflowTimeouts
    from workflows.failures import for_a_person, never_started, was_cancelled

P = TypeVar("P")
R = TypeVar("R")
Activity = Callable[[Any, P], Awaitable[R]]


async def ask(activity: Activity[P, R], input: P) -> R:
    """Some minutes of attempts: GitHub is asked, or something is written that the workflow can do without."""
    return await workflow.execute_activity_method(
        activity,
        input,
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        retry_policy=RetryPolicies.github_api(),
    )


async def ask_for_person(activity: Activity[P, R], input: P) -> R:
    """Attempts for as long as a person may reasonably wait: GitHub may be unavailable for an hour."""
    return await workflow.execute_activity_method(
        activity,
        input,
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        schedule_to_close_timeout=WorkflowTimeouts.COMMAND,
        retry_policy=until_done(),
    )


async def write(activity: Activity[P, R], input: P) -> None:
    """What must be written is tried until the workflow's own end, and dropped only where the App may not write (it was
    suspended or removed, or never had the permission)."""
    try:
        await workflow.execute_activity_method(
            activity, input, start_to_close_timeout=ActivityTimeouts.GITHUB_API, retry_policy=until_done()
        )
    except ActivityError as error:
        if was_cancelled(error) or not (reason := for_a_person(error, "")):
            raise
        workflow.logger.warning(f"write=refused why={reason!r}")


async def write_from(queue: str, activity: Activity[P, R], input: P, retry_policy: RetryPolicy) -> R:
    """From the host that has the findings ("" for any); from another, without them, where that is gone."""
    try:
        return await workflow.execute_activity_method(
            activity,
            input,
            task_queue=queue or None,
            schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE if queue else None,
            start_to_close_timeout=ActivityTimeouts.GITHUB_API,
            retry_policy=retry_policy,
        )
    except ActivityError as error:
        if not (queue and never_started(error)):
            raise
        return await write_from("", activity, input, retry_policy)


async def on_host(
    activity: Activity[P, R],
    input: P,
    queue: str,
    longest: timedelta = ActivityTimeouts.WORKSPACE,
    summary: str = "",
    heartbeat: timedelta = ActivityHeartbeats.CHECK,
) -> R:
    """Work on the one host that has what it needs. A cancel waits until its processes are dead, and gives the result
    that it has then."""
    return await workflow.execute_activity_method(
        activity,
        input,
        task_queue=queue,
        schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE,
        start_to_close_timeout=longest,
        heartbeat_timeout=heartbeat,
        retry_policy=RetryPolicies.check(),
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary or None,
    )


async def run_agent(activity: Activity[RunAgentInput, AgentRunResult], input: RunAgentInput) -> AgentRunResult:
    """A run of an agent on its workspace's host: by an activity that is paid work."""
    longest = timedelta(seconds=input.limits.seconds) + ActivityTimeouts.CHECK_EXTRA
    return await on_host(activity, input, input.workspace.queue, longest, input.model, ActivityHeartbeats.PAID)


async def sweep(activity: Activity[P, R], input: P) -> R:
    """An activity that the next run will do again anyway: it is not tried for ever."""
    return await workflow.execute_activity_method(
        activity,
        input,
        start_to_close_timeout=Sweeps.LOOK,
        schedule_to_close_timeout=Sweeps.PATIENCE,
        heartbeat_timeout=Sweeps.HEARTBEAT,
        retry_policy=RetryPolicies.default(),
    )


def until_done() -> RetryPolicy:
    """No limit but the workflow's own end."""
    policy = RetryPolicies.github_api()
    policy.maximum_attempts = 0
    policy.maximum_interval = timedelta(minutes=2)
    return policy
