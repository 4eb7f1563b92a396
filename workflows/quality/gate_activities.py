"""What a gate asks of the hosts and writes to GitHub, each with its time-out and its retries."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError, TimeoutType

with workflow.unsafe.imports_passed_through():
    from activities.github.baseline import BaselineInput
    from activities.github.check_runs import StartCheckRunInput
    from activities.github.merging import RequiredChecksInput
    from activities.github.pulls import PullsOfHeadInput
    from activities.github_activities import (
        BaselineActivities,
        CheckRunActivities,
        MergeActivities,
        PullActivities,
    )
    from activities.model import (
        Acceptance,
        CheckPlan,
        GatePlan,
        Head,
        HeadPull,
        QualityCheck,
        RepoRef,
    )
    from activities.quality_gate.types import (
        AcceptableFindings,
        CheckInput,
        FindAcceptableInput,
        FixInput,
        FixResult,
        GateInput,
        GateOutcome,
        RepositoryHistory,
        Workspace,
    )
    from activities.reporting import gate_states
    from activities.tool_activities import ToolActivities
    from activities.workflow_activities import WorkflowActivities
    from workflows import ids
    from workflows.activity_calls import until_done
    from workflows.config import ActivityHeartbeats, ActivityTimeouts, RetryPolicies
    from workflows.failures import for_a_person, timed_out, trace_of, was_cancelled, worker_died


async def prepare(head: Head, *, waiting: bool = False, host: str = "") -> Workspace:
    """The head and its base, on whichever host takes it, or on the one that serves the task queue `host`. `waiting` for
    a host that is not in trouble."""
    return await workflow.execute_activity_method(
        ToolActivities.prepare_workspace,
        head,
        task_queue=host or None,
        schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE if host else None,
        start_to_close_timeout=ActivityTimeouts.WORKSPACE,
        heartbeat_timeout=ActivityHeartbeats.WORKSPACE,
        retry_policy=RetryPolicies.host() if waiting else RetryPolicies.fetch(),
    )


async def list_checks(workspace: Workspace, *, waiting: bool = False) -> GatePlan:
    """Which checks apply, and how."""
    return await workflow.execute_activity_method(
        ToolActivities.list_checks,
        workspace,
        task_queue=workspace.queue,
        schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE,
        start_to_close_timeout=ActivityTimeouts.LIST_CHECKS,
        heartbeat_timeout=ActivityHeartbeats.WORKSPACE,
        retry_policy=RetryPolicies.host() if waiting else RetryPolicies.default(),
    )


async def run_check(input: CheckInput, *, waiting: bool = False) -> QualityCheck:
    """One check, to its verdict. A cancel waits until its processes are dead. `waiting` until its host's trouble is
    over."""
    return await workflow.execute_activity_method(
        ToolActivities.run_check,
        input,
        task_queue=input.workspace.queue,
        schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE,
        start_to_close_timeout=ActivityTimeouts.check(input.plan.timeout_s),
        heartbeat_timeout=ActivityHeartbeats.CHECK,
        retry_policy=RetryPolicies.host() if waiting else RetryPolicies.check(),
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=input.plan.name,
    )


def not_run(plan: CheckPlan, error: BaseException) -> QualityCheck:
    """The verdict of a check whose activity failed: that check's failure, and no other's."""
    if timed_out(error, TimeoutType.START_TO_CLOSE):
        reason = gate_states.check_timed_out(plan.timeout_s)
        return QualityCheck(plan.name, "timed_out", 0.0, plan.required, reason, weight=plan.weight)
    workflow.logger.error(f"check={plan.name} status=error", exc_info=trace_of(error))
    internal = gate_states.internal_error(workflow.info().workflow_id)
    reason = gate_states.WORKER_DIED if worker_died(error) else for_a_person(error, internal)
    return QualityCheck(plan.name, "error", 0.0, plan.required, reason, weight=plan.weight)


async def apply_fixes(input: FixInput) -> FixResult:
    """Tool-safe fixes as a commit that only the host's mirror has."""
    return await workflow.execute_activity_method(
        ToolActivities.apply_fixes,
        input,
        task_queue=input.workspace.queue,
        schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE,
        start_to_close_timeout=ActivityTimeouts.FIX,
        heartbeat_timeout=ActivityHeartbeats.CHECK,
        retry_policy=RetryPolicies.check(),
    )


async def find_acceptable(workspace: Workspace, input: FindAcceptableInput) -> AcceptableFindings:
    """Of the host that made the verdict, or that has the same result."""
    return await workflow.execute_activity_method(
        ToolActivities.find_acceptable,
        input,
        task_queue=workspace.queue,
        schedule_to_start_timeout=ActivityTimeouts.HOST_QUEUE,
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        retry_policy=RetryPolicies.default(),
    )


async def read_baseline(input: GateInput, head: Head, pulls: Sequence[HeadPull]) -> tuple[Acceptance, ...]:
    """What is accepted for all of these pull requests of the head, as GitHub's facts and the clock have it now. A gate
    waits for it: without it a verdict would be wrong. A folder has none."""
    if head.repo.path:
        return ()
    heads = tuple(replace(head, pull=pull.number) for pull in pulls) or (head,)
    read = await workflow.execute_activity_method(
        BaselineActivities.read_baseline,
        BaselineInput(head.repo, heads),
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        retry_policy=until_done(),
    )
    return read.acceptances


async def read_history(input: GateInput) -> RepositoryHistory:
    """What the repository's gates know of each other. A gate does without it rather than wait; a folder has none."""
    if input.head.repo.path:
        return RepositoryHistory()
    try:
        return await workflow.execute_activity_method(
            WorkflowActivities.read_history,
            input.head.repo,
            start_to_close_timeout=ActivityTimeouts.GITHUB_API,
            retry_policy=RetryPolicies.default(),
        )
    except ActivityError as error:
        if was_cancelled(error):
            raise
        workflow.logger.warning(f"history=unknown head={input.head.sha}", exc_info=trace_of(error))
        return RepositoryHistory()


async def await_gate(input: GateInput) -> GateOutcome | None:
    """The verdict of a gate that another branch at the same head started; None when it ended without one."""
    return await workflow.execute_activity_method(
        WorkflowActivities.await_gate,
        input,
        start_to_close_timeout=ActivityTimeouts.check(3600),
        heartbeat_timeout=ActivityHeartbeats.AGENT,
        retry_policy=RetryPolicies.default(),
    )


async def pulls_of_head(input: GateInput, others: Sequence[str] = ()) -> tuple[HeadPull, ...]:
    """The open pull requests of the head: by GitHub's list, by what is known of this branch, and by the ids of the
    workflows of other branches that may have some."""
    branches = [branch for other in others if (branch := ids.parse_quality(other))]
    numbers = {*input.pulls, *input.approved, *(branch.pull for branch in branches if branch.pull)}
    names = tuple(branch.branch for branch in branches if branch.branch)
    found = await workflow.execute_activity_method(
        PullActivities.list_pulls_of_head,
        PullsOfHeadInput(input.head.repo, input.head.sha, tuple(sorted(numbers)), names),
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        retry_policy=until_done(),
    )
    return found.pulls


async def pulls_now(input: GateInput) -> tuple[HeadPull, ...] | None:
    """The same, for a branch that outlives an answer that GitHub refuses: None."""
    try:
        return await pulls_of_head(input)
    except ActivityError as error:
        if was_cancelled(error):
            raise
        workflow.logger.error(f"head={input.head.sha} pulls=unknown", exc_info=trace_of(error))
        return None


async def requires_checks(repo: RepoRef, branch: str) -> bool:
    """Whether GitHub lets nothing into the branch without some check."""
    found = await workflow.execute_activity_method(
        MergeActivities.list_required_checks,
        RequiredChecksInput(repo, branch),
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        retry_policy=until_done(),
    )
    return bool(found.checks)


async def last_verdict(head: Head) -> GateOutcome | None:
    """The verdict of the newest gate of a head, whichever branch ran it; None where it runs or has none."""
    return await workflow.execute_activity_method(
        WorkflowActivities.get_last_verdict,
        head,
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        retry_policy=until_done(),
    )


async def show_running(input: GateInput, run_id: int, waits_for: str = "") -> None:
    """A run is shown in progress; `waits_for` is a sentence that says what holds it up. Nothing depends on it, so it is
    never tried for long."""
    if not run_id:
        return
    try:
        await workflow.execute_activity_method(
            CheckRunActivities.start_check_run,
            StartCheckRunInput(input.head.repo, run_id, waits_for),
            start_to_close_timeout=ActivityTimeouts.SHOWN,
            schedule_to_close_timeout=ActivityTimeouts.SHOWN,
            retry_policy=RetryPolicies.no_retry(),
        )
    except ActivityError as error:
        if was_cancelled(error):
            raise


@contextlib.contextmanager
def logged() -> Iterator[None]:
    """What GitHub will never take is logged, and not more."""
    try:
        yield
    except ActivityError as error:
        if was_cancelled(error):
            raise
        workflow.logger.error("write=refused", exc_info=trace_of(error))
