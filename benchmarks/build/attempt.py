"""One attempt at one task: rounds of an agent until the tests that it sees pass, then the hidden ones."""

import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from activities.agent_engine.engine import AgentEngine
from activities.agent_runs.backend import AgentTask
from activities.agent_runs.deployment import AgentDeployment
from activities.agent_runs.types import AgentRunResult, RunAgentInput
from activities.environments import Environments
from activities.model import Head, RepoRef
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.types import Workspace
from activities.result_store import ResultStore
from activities.sandbox import ProcessResult, ResourceLimits, Runner, SandboxCommand, SandboxSpec
from activities.toolchains import registry
from activities.tooling import OUR_TOOLS
from activities.untrusted_files import UntrustedFolder
from activities.workspace.commits import OUR_AUTHOR
from activities.workspace.git import git, git_line
from activities.workspace.mirror import Workspaces

from .tasks import BuildTask

MOST_ROUNDS = 3


@dataclass(frozen=True)
class Attempt:
    """`solved`: the hidden tests pass. `why` is the last ending, and the end of what failing tests printed."""

    task: str
    solved: bool
    rounds: int
    dollars: float
    steps: int
    seconds: float
    why: str = ""


async def attempt(task: BuildTask, deployment: AgentDeployment, model: str, runner: Runner, place: Path) -> Attempt:
    """On a repository of its own below `place`."""
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"{task.name}.", dir=place))
    host, workspace = await site(task.name, task.files, runner, folder)
    engine = AgentEngine(host, GateEngine(host, "benchmark"), deployment)
    at, text, results = workspace.head_sha, task.task, []
    for number in range(1, MOST_ROUNDS + 1):
        result = await _run(engine, workspace, at, text, model, f"{folder.name}:{number}")
        results.append(result)
        at = result.commit_sha or at
        seen = await tested(host, workspace, at, task.command, {})
        if seen.exit_code == 0 or result.ending != "done":
            break
        text = f"{task.task}\n\nThe tests fail now:\n\n{end_of(seen)}"
    hidden = await tested(host, workspace, at, task.command, task.hidden)
    return Attempt(
        task.name, hidden.exit_code == 0, len(results), sum(one.dollars for one in results),
        sum(one.steps for one in results), time.monotonic() - started,
        "" if hidden.exit_code == 0 else f"{results[-1].ending}: {results[-1].explanation} {end_of(hidden)}",
    )  # fmt: skip


async def site(name: str, files: Mapping[str, str], runner: Runner, folder: Path) -> tuple[Host, Workspace]:
    """A repository with these files below `folder`, and a host that has it."""
    root, data = folder / "repository", folder / "data"
    data.mkdir(mode=0o700)
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, "utf-8")
    await git(root, "init", "--quiet", "--initial-branch=main")
    await git(root, "add", "--all")
    await git(root, "commit", "--quiet", "-m", "start", env=OUR_AUTHOR)
    repo = RepoRef("octocat", name, path=str(root))
    workspaces = Workspaces(data, lambda repo: repo.path, _no_auth)
    host = Host(workspaces, Environments(data, runner), ResultStore(data / "results"), runner, data)
    head = Head(repo, await git_line(root, "rev-parse", "HEAD"), "main")
    return host, await GateEngine(host, "benchmark").prepare(head)


async def _no_auth(_repo: RepoRef) -> tuple[str, str]:
    return "", ""


async def _run(engine: AgentEngine, workspace: Workspace, at: str, text: str, model: str, run: str) -> AgentRunResult:
    task = engine.put_task(AgentTask("coder", text))
    limits = engine.deployment.limits("coder")
    return await engine.run(RunAgentInput(workspace, at, "coder", task, run, model, "Do the task", limits))


async def tested(host: Host, workspace: Workspace, at: str, command: str, more: Mapping[str, str]) -> ProcessResult:
    """The command on the files of a commit, with more files."""
    checkout = UntrustedFolder(await host.workspaces.checkout(workspace.repo, at))
    home = Path(tempfile.mkdtemp(prefix="tests.", dir=host.data.parent))
    (home / "out").mkdir()
    (home / "tree").mkdir()
    copy = UntrustedFolder(home / "tree")
    checkout.copy_tree(copy)
    for path, content in more.items():
        copy.write(path, content.encode())
    programs = (OUR_TOOLS, *(path for chain in registry().values() for path in chain.paths()))
    path = os.pathsep.join([*(str(one / "bin") for one in programs), "/usr/local/bin:/usr/bin:/bin"])
    spec = SandboxSpec(copy.root, home / "out", read_only=programs, keep_writes=True)
    limits = ResourceLimits(wall_s=300)
    return await host.runner.run(spec, SandboxCommand(("sh", "-c", command), env={"PATH": path}, limits=limits))


def end_of(result: ProcessResult) -> str:
    """The last of what it printed."""
    return (result.stdout + result.stderr).decode("utf-8", "replace")[-1500:]
