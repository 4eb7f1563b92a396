"""Telling GitHub: check runs and the one comment. What must be written is tried until the workflow's own end."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.types.check_runs import (
        GATE,
        CompleteCheckRunInput,
        CompleteGateRunInput,
        CreateCheckRunsInput,
        CreateCheckRunsResult,
        EndCheckRunsInput,
        StartCheckRunInput,
    )
    from activities.github.types.comments import GateCommentInput
    from activities.model import QualityCheck, QualityGateResult, RepoRef
    from activities.quality_gate.types import GateInput, GateOutcome, Workspace
    from workflows.config import ActivityTimeouts, RetryPolicies
    from workflows.failures import for_a_person, was_cancelled


def until_done() -> RetryPolicy:
    """A last word is never given up while its workflow lives: GitHub may be away for an hour."""
    policy = RetryPolicies.github_api()
    policy.maximum_attempts = 0
    policy.maximum_interval = timedelta(minutes=2)
    return policy


def owner_key() -> str:
    """What the check runs of this branch's workflow are known by. A branch that ended may begin anew (its pull was
    reopened) and counts from zero again: its runs are not those of its former life."""
    info = workflow.info()
    if not workflow.patched("runs-of-one-life"):
        return info.workflow_id
    return f"{info.workflow_id}|{info.first_execution_run_id[-12:]}"


async def post(request: GateInput) -> Mapping[str, int]:
    """All check runs at once, as queued, or those that are run again. Check → its run's id."""
    names = (*request.only, GATE) if request.only else ()
    wanted = CreateCheckRunsInput(request.repo, request.head_sha, names, request.attempt, request.owner_key)
    posted: CreateCheckRunsResult = await workflow.execute_activity(
        "create_check_runs",
        wanted,
        result_type=CreateCheckRunsResult,
        start_to_close_timeout=ActivityTimeouts.GITHUB_API,
        retry_policy=until_done(),
    )
    return posted.ids


async def show_running(request: GateInput, gate: int) -> None:
    """The gate's own run is shown in progress. One write for a head, and nothing depends on it, so it is never tried
    for long."""
    if not gate:
        return
    try:
        await workflow.execute_activity(
            "start_check_run",
            StartCheckRunInput(request.repo, gate),
            start_to_close_timeout=ActivityTimeouts.SHOWN,
            schedule_to_close_timeout=ActivityTimeouts.SHOWN,
            retry_policy=RetryPolicies.no_retry(),
        )
    except ActivityError as error:
        if was_cancelled(error):
            raise


async def end_check(request: GateInput, workspace: Workspace, run_id: int, check: QualityCheck) -> bool:
    """One check's end, from the host that holds its findings. False where GitHub does not take it: the other checks
    go on, and the run ends with the gate."""
    end = CompleteCheckRunInput(request.repo, request.head_sha, run_id, check, request.attempt, request.owner_key)
    try:
        await workflow.execute_activity(
            "complete_check_run",
            end,
            task_queue=workspace.queue,
            start_to_close_timeout=ActivityTimeouts.GITHUB_API,
            retry_policy=until_done(),
        )
    except ActivityError as error:
        if was_cancelled(error):
            raise
        workflow.logger.error("a verdict was refused", exc_info=error)
        return False
    return True


async def end_all(
    request: GateInput,
    result: QualityGateResult,
    still_open: Mapping[str, int],
    posted: Mapping[str, int],
    newer: str,
) -> None:
    """Ends the check runs that nothing else ends, and then the gate's own. `posted` are all runs of the gate."""
    others = {name: run for name, run in still_open.items() if name != GATE}
    gate = still_open.get(GATE, 0)
    lost = "" if posted else request.owner_key  # runs may have been made whose ids never reached us
    if others or lost:
        ended = EndCheckRunsInput(
            request.repo, request.head_sha, dict(others), result.state, result.reason, newer, lost,
        )  # fmt: skip
        await _say("end_check_runs", ended)
    if gate:
        end = CompleteGateRunInput(
            request.repo, request.head_sha, gate, result, request.attempt, request.owner_key,
            check_run_ids=dict(posted), newer_sha=newer,
        )  # fmt: skip
        await _say("complete_gate_run", end)


async def comment(repo: RepoRef, pull: int, outcome: GateOutcome) -> None:
    """The pull request's one comment: made, edited, or left alone when nothing changed. The branch outlives a comment
    that GitHub does not take."""
    result = outcome.result
    with _unheard():
        await _say("update_gate_comment", GateCommentInput(repo, pull, result, dict(outcome.run_ids), result.head_sha))


async def end_lost(request: GateInput) -> None:
    """The gate's workflow ended without a word (somebody terminated it, GitHub refused its verdict): its check runs
    end here, if GitHub takes that."""
    if request.publish:
        line = "The run was lost on our side. `/retest` tries again."
        result = QualityGateResult(request.head_sha, "", "error", False, 0.0, reason=line)
        with _unheard():
            posted = await post(request)
            await end_all(request, result, posted, posted, "")


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """What GitHub will never take is logged, and not more."""
    try:
        yield
    except ActivityError as error:
        if was_cancelled(error):
            raise
        workflow.logger.error("GitHub does not take it", exc_info=error)


async def _say(activity: str, argument: object) -> None:
    try:
        await workflow.execute_activity(
            activity, argument, start_to_close_timeout=ActivityTimeouts.GITHUB_API, retry_policy=until_done()
        )
    except ActivityError as error:
        _only_if_forbidden(error)


def _only_if_forbidden(error: ActivityError) -> None:
    """An App that was suspended, removed or never permitted can say nothing, and that ends the matter; anything else
    is raised on."""
    if not (reason := for_a_person(error, "")):
        raise error
    workflow.logger.warning("nothing can be said: %s", reason)
