"""Fixes as one commit: asked for by a person, or by the configuration."""

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.comments import ReplyInput
    from activities.github.commits.types import CreateCommitInput
    from activities.github_activities import CommentActivities, CommitActivities
    from activities.model import Head
    from activities.quality_gate.types import FixInput, FixResult, GateOutcome
    from activities.reporting import command_replies
    from workflows.activity_calls import ask
    from workflows.config import ActivityHeartbeats, ActivityTimeouts, RetryPolicies
    from workflows.failures import STOPPED, for_a_person, trace_of, was_cancelled, worker_died
    from workflows.messages import HeadRequest
    from workflows.quality import agent_fixes, gate_activities
    from workflows.quality.branch_state import BranchState


def is_automatic(state: BranchState, outcome: GateOutcome) -> bool:
    """With `autofix: commit`, in a pull request, and never on top of the bot's own commit: that would never end."""
    configured = outcome.plan is not None and outcome.plan.autofix == "commit"
    failed = outcome.result.state == "failed" and outcome.result.head_sha != state.own_sha
    return configured and failed and bool(state.head.pull) and not state.head.fork


async def fix(head: Head, outcome: GateOutcome, request: HeadRequest) -> str:
    """Applies tool-safe fixes, and commits them if they make no check worse.

    Gives the branch's new head, "" where nothing was committed; the pull request then says why. (GitHub's
    event of the push comes too, later or never.)
    """
    try:
        sha, reason = await _fix(head, outcome, request)
    except STOPPED as error:
        if was_cancelled(error):
            raise
        workflow.logger.error(f"fix=failed head={outcome.result.head_sha}", exc_info=trace_of(error))
        failed = for_a_person(error, command_replies.fix_failed(workflow.info().workflow_id))
        sha, reason = "", command_replies.FIX_WORKER_DIED if worker_died(error) else failed
    if reason:
        await reply_to_fix(head, outcome.result.head_sha, reason)
    return sha


async def _fix(head: Head, outcome: GateOutcome, request: HeadRequest) -> tuple[str, str]:
    """(the new head, "") or ("", the sentence that says why there is none)."""
    workspace, plan = outcome.workspace, outcome.plan
    if not workspace or not plan or (request.sha and request.sha != workspace.head.sha):
        return "", command_replies.FIX_NEWER_HEAD
    if plan.autofix == "off":
        return "", command_replies.FIX_OFF
    if head.fork:
        return "", command_replies.FIX_FORK
    fixed = await gate_activities.apply_fixes(FixInput(workspace, plan, request.what.checks))
    reason = command_replies.fix_nothing(fixed.left_out)
    if fixed.worse:
        reason = command_replies.fix_worse(fixed.worse)
        fixed = FixResult(workspace, workspace.head_sha)
    by_agent = False
    if plan.agent_fixes:
        agent = await agent_fixes.fix(fixed.workspace, plan, request.what.checks, request.said)
        reason = agent.reason or reason
        if by_agent := bool(agent.commit_sha):
            git_dir = fixed.git_dir or agent.git_dir
            fixed = replace(fixed, commit_sha=agent.commit_sha, git_dir=git_dir, by=(*fixed.by, agent.by))
    if not fixed.commit_sha:
        return "", reason
    message = command_replies.fix_commit_message(fixed.by, request.actor, fixed.left_out, by_agent=by_agent)
    return await _commit(head, fixed, message), ""


async def _commit(head: Head, fixed: FixResult, message: str) -> str:
    """On the host that has the local commit."""
    created = await workflow.execute_activity_method(
        CommitActivities.create_commit,
        CreateCommitInput(head.repo, head.branch, fixed.head_sha, message, fixed.git_dir, fixed.commit_sha),
        task_queue=fixed.workspace.queue,
        start_to_close_timeout=ActivityTimeouts.PUSH,
        heartbeat_timeout=ActivityHeartbeats.WORKSPACE,
        retry_policy=RetryPolicies.github_api(),
    )
    return created.sha


async def reply_to_fix(head: Head, sha: str, reason: str) -> None:
    """Why nothing was fixed, once for each head."""
    if head.pull:
        await ask(CommentActivities.reply_comment, ReplyInput(head.repo, head.pull, f"fix-{sha}", reason))
