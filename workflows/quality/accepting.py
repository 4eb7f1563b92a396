"""Findings of the branch's verdict that a person accepts as known."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.baseline import CheckAcceptanceInput
    from activities.github.comments import ReplyInput
    from activities.github_activities import BaselineActivities, CommentActivities
    from activities.model import Acceptance, RepoRef
    from activities.quality_gate.types import AcceptableFindings, FindAcceptableInput
    from activities.reporting import baseline as texts
    from activities.result_store import digest
    from activities.workflow_activities import SignalWithStartInput, WorkflowActivities
    from workflows import ids as workflow_ids
    from workflows.activity_calls import ask_for_person, write
    from workflows.baseline import BaselineWorkflowInput
    from workflows.failures import for_a_person, trace_of, was_cancelled
    from workflows.messages import ClosedPull, HeadRequest
    from workflows.quality import gate_activities
    from workflows.quality.branch_state import BranchState

_EXAMPLE = timedelta(days=30)


async def accept(state: BranchState, request: HeadRequest) -> bool:
    """Whether something was accepted now; where it was refused, the pull request says why. The person's permission was
    looked up before."""
    try:
        problem = await _accept(state, request)
    except ActivityError as error:
        if was_cancelled(error):
            raise
        workflow.logger.error(
            f"accept=failed check={request.what.checks[0]} head={request.sha}", exc_info=trace_of(error)
        )
        problem = for_a_person(error, texts.RESULT_IS_GONE)
    pressed_twice = problem == texts.NOTHING_TO_ACCEPT and not request.what.reason
    if problem and request.pull and not pressed_twice:
        reply = ReplyInput(state.head.repo, request.pull, request.answer, problem)
        with gate_activities.logged():
            await write(CommentActivities.reply_comment, reply)
    return not problem


async def _accept(state: BranchState, request: HeadRequest) -> str:
    """Why nothing was accepted, "" where it was. Only what the person could see is accepted: the verdict's findings of
    the very commit."""
    outcome, head = state.verdict, state.head
    if request.sha != head.sha:
        return texts.NEWER_HEAD
    if not outcome or not outcome.workspace:
        return texts.NO_VERDICT
    check = next((one for one in outcome.result.checks if one.name in request.what.checks and one.result_id), None)
    if not check:
        return texts.NOTHING_TO_ACCEPT
    found = await gate_activities.find_acceptable(outcome.workspace, FindAcceptableInput(check.name, check.result_id))
    if problem := _problem(request, found):
        return problem
    asked = CheckAcceptanceInput(head.repo, len(found.fingerprints), request.what.until, request.what.issue)
    if problem := (await ask_for_person(BaselineActivities.check_acceptance, asked)).problem:
        return problem
    where = str(request.pull) if request.pull else head.branch
    acceptance = Acceptance(
        id=digest(head.repo.full_name, check.name, where, request.base, *found.fingerprints)[:8],
        repo=head.repo,
        check=check.name,
        fingerprints=found.fingerprints,
        actor=request.actor,
        reason=request.what.reason or texts.by_button(request.pull, head.branch),
        created=workflow.now().date().isoformat(),
        branch=head.branch,
        base=request.base,
        pull=request.pull,
        fork=head.fork,
        until=request.what.until,
        issue=request.what.issue,
    )
    await _signal_baseline(head.repo, "accept", acceptance)
    count = len(found.fingerprints)
    workflow.logger.info(f"baseline={acceptance.id} check={check.name} actor={request.actor} findings={count}")
    return ""


def stop_accepting(state: BranchState, ids: Collection[str]) -> None:
    """Judges the head again if anything of this counted on it, or may have: a running gate has perhaps read it."""
    accepted = state.outcome.accepted if state.outcome else {}
    affected = tuple(sorted({check for each, check in accepted.items() if each in ids}))
    if affected or state.has_work:
        state.run_again(() if state.has_work else affected)


async def report_closed(repo: RepoRef, event: ClosedPull) -> None:
    """To the accepted baseline, which asks GitHub whether the pull request was merged."""
    await _signal_baseline(repo, event.SIGNAL, event)


async def _signal_baseline(repo: RepoRef, signal: str, message: Acceptance | ClosedPull) -> None:
    key, start = workflow_ids.baseline(repo.full_name), asdict(BaselineWorkflowInput(repo))
    signalled = SignalWithStartInput("BaselineWorkflow", key, signal, start, asdict(message))
    await ask_for_person(WorkflowActivities.signal_with_start, signalled)


def _problem(request: HeadRequest, found: AcceptableFindings) -> str:
    if not found.here:
        return texts.RESULT_IS_GONE
    if not found.complete:
        return texts.not_complete(request.what.checks[0])
    if not found.fingerprints:
        return texts.NOTHING_TO_ACCEPT
    if found.needs_end and not (request.what.until or request.what.issue):
        return texts.needs_end(request.what.checks[0], (workflow.now() + _EXAMPLE).date().isoformat())
    return ""
