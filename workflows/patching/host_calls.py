"""A patch's activities on the host that has its commits and tasks, each with its time-out and its retries."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.agent_activities import AgentActivities, MigrationActivities
    from activities.agent_runs.types import (
        AgentChoice,
        AgentRunResult,
        ChooseAgentInput,
        FailingChecks,
        JudgeFixInput,
        RunAgentInput,
    )
    from activities.github.patch_requests.types import (
        PatchRequests,
        ReadPatchRequestsInput,
        ReplyToThreadInput,
        ReplyToThreadResult,
    )
    from activities.github_activities import PatchPublishingActivities, PatchRequestActivities
    from activities.migration.types import JoinStepInput, StepResult, StepVerdict, ValidateStepInput
    from activities.model import GatePlan
    from activities.patch_checks.types import CheckPatchInput, PatchVerdict
    from activities.patching.types import (
        PatchTask,
        PushedRequest,
        PushRequestInput,
        RetryTaskInput,
        ShowPatchDiffInput,
    )
    from activities.quality_gate.types import Workspace
    from workflows.activity_calls import on_host, run_agent, until_done
    from workflows.config import ActivityTimeouts, WorkflowTimeouts
    from workflows.failures import commits_lost, never_started, was_cancelled
    from workflows.quality import gate_activities

P = TypeVar("P")
R = TypeVar("R")


class HostLost(Exception):
    """The host is gone, or what it made: everything that is not pushed has to be done again."""


async def choose(workspace: Workspace) -> AgentChoice:
    return await at_work(AgentActivities.choose_agent, ChooseAgentInput(workspace, "coder"), workspace.queue)


async def list_checks(workspace: Workspace) -> GatePlan:
    with lost_host():
        return await gate_activities.list_checks(workspace)


async def generate(input: RunAgentInput) -> AgentRunResult:
    with lost_host():
        return await run_agent(AgentActivities.generate_code, input)


async def check(input: CheckPatchInput) -> PatchVerdict:
    return await at_work(AgentActivities.check_patch, input, input.workspace.queue)


async def failing(input: JudgeFixInput) -> FailingChecks:
    return await at_work(AgentActivities.list_failing_checks, input, input.workspace.queue, ActivityTimeouts.FIX)


async def validate(input: ValidateStepInput) -> StepVerdict:
    queue, activity = input.workspace.queue, MigrationActivities.validate_migration_step
    return await at_work(activity, input, queue, ActivityTimeouts.FIX)


async def join(input: JoinStepInput) -> StepResult:
    return await at_work(MigrationActivities.join_migration_step, input, input.workspace.queue)


async def read_requests(workspace: Workspace, input: ReadPatchRequestsInput) -> PatchRequests:
    return await on_github(PatchRequestActivities.read_patch_requests, input, workspace.queue)


async def reply(workspace: Workspace, input: ReplyToThreadInput) -> ReplyToThreadResult:
    return await on_github(PatchRequestActivities.reply_to_thread, input, workspace.queue)


async def put_retry_task(input: RetryTaskInput) -> PatchTask:
    return await at_work(AgentActivities.put_retry_task, input, input.workspace.queue)


async def push(input: PushRequestInput) -> PushedRequest:
    return await on_github(PatchPublishingActivities.push_request, input, input.workspace.queue)


async def show_diff(workspace: Workspace, input: ShowPatchDiffInput) -> None:
    await on_github(PatchPublishingActivities.show_patch_diff, input, workspace.queue)


async def at_work(
    activity: Callable[[Any, P], Awaitable[R]],
    input: P,
    queue: str,
    longest: timedelta = ActivityTimeouts.WORKSPACE,
) -> R:
    """A cancel waits until its processes are dead, and gives the result that it has then."""
    with lost_host():
        return await on_host(activity, input, queue, longest)


async def on_github(activity: Callable[[Any, P], Awaitable[R]], input: P, queue: str) -> R:
    """For as long as a person may reasonably wait for GitHub."""
    with lost_host():
        return await workflow.execute_activity_method(
            activity,
            input,
            task_queue=queue,
            schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE,
            start_to_close_timeout=ActivityTimeouts.PUSH,
            schedule_to_close_timeout=WorkflowTimeouts.COMMAND,
            retry_policy=until_done(),
        )


@contextlib.contextmanager
def lost_host() -> Iterator[None]:
    """Raises HostLost for an activity whose host is gone, or lacks what it made."""
    try:
        yield
    except ActivityError as error:
        if was_cancelled(error) or not (never_started(error) or commits_lost(error)):
            raise
        raise HostLost from error
