"""A planned change's activities on the host that has its texts and commits, each with its time-out and its retries."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.agent_activities import AgentActivities, PlanningActivities
    from activities.agent_runs.types import FailingChecks, JudgeFixInput, PreparedFix, PrepareFixInput
    from activities.github.pulls import CreatePullResult
    from activities.github_activities import CiActivities, PlannedIssueActivities, PlannedPullActivities
    from activities.planned_changes.stages import (
        AgentStage,
        DesignResult,
        OpenPlannedPullInput,
        PlannedRules,
        PlanResult,
        PlanTouched,
        PlanTouchedInput,
        ProveTestsInput,
        ReplaceBranchInput,
        ReviewInput,
        ReviewResult,
        ShowPlannedDiffInput,
    )
    from activities.planned_changes.types import CiState, FrozenIssue, ReadCiInput, ReadIssueInput, TestProof
    from activities.quality_gate.types import FixInput, FixResult, Workspace
    from workflows.activity_calls import on_host
    from workflows.config import ActivityHeartbeats, ActivityTimeouts
    from workflows.patching.host_calls import at_work, lost_host, on_github
    from workflows.quality import gate_activities

P = TypeVar("P", AgentStage, ReviewInput)
R = TypeVar("R")


async def read_rules(workspace: Workspace) -> PlannedRules:
    return await at_work(PlanningActivities.read_planned_rules, workspace, workspace.queue)


async def read_issue(workspace: Workspace, input: ReadIssueInput) -> FrozenIssue:
    return await on_github(PlannedIssueActivities.read_issue, input, workspace.queue)


async def design(input: AgentStage) -> DesignResult:
    return await _paid(PlanningActivities.create_design, input)


async def plan(input: AgentStage) -> PlanResult:
    return await _paid(PlanningActivities.create_issues, input)


async def review(input: ReviewInput) -> ReviewResult:
    return await _paid(PlanningActivities.review_code, input)


async def is_plan_touched(input: PlanTouchedInput) -> PlanTouched:
    return await at_work(PlanningActivities.is_plan_touched, input, input.workspace.queue)


async def prove(input: ProveTestsInput) -> TestProof:
    return await at_work(PlanningActivities.prove_tests, input, input.workspace.queue, ActivityTimeouts.FIX)


async def failing(input: JudgeFixInput) -> FailingChecks:
    return await at_work(AgentActivities.list_failing_checks, input, input.workspace.queue, ActivityTimeouts.FIX)


async def prepare_fix(input: PrepareFixInput) -> PreparedFix:
    return await at_work(AgentActivities.prepare_fix, input, input.workspace.queue, ActivityTimeouts.FIX)


async def apply_fixes(input: FixInput) -> FixResult:
    with lost_host():
        return await gate_activities.apply_fixes(input)


async def read_ci(workspace: Workspace, input: ReadCiInput) -> CiState:
    return await on_github(CiActivities.read_ci, input, workspace.queue)


async def show_diff(workspace: Workspace, input: ShowPlannedDiffInput) -> None:
    await on_github(PlannedPullActivities.show_planned_diff, input, workspace.queue)


async def replace_branch(workspace: Workspace, input: ReplaceBranchInput) -> None:
    await on_github(PlannedPullActivities.replace_branch, input, workspace.queue)


async def open_pull(workspace: Workspace, input: OpenPlannedPullInput) -> CreatePullResult:
    return await on_github(PlannedPullActivities.open_planned_pull, input, workspace.queue)


async def _paid(activity: Callable[[Any, P], Awaitable[R]], input: P) -> R:
    """A run of an agent, which costs money."""
    longest = timedelta(seconds=input.limits.seconds) + ActivityTimeouts.CHECK_EXTRA
    with lost_host():
        return await on_host(activity, input, input.workspace.queue, longest, input.model, ActivityHeartbeats.PAID)
