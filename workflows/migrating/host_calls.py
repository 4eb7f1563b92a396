"""A migration's activities on the host that holds its commits, each with its time-out and its retries."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.agent_activities import MigrationActivities
    from activities.migration.types import (
        AnalyzeInput,
        FinishInput,
        GenerateStepInput,
        JoinStepInput,
        MigrationAnalysis,
        MigrationEnd,
        MigrationParts,
        MigrationPlan,
        PlanInput,
        SplitInput,
        StepResult,
        StepVerdict,
        ValidateStepInput,
    )
    from activities.quality_gate.types import Workspace
    from workflows.config import ActivityHeartbeats, ActivityTimeouts, RetryPolicies

P = TypeVar("P")
R = TypeVar("R")


async def analyze(input: AnalyzeInput) -> MigrationAnalysis:
    return await _call(MigrationActivities.analyze_codebase, input, input.workspace, ActivityTimeouts.WORKSPACE)


async def plan(input: PlanInput) -> MigrationPlan:
    return await _call(MigrationActivities.create_migration_plan, input, input.workspace, ActivityTimeouts.WORKSPACE)


async def generate(input: GenerateStepInput) -> StepResult:
    return await _call(
        MigrationActivities.generate_migration_step, input, input.workspace, ActivityTimeouts.AGENT, input.step.name
    )


async def join(input: JoinStepInput) -> StepResult:
    return await _call(MigrationActivities.join_migration_step, input, input.workspace, ActivityTimeouts.WORKSPACE)


async def validate(input: ValidateStepInput) -> StepVerdict:
    return await _call(MigrationActivities.validate_migration_step, input, input.workspace, ActivityTimeouts.FIX)


async def split(input: SplitInput) -> MigrationParts:
    return await _call(MigrationActivities.split_migration, input, input.workspace, ActivityTimeouts.WORKSPACE)


async def finish(input: FinishInput) -> MigrationEnd:
    return await _call(MigrationActivities.finish_migration, input, input.workspace, ActivityTimeouts.FIX)


async def _call(
    activity: Callable[[Any, P], Awaitable[R]], input: P, workspace: Workspace, longest: timedelta, summary: str = ""
) -> R:
    """On the host of the workspace alone: no other has the commits. A cancel waits until its processes are dead."""
    return await workflow.execute_activity_method(
        activity,
        input,
        task_queue=workspace.queue,
        schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE,
        start_to_close_timeout=longest,
        heartbeat_timeout=ActivityHeartbeats.CHECK,
        retry_policy=RetryPolicies.check(),
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=summary or None,
    )
