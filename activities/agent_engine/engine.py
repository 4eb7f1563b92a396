"""A run of an agent on one host: a private copy of a commit's files, a backend in its limits, and what it changed as a
commit that only the mirror has.

A run that is asked for again gives what it gave. Every ending keeps what was changed until then.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from activities import agents
from activities.agent_engine.choice import chosen
from activities.agent_engine.copy_commands import commands_in
from activities.agent_runs import prompts
from activities.agent_runs.backend import AgentBackend, AgentBench, AgentTask, BackendEnd, ModelUnavailable
from activities.agent_runs.deployment import NO_BACKEND, AgentDeployment, ModelSettings
from activities.agent_runs.meter import LimitReached, RunMeter
from activities.agent_runs.records import ModelRecords
from activities.agent_runs.rules import read_rules
from activities.agent_runs.tasks import put_task
from activities.agent_runs.transcript import Transcript
from activities.agent_runs.types import AgentChoice, AgentRunResult, ChooseAgentInput, RunAgentInput
from activities.agent_runs.worktree import AgentChange, take_change
from activities.errors import CommitsLost, UserError
from activities.migration_engine.node_packages import npm_package
from activities.patch_checks.checking import check_patch
from activities.patch_checks.protected_paths import DEFAULT_PROTECTED
from activities.patch_checks.types import CheckPatchInput, PatchVerdict
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host, Tree
from activities.quality_gate.trust import compared
from activities.quality_gate.types import Workspace
from activities.redaction import redact
from activities.result_store import digest
from activities.untrusted_files import UntrustedFolder, remove_tree
from activities.workspace.commits import committed_files
from activities.workspace.git import GitError
from activities.workspace.leases import leases
from activities.workspace.own_commits import commit_contents, has_commit

_BRANCH = "autobuild/agent"
_LONGEST_EXPLANATION = 300
_STOPPED = "A person stopped it."


class AgentEngine:
    """`deployment` says which models there are, `gate` how the repository's commands are run."""

    def __init__(self, host: Host, gate: GateEngine, deployment: AgentDeployment) -> None:
        self._host = host
        self._gate = gate
        self.deployment = deployment

    def put_task(self, task: AgentTask) -> str:
        """Keeps a task on this host, and gives its id."""
        return put_task(self._host.results, task)

    async def run(
        self, input: RunAgentInput, is_stopped: Callable[[], bool] = lambda: False, *, is_last_attempt: bool = True
    ) -> AgentRunResult:
        """Raises UserError where no agent is configured, CommitsLost where the commit or the task is not here, and
        ModelUnavailable where another attempt may find the model: in the last one it is an ending. Where it is
        cancelled and `is_stopped` says that a person did it, that is an ending like the others."""
        with leases():
            repo, workspaces = input.workspace.repo, self._host.workspaces
            await workspaces.fetch(repo, input.workspace.head_sha)
            if not await has_commit(workspaces, repo, input.at):
                raise CommitsLost(input.at)
            key = digest("agent run", input.run, "result")
            known = await asyncio.to_thread(self._host.results.value, key, AgentRunResult)
            if known and (not known.commit_sha or await has_commit(workspaces, repo, known.commit_sha)):
                return known
            task = await asyncio.to_thread(self._host.results.value, input.task_id, AgentTask)
            if task is None:
                raise CommitsLost(input.task_id)
            try:
                result = await self._run(input, task, is_stopped, is_last_attempt)
            except asyncio.CancelledError:
                if not is_stopped():
                    raise
                return AgentRunResult("stopped", _STOPPED)
            await asyncio.to_thread(self._host.results.put_value, key, result)
            return result

    async def choose(self, input: ChooseAgentInput) -> AgentChoice:
        """By the configuration that judges the workspace's head."""
        with leases():
            workspace = input.workspace
            await self._host.workspaces.fetch(workspace.repo, workspace.config_sha or workspace.head_sha)
            return chosen(self.deployment, input.role, (await self._gate.configuration(workspace)).agent)

    async def check_patch(self, input: CheckPatchInput) -> PatchVerdict:
        """By the rules, with the paths that the judging configuration protects beside the usual ones."""
        with leases():
            workspace, workspaces = input.workspace, self._host.workspaces
            await workspaces.fetch(workspace.repo, workspace.config_sha or workspace.head_sha)
            for commit in (input.before, input.after):
                if not await has_commit(workspaces, workspace.repo, commit):
                    raise CommitsLost(commit)
            own = (await self._gate.configuration(workspace)).agent.protected_paths
            if own and input.protected_paths is None:
                input = replace(input, protected_paths=(*DEFAULT_PROTECTED, *own))
            return await check_patch(self._host, input)

    def backend(self, name: str) -> tuple[AgentBackend, ModelSettings]:
        """The backend and the settings of one of the deployment's models. Raises UserError."""
        if not self.deployment.models:
            raise UserError(NO_BACKEND)
        model = self.deployment.models.get(name)
        if model is None:
            raise UserError(f"This deployment has no model `{name}`: it has {', '.join(self.deployment.models)}.")
        backend = agents.registry().get(model.backend.replace("-", "_"))
        if backend is None:
            raise UserError(f"The model `{name}` names the backend `{model.backend}`, which does not exist.")
        if problem := backend.problem(model):
            raise UserError(problem)
        if backend.needs_key and model.key and not self.deployment.key(name):
            raise UserError(f"The key of the model `{name}` is not set: set {model.key} for the worker.")
        return backend, model

    async def _run(
        self, input: RunAgentInput, task: AgentTask, is_stopped: Callable[[], bool], is_last_attempt: bool
    ) -> AgentRunResult:
        backend, model = self.backend(input.model)
        task = await self._with_rules(input.workspace, task)
        repo, workspaces = input.workspace.repo, self._host.workspaces
        checkout = UntrustedFolder(await workspaces.checkout(repo, input.at))
        records = ModelRecords(self._host.results, input.run)
        earlier = records.checkpoint()
        meter = RunMeter(task.role, input.limits, spent=earlier.meter if earlier else None)
        async with self._home() as home:
            copy = UntrustedFolder(home / "tree")
            await asyncio.to_thread(checkout.copy_tree, copy)
            transcript = Transcript(self.transcript(input.run))
            transcript.add("start", model=input.model, role=task.role, commit=input.at, limits=asdict(input.limits))
            async with commands_in(copy.root, partial(self._tree, input)) as commands:
                bench = AgentBench(
                    task, prompts.prompt(task.role), input.model, model, self.deployment.key(input.model),
                    copy, checkout, commands.run, meter, records, transcript,
                    partial(npm_package, self._host.runner, self._host.data),
                )  # fmt: skip
                end = await _ended(backend, bench, is_stopped, is_last_attempt)
                if commands.problem:
                    raise commands.problem
            change = AgentChange()
            if task.writes:
                committed = await committed_files(workspaces.mirror(repo), input.at)
                change = await asyncio.to_thread(take_change, checkout, copy, committed)
        message = input.message or "Change by an agent"
        made = await commit_contents(workspaces, self._host.scratch, repo, input.at, change, message)
        commit = made if made != input.at else ""
        if end.ending == "done" and task.writes and not commit:
            end = replace(end, ending="empty")
        transcript.add("end", ending=end.ending, explanation=end.explanation, commit=commit)
        explanation = redact(" ".join((end.explanation, *change.left_out[:5])).strip())[:_LONGEST_EXPLANATION]
        return AgentRunResult(
            end.ending, explanation, commit, str(workspaces.mirror(repo)),
            len(change.changed) + len(change.removed) if commit else 0,
            meter.costs, meter.steps, round(meter.seconds, 1),
            answer_id=self._put_answer(end.answer), transcript_id=digest("transcript", input.run),
        )  # fmt: skip

    async def _with_rules(self, workspace: Workspace, task: AgentTask) -> AgentTask:
        """The task with the repository's own rules for agents: of the commit whose configuration judges, and never of
        one that somebody only proposes."""
        own = workspace.config_sha == workspace.head_sha and not workspace.protected_head
        sha = workspace.config_sha if workspace.config_branch else workspace.head_sha  # a person's own folder
        if task.rules or not sha or (own and workspace.config_branch):
            return task
        with contextlib.suppress(GitError):  # it is not in the mirror
            return replace(task, rules=await read_rules(self._host.workspaces.mirror(workspace.repo), sha, task.files))
        return task

    def answer(self, answer_id: str) -> str:
        """The last text of a run, "" where it is not here."""
        facts = self._host.results.facts(answer_id) if answer_id else None
        return str((facts or {}).get("text", ""))

    def _put_answer(self, text: str) -> str:
        if not text:
            return ""
        key = digest("agent answer", text)
        self._host.results.put_facts(key, {"text": redact(text)})
        return key

    def transcript(self, run: str) -> Path:
        """The file with all that was said in a run."""
        folder = self._host.data / "transcripts"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / f"{digest('transcript', run)}.jsonl"

    async def _tree(self, input: RunAgentInput) -> Tree:
        """What the run's commands work with."""
        plan = await self._gate.plan(input.workspace)
        head = await compared(self._host.workspaces, input.workspace, "", input.at, _BRANCH)
        return self._gate.tests_tree(head, plan)

    @contextlib.asynccontextmanager
    async def _home(self) -> AsyncIterator[Path]:
        self._host.scratch.mkdir(parents=True, exist_ok=True)
        home = Path(tempfile.mkdtemp(prefix="agent.", dir=self._host.scratch))
        try:
            (home / "tree").mkdir()
            yield home
        finally:
            await asyncio.to_thread(remove_tree, home)


async def _ended(
    backend: AgentBackend, bench: AgentBench, is_stopped: Callable[[], bool], is_last_attempt: bool
) -> BackendEnd:
    try:
        async with asyncio.timeout(bench.meter.seconds_left):
            return await backend.run(bench)
    except LimitReached as reached:
        return BackendEnd(reached.ending, reached.explanation)
    except TimeoutError:
        return BackendEnd("out_of_time", bench.meter.limits.time_is_up)
    except asyncio.CancelledError:
        if not is_stopped():
            raise  # the worker ends: another attempt goes on
        return BackendEnd("stopped", _STOPPED)
    except Exception as error:
        if isinstance(error, ModelUnavailable) and not is_last_attempt:
            raise
        if isinstance(error, ModelUnavailable | UserError):
            return BackendEnd("backend_failed", str(error))
        bench.transcript.add("error", error=type(error).__name__, text=redact(str(error)))
        return BackendEnd("backend_failed", f"The agent ended with an error ({type(error).__name__}).")
