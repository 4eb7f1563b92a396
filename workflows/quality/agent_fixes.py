"""Fixes of a gate's findings by an agent, where the repository switched one on and tools can fix no more."""

from dataclasses import dataclass, replace

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.agent_activities import AgentActivities
    from activities.agent_runs import fix_texts as texts
    from activities.agent_runs.types import (
        AgentRunResult,
        ChooseAgentInput,
        JudgeFixInput,
        PreparedFix,
        PrepareFixInput,
        RunAgentInput,
    )
    from activities.budgets.activities import BudgetActivities
    from activities.budgets.types import BudgetCaps, ReserveBudgetInput, SettleBudgetInput
    from activities.model import GatePlan
    from activities.patch_checks.types import CheckPatchInput
    from activities.quality_gate.types import Workspace
    from workflows.activity_calls import ask_for_person, on_host, run_agent
    from workflows.config import ActivityTimeouts
    from workflows.failures import for_a_person, was_cancelled
    from workflows.messages import Said

_RUNS = {
    "fix_linting_issues": AgentActivities.fix_linting_issues,
    "improve_coverage": AgentActivities.improve_coverage,
}


@dataclass(frozen=True)
class AgentFix:
    """A commit upon the workspace's head that only its host has, "" for none; then `reason` is the sentence why. `by`
    says who made it, and for how much."""

    commit_sha: str = ""
    git_dir: str = ""
    reason: str = ""
    by: str = ""


async def fix(workspace: Workspace, plan: GatePlan, checks: tuple[str, ...], asked: Said) -> AgentFix:
    """Of the head's findings that are left, as one commit that makes no check worse. What was asked for once is paid
    once; asked for again, it is another run."""
    wanted = PrepareFixInput(workspace, plan, checks)
    prepared = await on_host(AgentActivities.prepare_fix, wanted, workspace.queue, ActivityTimeouts.FIX)
    if not prepared.task_id:
        return AgentFix()
    choice = await on_host(AgentActivities.choose_agent, ChooseAgentInput(workspace, "coder"), workspace.queue)
    if choice.refusal:
        return AgentFix(reason=choice.refusal)
    reason = ""
    for model in choice.models:  # the next one where the one before it failed
        name = f"{workflow.info().workflow_id}!fix!{workspace.head_sha}!{asked.name}!{prepared.kind}!{model}"
        limits = choice.limits
        caps = BudgetCaps(choice.issue_dollars, choice.month_dollars)
        reserve = ReserveBudgetInput(
            workspace.repo, name, workspace.head.pull, limits.dollars, caps, 2 * limits.seconds + 3600
        )
        grant = await ask_for_person(BudgetActivities.reserve_budget, reserve)
        if grant.refusal:
            return AgentFix(reason=grant.refusal)
        input = RunAgentInput(
            workspace, workspace.head_sha, "coder", prepared.task_id, name, model, texts.HEADLINE,
            replace(limits, dollars=grant.dollars),
        )  # fmt: skip
        result = await _run(input, prepared)
        settle = SettleBudgetInput(workspace.repo, name, result.dollars)
        await ask_for_person(BudgetActivities.settle_budget, settle)
        if not result.commit_sha or result.ending != "done":
            reason = texts.ended(result.ending, result.explanation)
            continue
        if reason := await _refused(workspace, plan, result.commit_sha):
            continue
        return AgentFix(result.commit_sha, result.git_dir, by=texts.by(model, prepared.findings, result.dollars))
    return AgentFix(reason=reason)


async def _run(input: RunAgentInput, prepared: PreparedFix) -> AgentRunResult:
    try:
        return await run_agent(_RUNS[prepared.kind], input)
    except ActivityError as error:
        if was_cancelled(error) or not (reason := for_a_person(error, "")):
            raise
        return AgentRunResult("backend_failed", reason)


async def _refused(workspace: Workspace, plan: GatePlan, commit: str) -> str:
    """The sentence why the commit is not used, "" where it is."""
    looked = CheckPatchInput(workspace, workspace.head_sha, commit)
    verdict = await on_host(AgentActivities.check_patch, looked, workspace.queue)
    if verdict.refused:
        return texts.refused([problem.sentence for problem in verdict.refused])
    judged = JudgeFixInput(workspace, plan, commit)
    found = await on_host(AgentActivities.judge_fix, judged, workspace.queue, ActivityTimeouts.FIX)
    return texts.worse(found.worse) if found.worse else ""
