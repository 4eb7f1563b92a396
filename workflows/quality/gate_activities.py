"""The gate's steps on the hosts, each with its time-out and its retries."""

from temporalio import workflow
from temporalio.exceptions import TimeoutType

with workflow.unsafe.imports_passed_through():
    from activities.model import CheckPlan, GatePlan, QualityCheck
    from activities.quality_gate.types import (
        AcceptBaselineInput,
        CheckInput,
        FixInput,
        FixResult,
        GateInput,
        Workspace,
        WorkspaceInput,
    )
    from workflows.config import ActivityHeartbeats, ActivityTimeouts, RetryPolicies
    from workflows.failures import for_a_person, timed_out


async def prepare(request: GateInput) -> Workspace:
    """The head and its base, on whichever host takes it."""
    into = request.base_ref if request.pull else ""
    wanted = WorkspaceInput(request.repo, request.head_sha, request.base_ref, request.base_sha, request.branch, into)
    answer: Workspace = await workflow.execute_activity(
        "prepare_workspace",
        wanted,
        result_type=Workspace,
        start_to_close_timeout=ActivityTimeouts.WORKSPACE,
        heartbeat_timeout=ActivityHeartbeats.WORKSPACE,
        retry_policy=RetryPolicies.fetch(),
    )
    return answer


async def list_checks(workspace: Workspace) -> GatePlan:
    """Which checks apply, and how."""
    answer: GatePlan = await workflow.execute_activity(
        "list_checks",
        workspace,
        result_type=GatePlan,
        task_queue=workspace.queue,
        start_to_close_timeout=ActivityTimeouts.LIST_CHECKS,
        heartbeat_timeout=ActivityHeartbeats.WORKSPACE,
        retry_policy=RetryPolicies.default(),
    )
    return answer


async def run_check(wanted: CheckInput) -> QualityCheck:
    """One check, to its verdict. A cancel waits until its processes are dead."""
    answer: QualityCheck = await workflow.execute_activity(
        "run_check",
        wanted,
        result_type=QualityCheck,
        task_queue=wanted.workspace.queue,
        schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE,
        start_to_close_timeout=ActivityTimeouts.check(wanted.plan.timeout_s),
        heartbeat_timeout=ActivityHeartbeats.CHECK,
        retry_policy=RetryPolicies.check(),
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=wanted.plan.name,
    )
    return answer


def not_run(plan: CheckPlan, error: BaseException) -> QualityCheck:
    """The verdict of a check whose activity failed: that check's failure, and no other's."""
    if timed_out(error, TimeoutType.START_TO_CLOSE):
        reason = f"It was not done after {plan.timeout_s:g} s and was stopped."
        return QualityCheck(plan.name, "timed_out", 0.0, plan.required, reason, weight=plan.weight)
    workflow.logger.error("check could not run", exc_info=error)
    line = f"It could not run; the log of workflow {workflow.info().workflow_id} says why."
    return QualityCheck(plan.name, "error", 0.0, plan.required, for_a_person(error, line), weight=plan.weight)


async def apply_fixes(wanted: FixInput) -> FixResult:
    """Tool-safe fixes as a commit that only the host's mirror has."""
    answer: FixResult = await workflow.execute_activity(
        "apply_fixes",
        wanted,
        result_type=FixResult,
        task_queue=wanted.workspace.queue,
        schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE,
        start_to_close_timeout=ActivityTimeouts.FIX,
        heartbeat_timeout=ActivityHeartbeats.CHECK,
        retry_policy=RetryPolicies.check(),
    )
    return answer


async def accept_baseline(workspace: Workspace, accepted: AcceptBaselineInput) -> None:
    """Remembers on the host that these findings are known."""
    await workflow.execute_activity(
        "accept_baseline",
        accepted,
        task_queue=workspace.queue,
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        retry_policy=RetryPolicies.default(),
    )
