"""The product as it is deployed, each part a process of its own, with a relay before its webhook server."""

import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.support.relay import Relay, relay
from bot.processes.local_stack import LocalStack, local_stack
from bot.settings import WEB_NEEDS, Settings

Runs = dict[str, dict[str, Any]]
_WITHIN_S = 300.0
_COUNTING = Path(__file__).parent / "starts"


@dataclass
class Deployment:
    """The running product, and what a benchmark does with it. `folder` keeps environments and downloads between
    runs; started processes are written down in `starts`."""

    stack: LocalStack
    relay: Relay
    folder: Path

    @property
    def starts(self) -> Path:
        return self.folder / "starts.txt"

    def process(self, command: str) -> psutil.Process:
        """The process of `autobuild COMMAND`."""
        return psutil.Process(self.stack.children[command].pid)

    def secret(self) -> str:
        """What deliveries are signed with."""
        return Settings.load(self.process("serve").environ(), needs=WEB_NEEDS).webhook_secret

    def sandboxes(self) -> int:
        """How many have been started so far: the worker's other processes are all git."""
        lines = self.starts.read_text("utf-8").splitlines() if self.starts.exists() else []
        return sum(not line.endswith(" git") for line in lines)

    async def repository(self, name: str, files: Mapping[str, str]) -> str:
        """A repository with these files on main; its full name."""
        await self.stack.do("add_repository", full_name=name, files=dict(files))
        return name

    async def push(self, repo: str, files: Mapping[str, str], branch: str = "change") -> str:
        """A real `git push`; the head's sha."""
        pushed = await self.stack.do("push_commit", full_name=repo, branch=branch, files=dict(files))
        return str(pushed["sha"])

    async def until(self, repo: str, sha: str, reached: Callable[[Runs], bool]) -> float:
        """Waits until a head's check runs are as `reached` wants them; when that was seen, in monotonic seconds."""
        version, deadline = 0, time.monotonic() + _WITHIN_S
        while time.monotonic() < deadline:
            found = await self.stack.get(f"/repos/{repo}/commits/{sha}/check-runs?per_page=100")
            at = time.monotonic()
            if reached({run["name"]: run for run in found["check_runs"]}):
                return at
            version = await self.stack.changed(version)
        raise TimeoutError(f"{repo} at {sha[:9]} did not get there within {_WITHIN_S:g} s")

    async def verdict(self, repo: str, sha: str) -> float:
        """When the gate's own check run had ended."""
        return await self.until(repo, sha, lambda runs: runs.get("autobuild / gate", {}).get("status") == "completed")


@contextlib.asynccontextmanager
async def deployment(folder: Path) -> AsyncIterator[Deployment]:
    """Everything for the block. `folder` keeps environments and downloads between runs."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = folder / "starts.txt"
    starts.unlink(missing_ok=True)
    path = os.pathsep.join(filter(None, (str(_COUNTING), os.environ.get("PYTHONPATH", ""))))
    environ = {**os.environ, "PYTHONPATH": path, "BENCHMARK_STARTS": str(starts), "LOG_LEVEL": "WARNING"}
    async with local_stack(folder, environ) as ready, relay(f"{ready.web}/webhook") as before:
        await ready.do("hook", url=before.url)
        yield Deployment(ready, before, folder)
