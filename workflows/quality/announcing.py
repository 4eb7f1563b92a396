"""A verdict on the default branch: what it leaves for the branch's next head, and who hears of it."""

from dataclasses import asdict

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.model import QualityCheck
    from activities.quality_gate.types import FindAcceptableInput, GateInput, GateOutcome
    from activities.workflow_activities import SignalWithStartInput, WorkflowActivities
    from workflows import ids
    from workflows.activity_calls import ask_for_person
    from workflows.failures import trace_of, was_cancelled
    from workflows.flaky_tests import runs_of
    from workflows.messages import DefaultBranchJudged, TestsRan
    from workflows.quality import gate_activities
    from workflows.quality.branch_state import BranchState
    from workflows.quality.default_branch import new_failures, news_of, red_after
    from workflows.repository_history import RepositoryHistoryInput

_MOST_MARKS = 100
"""Of one check: each gate of the branch has them in its history."""


async def default_branch_ended(state: BranchState, outcome: GateOutcome) -> None:
    """What failed the head stays new in the next one. A check that did not run to its end leaves what was known."""
    result, judged = outcome.result, state.judged
    red = red_after(result, state.default_branch, judged.red)
    if result.state not in ("passed", "failed"):
        return
    blocking = [each for each in result.checks if each.name in result.blocking] if red else []
    unfixed = {each.name: await _marks(outcome, each) or judged.unfixed.get(each.name, ()) for each in blocking}
    news = news_of(red, result.head_sha, judged.red, unfixed, judged.unfixed) if red else None
    changed = news is not None or red != judged.red
    judged.red, judged.unfixed = red, unfixed
    if changed:
        message = DefaultBranchJudged(state.head.repo, state.default_branch, red, news, result.base_sha)
        await _signal_history(message)


async def tests_ran(input: GateInput, outcome: GateOutcome) -> None:
    """What the gate saw of flaky tests is remembered for the repository."""
    if runs := runs_of(input, outcome):
        await _signal_history(TestsRan(input.head.repo, runs))


async def _signal_history(message: DefaultBranchJudged | TestsRan) -> None:
    """It outlives the branch's next gates, and has time for all whom this may concern."""
    key, start = ids.history(message.repo.full_name), asdict(RepositoryHistoryInput(message.repo))
    signalled = SignalWithStartInput("RepositoryHistoryWorkflow", key, message.SIGNAL, start, asdict(message))
    try:
        await ask_for_person(WorkflowActivities.signal_with_start, signalled)
    except ActivityError as error:
        if was_cancelled(error):
            raise
        workflow.logger.error(f"history=unreachable signal={message.SIGNAL}", exc_info=trace_of(error))


async def _marks(outcome: GateOutcome, check: QualityCheck) -> tuple[str, ...]:
    """What is new in a check that failed: the names of tests, or fingerprints."""
    if tests := new_failures(check):
        return tests
    if check.status != "failed" or not check.new_findings or not outcome.workspace:
        return ()
    try:
        asked = FindAcceptableInput(check.name, check.result_id)
        return (await gate_activities.find_acceptable(outcome.workspace, asked)).fingerprints[:_MOST_MARKS]
    except ActivityError as error:
        if was_cancelled(error):
            raise
        workflow.logger.warning(f"check={check.name} findings=unknown", exc_info=trace_of(error))
        return ()
