"""What the buttons ask for beside another run: fixes as one commit, findings accepted as known."""

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.github.types.comments import ReplyInput
    from activities.github.types.commits import CreateCommitInput, CreateCommitResult
    from activities.model import CheckPlan, QualityCheck, RepoRef
    from activities.quality_gate.types import (
        AcceptBaselineInput,
        CheckInput,
        FixInput,
        FixResult,
        GateInput,
        GateOutcome,
    )
    from workflows.config import ActivityHeartbeats, ActivityTimeouts, RetryPolicies
    from workflows.failures import STOPPED, for_a_person, was_cancelled
    from workflows.messages import AcceptBaseline, BranchState, ContinuousQualityInput, Fix
    from workflows.quality import gate_activities
    from workflows.quality.branch_state import GOOD


NO_VERDICT = "This head has no verdict yet, so nothing was fixed. `/status` tells how its gate stands."


def by_itself(branch: ContinuousQualityInput, state: BranchState, outcome: GateOutcome) -> bool:
    """With `autofix: commit`, in a pull request, and never on top of the bot's own commit: that would go round."""
    asked = outcome.plan is not None and outcome.plan.autofix == "commit"
    failed = outcome.result.state == "failed" and outcome.result.head_sha != state.own_sha
    return asked and failed and bool(state.pull) and not branch.fork


async def verdict_of(request: GateInput) -> GateOutcome | None:
    """The verdict of a gate that another branch at the same head started; None when it ended without one."""
    answer: GateOutcome | None = await workflow.execute_activity(
        "await_gate",
        request,
        result_type=GateOutcome,
        start_to_close_timeout=ActivityTimeouts.check(3600),
        heartbeat_timeout=ActivityHeartbeats.AGENT,
        retry_policy=RetryPolicy(maximum_attempts=3),
    )
    return answer


async def fix(branch: ContinuousQualityInput, pull: int, outcome: GateOutcome, asked: Fix) -> str:
    """Applies tool-safe fixes, runs the affected checks on the result, and commits it if nothing got worse.

    Gives the branch's new head, "" where nothing was committed; why not is told in the pull request. (GitHub's
    event of the push comes too, later or never.)
    """
    try:
        sha, said = await _fix(branch, outcome, asked)
    except STOPPED as error:
        if was_cancelled(error):
            raise
        workflow.logger.error("fix failed", exc_info=error)
        sha, said = (
            "",
            for_a_person(error, f"The fix failed; the log of workflow {workflow.info().workflow_id} says why."),
        )
    if said:
        await say(branch, pull, outcome.result.head_sha, said)
    return sha


async def _fix(branch: ContinuousQualityInput, outcome: GateOutcome, asked: Fix) -> tuple[str, str]:
    """(the new head, "") or ("", the sentence that says why there is none)."""
    workspace, plan = outcome.workspace, outcome.plan
    if not workspace or not plan or (asked.sha and asked.sha != workspace.head_sha):
        return "", "There is a newer head; press Fix on its check run."
    if plan.autofix == "off":
        return "", "Fixes are off here (`autofix: off` in .github/autobuild.yml)."
    if branch.fork:
        return "", "The branch is in a fork, where the bot cannot write."
    fixed = await gate_activities.apply_fixes(FixInput(workspace, plan, asked.checks))
    if not fixed.commit_sha:
        return "", "No tool had a safe fix for what was found."
    affected = [one for one in plan.checks if one.applies and (not asked.checks or one.name in asked.checks)]
    if worse := await _got_worse(fixed, plan.folders, affected, outcome):
        return "", f"The fixes were not committed: {', '.join(worse)} would get worse."
    return await _commit(branch, fixed, asked.actor), ""


async def _got_worse(
    fixed: FixResult, folders: tuple[str, ...], affected: list[CheckPlan], outcome: GateOutcome
) -> list[str]:
    before = {check.name: check for check in outcome.result.checks}
    worse = []
    for plan in affected:
        after = await gate_activities.run_check(CheckInput(fixed.workspace, plan, folders))
        if _is_worse(before.get(plan.name), after):
            worse.append(plan.name)
    return worse


def _is_worse(before: QualityCheck | None, after: QualityCheck) -> bool:
    if before is None or before.status not in GOOD:
        return after.new_findings > (before.new_findings if before else 0)
    return after.status not in GOOD


async def _commit(branch: ContinuousQualityInput, fixed: FixResult, actor: str) -> str:
    asked_by = f"\n\nAsked for by {actor}." if actor else ""
    message = "Apply tool-safe fixes\n\n" + "\n".join(f"- {line}" for line in fixed.by) + asked_by
    wanted = CreateCommitInput(branch.repo, branch.branch, fixed.head_sha, message, fixed.git_dir, fixed.commit_sha)
    made: CreateCommitResult = await workflow.execute_activity(
        "create_commit",
        wanted,
        result_type=CreateCommitResult,
        task_queue=fixed.workspace.queue,
        start_to_close_timeout=ActivityTimeouts.PUSH,
        heartbeat_timeout=ActivityHeartbeats.WORKSPACE,
        retry_policy=RetryPolicies.github_api(),
    )
    return made.sha


async def say(branch: ContinuousQualityInput, pull: int, sha: str, said: str) -> None:
    """Why nothing was fixed, once for each head."""
    if pull:
        reply = ReplyInput(branch.repo, pull, f"fix-{sha}", said)
        await workflow.execute_activity(
            "reply_comment",
            reply,
            start_to_close_timeout=ActivityTimeouts.GITHUB_API,
            retry_policy=RetryPolicies.github_api(),
        )


async def accept(repo: RepoRef, outcome: GateOutcome, asked: AcceptBaseline) -> bool:
    """Remembers the head's findings of one check as known. False where there is nothing to accept."""
    check = next((one for one in outcome.result.checks if one.name == asked.check), None)
    if not check or not check.result_id or not outcome.workspace:
        return False
    await gate_activities.accept_baseline(
        outcome.workspace, AcceptBaselineInput(repo, asked.check, check.result_id, asked.actor, outcome.result.head_sha)
    )
    return True
