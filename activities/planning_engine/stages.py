"""Design and plan: an agent that can only read answers in JSON, and what it says is kept on this host."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Callable, Sequence

from activities.agent_engine.engine import AgentEngine
from activities.agent_runs.backend import AgentTask
from activities.agent_runs.types import AgentRunResult, Role, RunAgentInput
from activities.agent_runs.untrusted_text import wrapped
from activities.errors import CommitsLost
from activities.globs import path_matches
from activities.patch_checks.protected_paths import DEFAULT_PROTECTED
from activities.planned_changes.stages import AgentStage, DesignResult, PlanResult
from activities.planned_changes.types import ChangePlan, Design, Issue, Risk
from activities.planning_engine.answers import AnswerProblem, DesignAnswer, TaskAnswer, overlaps, read_design, read_plan
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.types import Workspace
from activities.redaction import redact
from activities.reporting.markdown import one_line
from activities.result_store import ResultStore, digest
from activities.workspace.git import GitError, git
from activities.workspace.leases import leases

_SHARE: dict[Risk, float] = {"low": 0.25, "medium": 0.5, "high": 1.0}
"""How much of a run's limit a task is expected to cost, as long as no run of it is known."""
_MOST_PATHS = 3000
_DESIGN = "Design a change of this repository that does what the following issue asks for."
_PLAN = "Split the change that the following issue asks for, by the design below, into tasks."
_TASK = (
    "Do one task of a planned change. Other tasks of the plan are done by others at the same time, each in a copy of "
    "its own: do this one alone, and change no files but those that it names, unless it cannot be done otherwise."
)
_FAULT = "The issue is about a fault: the task whose files hold its tests adds one that fails because of it."


class PlanningEngine:
    """`agents` runs the agents, `gate` reads the configuration."""

    def __init__(self, host: Host, gate: GateEngine, agents: AgentEngine) -> None:
        self._host = host
        self._gate = gate
        self._agents = agents

    async def design(self, input: AgentStage, is_stopped: Callable[[], bool], *, is_last_attempt: bool) -> DesignResult:
        """An architect's answer. Raises what `AgentEngine.run` raises."""
        parts = [_DESIGN, text_of(self._host.results, input.issue_text_id)]
        run = await self._run(input, "architect", parts, is_stopped, is_last_attempt=is_last_attempt)
        try:
            answer = read_design(self._agents.answer(run.answer_id))
        except AnswerProblem as problem:
            return DesignResult(run, problem=str(problem))
        text = _design_text(answer)
        summary = one_line(redact(answer.summary), 300)
        design_id = put_text(self._host.results, "design", text)
        return DesignResult(run, Design(answer.kind, summary, design_id, len(answer.questions), answer.nothing))

    async def plan(self, input: AgentStage, is_stopped: Callable[[], bool], *, is_last_attempt: bool) -> PlanResult:
        """A planner's answer as tasks for coders. Raises what `AgentEngine.run` raises."""
        results = self._host.results
        issue, design = text_of(results, input.issue_text_id), text_of(results, input.design_id)
        parts = [_PLAN, issue, wrapped("design", "the architect", design)]
        if input.kind == "fault":
            parts.append(_FAULT)
        for other in input.others:
            paths = wrapped("paths", other.repo.full_name, await self._paths(other))
            parts.append(
                f"Tasks may also be in {other.repo.full_name} (`repository`), which has these files:\n\n{paths}"
            )
        run = await self._run(input, "planner", parts, is_stopped, is_last_attempt=is_last_attempt)
        try:
            names = [other.repo.full_name for other in input.others]
            answers = read_plan(self._agents.answer(run.answer_id), names)
        except AnswerProblem as problem:
            return PlanResult(run, problem=str(problem))
        found = [await self._protected(each, answers) for each in (input.workspace, *input.others)]
        protected = tuple(dict.fromkeys(path for paths in found for path in paths))
        return PlanResult(run, self._plan(input, answers, issue, design, protected))

    async def _run(
        self, input: AgentStage, role: Role, parts: list[str], is_stopped: Callable[[], bool], *, is_last_attempt: bool
    ) -> AgentRunResult:
        if input.problem:
            parts = [*parts, f"Your last answer could not be used. {input.problem} Answer again."]
        task = await asyncio.to_thread(self._agents.put_task, AgentTask(role, "\n\n".join(parts) + "\n"))
        run = RunAgentInput(
            input.workspace, input.workspace.head_sha, role, task, input.run, input.model, "", input.limits
        )
        return await self._agents.run(run, is_stopped, is_last_attempt=is_last_attempt)

    def _plan(
        self, input: AgentStage, answers: Sequence[TaskAnswer], issue: str, design: str, protected: tuple[str, ...]
    ) -> ChangePlan:
        """With an `AgentTask` for each coder."""
        limit = self._agents.deployment.limits("coder").dollars
        ids = {one.title.casefold(): f"task-{at}" for at, one in enumerate(answers, 1)}
        tasks = []
        for one in answers:
            shown = one.tests or "its tests"
            instruction = f"{one.task}\n\nFiles: {', '.join(one.files)}\nHow to see that it works: {shown}"
            fault = (_FAULT,) if input.kind == "fault" else ()
            parts = (
                _TASK,
                *fault,
                issue,
                wrapped("design", "the architect", design),
                wrapped("task", "the planner", instruction),
            )
            text = "\n\n".join(parts) + "\n"
            task_id = self._agents.put_task(AgentTask("coder", text, one.files))
            put_text(self._host.results, "task", redact(instruction), key=task_id)
            needs = tuple(ids[need.casefold()] for need in one.needs)
            tasks.append(
                Issue(
                    ids[one.title.casefold()], one_line(redact(one.title), 100), task_id, one.files, needs,
                    one_line(redact(one.tests), 200), one.risk, round(limit * _SHARE[one.risk], 2), one.repository,
                )
            )  # fmt: skip
        facts = json.dumps([one.model_dump() for one in answers], sort_keys=True)
        base = input.workspace.head_sha
        facts += " ".join(f"{other.repo.full_name}@{other.head_sha}" for other in input.others)
        name = hashlib.sha256(f"{facts}\0{design}\0{base}".encode()).hexdigest()
        return ChangePlan(tuple(tasks), name, base, round(sum(one.dollars for one in tasks), 2), protected)

    async def _protected(self, workspace: Workspace, answers: Sequence[TaskAnswer]) -> tuple[str, ...]:
        """Paths of the plan that no agent changes unasked."""
        with leases():
            await self._host.workspaces.fetch(workspace.repo, workspace.config_sha or workspace.head_sha)
            own = (await self._gate.configuration(workspace)).agent.protected_paths
        patterns = [pattern.casefold() for pattern in (*DEFAULT_PROTECTED, *own)]
        paths = dict.fromkeys(path for one in answers for path in one.files)
        return tuple(path for path in paths if path_matches(patterns, path.casefold()))

    async def touched(self, workspace: Workspace, plan: ChangePlan, tip: str) -> bool:
        """Whether the commits from the plan's base to `tip` change one of the plan's files."""
        repo, workspaces = workspace.repo, self._host.workspaces
        with leases():
            try:
                await workspaces.fetch(repo, plan.base_sha, tip)
                changed = await workspaces.changed_paths(repo, plan.base_sha, tip)
            except GitError as error:
                raise CommitsLost(tip) from error
        return any(overlaps(path, own) for path in changed for own in plan.files)

    async def _paths(self, workspace: Workspace) -> str:
        """Of the commit, for a planner that cannot look into it."""
        with leases(), contextlib.suppress(GitError):
            await self._host.workspaces.fetch(workspace.repo, workspace.head_sha)
            mirror = self._host.workspaces.mirror(workspace.repo)
            names = await git(mirror, "ls-tree", "-r", "--name-only", "--full-tree", workspace.head_sha)
            return "\n".join(names.decode("utf-8", "replace").splitlines()[:_MOST_PATHS])
        return ""


def put_text(results: ResultStore, kind: str, text: str, key: str = "") -> str:
    """Keeps a text that a model wrote; the id by which `text_of` gives it."""
    key = digest(f"planned {kind}", key or text)
    results.put_facts(key, {"text": redact(text)})
    return key


def task_text(results: ResultStore, task: Issue) -> str:
    """What a planner wrote for a task, "" where this host does not have it."""
    with contextlib.suppress(CommitsLost):
        return text_of(results, digest("planned task", task.task_id))
    return ""


def text_of(results: ResultStore, key: str) -> str:
    """Raises CommitsLost where this host does not have it."""
    facts = results.facts(key) if key else None
    if facts is None:
        raise CommitsLost(key)
    return str(facts.get("text", ""))


def _design_text(answer: DesignAnswer) -> str:
    questions = "\n".join(f"- {one_line(each, 300)}" for each in answer.questions)
    parts = (answer.summary, answer.design, f"### Open questions\n\n{questions}" if questions else "")
    return "\n\n".join(part for part in parts if part)
