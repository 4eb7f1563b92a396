"""One repository on one host, and agents that work on it."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from activities.agent_engine.engine import AgentEngine
from activities.agent_runs.backend import AgentTask
from activities.agent_runs.deployment import AgentDeployment, AgentsFile
from activities.agent_runs.types import AgentRunResult, Role, RunAgentInput, RunLimits
from activities.environments import Environments
from activities.model import Head, RepoRef
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.types import Workspace
from activities.result_store import ResultStore
from activities.sandbox import Runner
from activities.sandbox.select import make_runner
from activities.workspace.git import git, git_line
from activities.workspace.mirror import Workspaces

OURS = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


async def _no_auth(repo: RepoRef) -> tuple[str, str]:
    return "", ""


@dataclasses.dataclass(frozen=True)
class AgentSite:
    """`sha` is the repository's only commit."""

    host: Host
    workspace: Workspace
    data: Path

    @property
    def repo(self) -> RepoRef:
        return self.workspace.repo

    @property
    def sha(self) -> str:
        return self.workspace.head_sha

    def engine(self, models: Mapping[str, Mapping[str, Any]], keys: Mapping[str, str] | None = None) -> AgentEngine:
        """With a deployment's models, as in its file."""
        file = AgentsFile.model_validate({"models": models}, strict=False)
        gate = GateEngine(self.host, "queue")
        return AgentEngine(self.host, gate, AgentDeployment(file, dict(keys or {})))

    def scripted(self, *answers: Mapping[str, Any]) -> AgentEngine:
        """With one model, `demo`, that gives these answers."""
        script = self.data.parent / "script.yml"
        script.write_text(yaml.safe_dump({"answers": list(answers)}))
        return self.engine({"demo": {"backend": "scripted", "script": str(script)}})

    def input(
        self, engine: AgentEngine, text: str = "Do it.", *, model: str = "demo", role: Role = "coder", run: str = "run-1",
        limits: RunLimits | None = None, rules: str = "",
    ) -> RunAgentInput:  # fmt: skip
        task = engine.put_task(AgentTask(role, text, rules=rules))
        return RunAgentInput(
            self.workspace, self.sha, role, task, run, model, "Do it", limits or RunLimits(seconds=300)
        )

    async def changed(self, result: AgentRunResult) -> dict[str, bytes | None]:
        """Path → its content in the result's commit, None where it was removed."""
        if not result.commit_sha:
            return {}
        mirror = self.host.workspaces.mirror(self.repo)
        names = await git(mirror, "diff", "--no-renames", "--name-only", "-z", self.sha, result.commit_sha)
        there = await git(mirror, "ls-tree", "-r", "-z", "--name-only", result.commit_sha)
        kept = set(there.split(b"\0"))
        return {
            name.decode(): await git(mirror, "cat-file", "blob", f"{result.commit_sha}:{name.decode()}")
            if name in kept else None
            for name in names.split(b"\0")[:-1]
        }  # fmt: skip


async def make_agent_site(tmp_path: Path, files: Mapping[str, str], runner: Runner | None = None) -> AgentSite:
    """A repository with one commit of these files. Without a `runner` nothing can be installed."""
    root, data = tmp_path / "repository", tmp_path / "data"
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    await git(root, "init", "--quiet", "--initial-branch=main")
    await git(root, "add", "--all")
    await git(root, "commit", "--quiet", "-m", "start", env=OURS)
    sha = await git_line(root, "rev-parse", "HEAD")
    repo = RepoRef("octocat", "sample", path=str(root))
    data.mkdir(mode=0o700)
    runner = runner or await make_runner("bubblewrap")
    workspaces = Workspaces(data, lambda repo: repo.path, _no_auth)
    host = Host(workspaces, Environments(data, runner), ResultStore(data / "results"), runner, data)
    workspace = await GateEngine(host, "queue").prepare(Head(repo, sha, "main"))
    return AgentSite(host, workspace, data)
