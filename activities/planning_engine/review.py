"""A reviewer's look at a change, with what the gate says of it: its findings, and the coder's task to repair them."""

import asyncio
from collections.abc import Callable, Sequence

from activities.agent_engine.engine import AgentEngine
from activities.agent_runs.backend import AgentTask
from activities.agent_runs.types import RunAgentInput
from activities.agent_runs.untrusted_text import wrapped
from activities.errors import CommitsLost
from activities.planned_changes.stages import ReviewInput, ReviewResult
from activities.planned_changes.types import QAResult
from activities.planning_engine.answers import AnswerProblem, ReviewFinding, read_review
from activities.planning_engine.stages import text_of
from activities.quality_gate.measurement import Host
from activities.redaction import redact
from activities.reporting.markdown import one_line
from activities.result_store import ResultStore
from activities.workspace.git import GitError, git_limited
from activities.workspace.leases import leases

_LARGEST_DIFF = 200_000
_MOST_SHOWN = 10
_MOST_ROWS = 60
_REVIEW = "Review the following change, which is to do what this issue asks for. The files are as they are with it."
_REPAIR = (
    "The files have a change that does what the issue below asks for, but it is not right yet. Repair what the gate "
    "and the review say, and keep what the issue asks for. Where a finding is wrong, leave the code and say so."
)


class ChangeReviewer:
    """`agents` runs the reviewer."""

    def __init__(self, host: Host, agents: AgentEngine) -> None:
        self._host = host
        self._agents = agents

    async def review(
        self, input: ReviewInput, is_stopped: Callable[[], bool], *, is_last_attempt: bool
    ) -> ReviewResult:
        """Raises what `AgentEngine.run` raises."""
        results = self._host.results
        issue = await asyncio.to_thread(text_of, results, input.issue_text_id)
        parts = [_REVIEW, issue, wrapped("diff", "git", await self._diff(input))]
        gate = await asyncio.to_thread(gate_text, results, input.qa, input.result_ids)
        if gate:
            parts.append(f"The gate says:\n\n{wrapped('output', 'the gate', gate)}")
        if input.problem:
            parts.append(f"Your last answer could not be used. {input.problem} Answer again.")
        task = self._agents.put_task(AgentTask("reviewer", "\n\n".join(parts) + "\n"))
        asked = RunAgentInput(input.workspace, input.after, "reviewer", task, input.run, input.model, "", input.limits)
        run = await self._agents.run(asked, is_stopped, is_last_attempt=is_last_attempt)
        try:
            found = read_review(self._agents.answer(run.answer_id))
        except AnswerProblem as problem:
            fix = self._fix_task(issue, gate, ()) if gate else ""
            return ReviewResult(run, fix_task_id=fix, problem=str(problem))
        must = [one for one in found if one.severity == "must"]
        fix = self._fix_task(issue, gate, must) if gate or must else ""
        shown = tuple(_line(one) for one in found[:_MOST_SHOWN])
        return ReviewResult(run, shown, len(must), fix)

    async def repair_task(self, issue_text_id: str, qa: QAResult, result_ids: Sequence[str]) -> str:
        """The task without a review, where no reviewer can be asked."""
        results = self._host.results
        issue = await asyncio.to_thread(text_of, results, issue_text_id)
        return self._fix_task(issue, await asyncio.to_thread(gate_text, results, qa, result_ids), ())

    def _fix_task(self, issue: str, gate: str, findings: Sequence[ReviewFinding]) -> str:
        parts = [_REPAIR, issue]
        if gate:
            parts.append(wrapped("output", "the gate", gate))
        if findings:
            parts.append(wrapped("review", "the reviewer", "\n".join(map(_line, findings))))
        files = tuple(dict.fromkeys(one.path for one in findings))
        return self._agents.put_task(AgentTask("coder", "\n\n".join(parts) + "\n", files))

    async def _diff(self, input: ReviewInput) -> str:
        repo = input.workspace.repo
        with leases():
            try:
                await self._host.workspaces.fetch(repo, input.workspace.head_sha)
                found = await git_limited(
                    _LARGEST_DIFF, self._host.workspaces.mirror(repo), "diff", "--no-color", "--no-ext-diff",
                    "--no-textconv", input.before, input.after,
                )  # fmt: skip
            except GitError as error:
                raise CommitsLost(input.after) from error
        return (found or b"The change is too large to be shown here: read the files.").decode("utf-8", "replace")


def gate_text(results: ResultStore, qa: QAResult, result_ids: Sequence[str]) -> str:
    """What fails, and at which places; "" where nothing does."""
    lines = [f"{row.name}: {row.reason}" for row in qa.checks if row.required and row.status in ("failed", "timed_out")]
    for result_id in result_ids:
        result = results.get(result_id)
        new = [each for each in (result.findings if result else ()) if each.new and not each.informational]
        lines += [f"{each.path}:{each.line}: {each.rule}: {each.message}" for each in new[:_MOST_ROWS]]
    return "\n".join(lines)


def _line(finding: ReviewFinding) -> str:
    return one_line(redact(f"{finding.path}:{finding.line}: {finding.severity}: {finding.text}"), 300)
