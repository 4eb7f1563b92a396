"""A repository with a history of its own, on one host, and an incident there."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from activities.incidents.store import IncidentStore
from activities.incidents.types import IncidentScope, RecentChange
from activities.model import Head
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.types import Workspace
from activities.sandbox import Runner
from activities.workspace.git import git, git_line
from tests.activities.agent_runs.harness import AgentSite, make_agent_site

START = 1_700_000_000
HOUR = 3600


@dataclass
class IncidentSite:
    """`now` is the time of the last commit (seconds since 1970)."""

    site: AgentSite
    store: IncidentStore
    now: int = START
    changes: list[RecentChange] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return Path(self.site.repo.path)

    @property
    def gate(self) -> GateEngine:
        return GateEngine(self.site.host, "queue")

    @property
    def scope(self) -> IncidentScope:
        now = float(self.now)
        return IncidentScope("incident:generic:1", "checkout", ("checkout",), now, now - HOUR, now, self.site.repo)

    async def run(self, *argv: str) -> str:
        person = {"NAME": "octocat", "EMAIL": "octocat@example.com", "DATE": f"{self.now} +0000"}
        env = {f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in person.items()}
        return await git_line(self.root, *argv, env=env)

    async def commit(self, message: str, files: Mapping[str, str | None], after: int = HOUR) -> str:
        """A commit on the branch that is checked out; None removes a file."""
        self.now += after
        for path, content in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                (self.root / path).unlink()
            else:
                (self.root / path).write_text(content)
        await git(self.root, "add", "--all")
        await self.run("commit", "--quiet", "-m", message)
        return await self.run("rev-parse", "HEAD")

    async def merge(self, branch: str, message: str) -> str:
        """A merge commit upon the branch that is checked out."""
        self.now += HOUR
        await self.run("merge", "--quiet", "--no-ff", "-m", message, branch)
        return await self.run("rev-parse", "HEAD")

    async def workspace(self) -> Workspace:
        """The head of `main`, prepared on this host."""
        sha = await self.run("rev-parse", "refs/heads/main")
        return await self.gate.prepare(Head(self.site.repo, sha, "main"))

    async def note(self, sha: str, **more: object) -> None:
        """As `fetch_changes` keeps a change."""
        made = RecentChange(sha, "commit", float(self.now), sha=sha)
        self.changes.append(replace(made, **more))  # type: ignore[arg-type]
        await asyncio.to_thread(self.store.put, self.scope.incident, "changes", tuple(self.changes))

    async def file(self, sha: str, path: str) -> str | None:
        """A file of a commit of the host's mirror."""
        return await self.site.host.workspaces.read_file(self.site.repo, sha, path)


async def make_incident_site(tmp_path: Path, files: Mapping[str, str], runner: Runner | None = None) -> IncidentSite:
    """A repository with one commit of these files, of the time `START`."""
    made = IncidentSite(await make_agent_site(tmp_path, files, runner), IncidentStore(tmp_path / "incidents"))
    await made.run("commit", "--quiet", "--amend", "--no-edit")
    made.site = replace(made.site, workspace=await made.workspace())
    return made
