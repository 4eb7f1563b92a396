"""A folder of this machine, and a host that gates it."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from activities.model import RepoRef
from activities.workspace.git import git as run_git
from activities.workspace.git import git_environment, git_line
from activities.workspace.mirror import Workspaces
from bot.local_gate.folder import LocalHead, local_head

OURS = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


def git(folder: Path, *argv: str) -> str:
    done = subprocess.run(["git", *argv], cwd=folder, check=True, capture_output=True, env=git_environment(OURS))
    return done.stdout.decode().strip()


async def no_auth(repo: RepoRef) -> tuple[str, str]:
    return "", ""


@dataclass(frozen=True)
class Folder:
    """A folder, and a host that gates it."""

    root: Path
    workspaces: Workspaces
    person: Mapping[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> Mapping[str, str]:
        """The person's: a home of its own, and no configuration of this machine."""
        return self.person or {"HOME": str(self.root.parent), "GIT_CONFIG_NOSYSTEM": "1"}

    @property
    def mark(self) -> Path:
        """What any command that a file of the folder names would make."""
        return self.root.parent / "ran"

    def write(self, **files: str | bytes) -> None:
        self.write_all(files)

    def write_all(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self) -> str:
        if not (self.root / ".git").exists():
            git(self.root, "init", "--quiet", "--initial-branch=main")
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message=x")
        return git(self.root, "rev-parse", "HEAD")

    async def head(self, base: str = "") -> LocalHead:
        return await local_head(self.root, base, self.workspaces, self.environ)

    async def listed(self, head: LocalHead) -> dict[str, str]:
        """Path → mode."""
        out = await run_git(self.workspaces.mirror(head.repo), "ls-tree", "-r", "-z", head.head_sha)
        rows = (row.partition(b"\t") for row in out.split(b"\0")[:-1])
        return {os.fsdecode(path): facts.split(b" ")[0].decode() for facts, _, path in rows}

    async def tree(self, head: LocalHead) -> str:
        return await git_line(self.workspaces.mirror(head.repo), "rev-parse", f"{head.head_sha}^{{tree}}")

    async def base(self, head: LocalHead) -> str:
        """What a gate compares the head with."""
        return (await self.workspaces.resolve(head.repo, head.head_sha, base_sha=head.base_sha)).base_sha

    async def text(self, head: LocalHead, path: str) -> bytes:
        return await run_git(self.workspaces.mirror(head.repo), "cat-file", "blob", f"{head.head_sha}:{path}")
