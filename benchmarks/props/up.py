"""The product as it is deployed, each part a process of its own, with a relay before its door."""

import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.props.relay import Relay, relay
from bot.processes.local_stack import LocalStack, local_stack
from bot.settings import WEB_NEEDS, Settings

Runs = dict[str, dict[str, Any]]
_WITHIN_S = 300.0
_COUNTING = Path(__file__).parent / "starts"


@dataclass
class Up:
    """What is up, and what a benchmark does with it. `starts` is where started processes are written down."""

    stack: LocalStack
    relay: Relay
    starts: Path

    def process(self, command: str) -> psutil.Process:
        """The newest process of `autobuild COMMAND`."""
        found = [one for one in psutil.Process().children() if _arguments(one) == ["-m", "bot", command]]
        return max(found, key=lambda one: one.create_time())

    def secret(self) -> str:
        """What deliveries are signed with."""
        return Settings.load(self.process("serve").environ(), needs=WEB_NEEDS).webhook_secret

    def sandboxes(self) -> int:
        """How many have been started so far: the worker's other processes are all git."""
        lines = self.starts.read_text("utf-8").splitlines() if self.starts.exists() else []
        return sum(not line.endswith(" git") for line in lines)

    async def repository(self, name: str, files: Mapping[str, str]) -> str:
        """A repository with these files on main. The push that made it is gated, too: its verdict is waited for."""
        await self.stack.do("add_repository", full_name=name, files=dict(files))
        return name

    async def push(self, repo: str, files: Mapping[str, str], branch: str = "change") -> str:
        """A real `git push`; the head's sha."""
        pushed = await self.stack.do("push_commit", full_name=repo, branch=branch, files=dict(files))
        return str(pushed["sha"])

    async def until(self, repo: str, sha: str, true: Callable[[Runs], bool]) -> float:
        """Waits until a head's check runs are so; when they were seen so, in monotonic seconds."""
        version, deadline = 0, time.monotonic() + _WITHIN_S
        while time.monotonic() < deadline:
            found = await self.stack.get(f"/repos/{repo}/commits/{sha}/check-runs?per_page=100")
            at = time.monotonic()
            if true({run["name"]: run for run in found["check_runs"]}):
                return at
            version = await self.stack.changed(version)
        raise TimeoutError(f"{repo} at {sha[:9]} has not come so far within {_WITHIN_S:g} s")

    async def verdict(self, repo: str, sha: str) -> float:
        """When the gate's own check run had ended."""
        return await self.until(repo, sha, gate_ended)


def _arguments(process: psutil.Process) -> list[str]:
    """Without the program; none of one that has just ended."""
    try:
        return process.cmdline()[1:]
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def gate_ended(runs: Runs) -> bool:
    """The gate has said its last word."""
    return runs.get("autobuild / gate", {}).get("status") == "completed"


@contextlib.asynccontextmanager
async def up(data: Path) -> AsyncIterator[Up]:
    """Everything for the block. `data` keeps environments and downloads between runs."""
    starts = data / "starts.txt"
    starts.unlink(missing_ok=True)
    path = os.pathsep.join(filter(None, (str(_COUNTING), os.environ.get("PYTHONPATH", ""))))
    environ = {**os.environ, "PYTHONPATH": path, "BENCHMARK_STARTS": str(starts), "LOG_LEVEL": "WARNING"}
    async with local_stack(data, environ) as ready, relay(f"{ready.web}/webhook") as before:
        await ready.do("hook", url=before.url)
        yield Up(ready, before, starts)
