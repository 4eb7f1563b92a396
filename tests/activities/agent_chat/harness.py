"""A bench of the `chat` backend over two folders and the scripted model server, without an engine around it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activities.agent_runs.backend import AgentBench, AgentTask, BackendEnd
from activities.agent_runs.deployment import ModelSettings
from activities.agent_runs.meter import LimitReached, RunMeter
from activities.agent_runs.prompts import prompt
from activities.agent_runs.records import ModelRecords
from activities.agent_runs.transcript import Transcript
from activities.agent_runs.types import Role, RunLimits
from activities.agents.chat import ChatBackend
from activities.result_store import ResultStore
from activities.sandbox import ProcessResult, SandboxCommand
from activities.untrusted_files import UntrustedFolder
from tests.model_server import ScriptedModelServer

Json = dict[str, Any]
PRICE = {"input": 10, "output": 100}


@dataclass
class ChatSite:
    """Each `attempt` begins with a new copy of the files, as the engine does."""

    folder: Path
    server: ScriptedModelServer
    attempts: int = 0

    def __post_init__(self) -> None:
        self.before = UntrustedFolder(self.folder / "before")
        self.before.root.mkdir()

    def settings(self, **more: Any) -> ModelSettings:
        plain = {"model": "m", "url": f"{self.server.url}/v1", "price": PRICE, "key": "MODEL_KEY", **more}
        return ModelSettings.model_validate(plain, strict=False)

    def bench(self, role: Role = "coder", limits: RunLimits | None = None, **more: Any) -> AgentBench:
        """Of the next attempt of the same run."""
        self.attempts += 1
        self.tree = UntrustedFolder(self.folder / f"tree-{self.attempts}")
        self.tree.root.mkdir()
        self.before.copy_tree(self.tree)
        records = ModelRecords(ResultStore(self.folder / "data" / "results"), "run")
        earlier = records.checkpoint()
        self.meter = RunMeter(role, limits or RunLimits(), spent=earlier.meter if earlier else None)
        transcript = Transcript(self.folder / "transcript.jsonl")
        task = AgentTask(role, "Make add right.", ("app.py",), "Use tabs.")
        return AgentBench(
            task, prompt(role), "demo", self.settings(**more), "key", self.tree, self.before, self._run, self.meter,
            records, transcript,
        )  # fmt: skip

    async def end(self, role: Role = "coder", limits: RunLimits | None = None, **more: Any) -> BackendEnd:
        """Of one attempt: a limit as an ending, as the engine makes it one."""
        try:
            return await ChatBackend().run(self.bench(role, limits, **more))
        except LimitReached as reached:
            return BackendEnd(reached.ending, reached.explanation)

    def begin(self, *replies: Mapping[str, Any]) -> None:
        self.server.begin(*map(dict, replies))

    def results(self) -> list[str]:
        """What the tools gave, as the last request has it."""
        messages = self.server.requests[-1]["body"]["messages"]
        return [message["content"] for message in messages if message["role"] == "tool"]

    async def _run(self, command: SandboxCommand) -> ProcessResult:
        """Without a sandbox: these commands are the tests' own."""
        process = await asyncio.create_subprocess_exec(
            *command.argv, cwd=self.tree.root / command.cwd, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        return ProcessResult(process.returncode or 0, out, err, 0.1)


def call(name: str, **arguments: Any) -> Json:
    """A reply that calls one tool."""
    return {"tools": [{"name": name, "input": arguments}], "usage": {"input": 1000, "output": 100}}


def says(text: str, **more: Any) -> Json:
    """A reply of text alone."""
    return {"text": text, "usage": {"input": 1000, "output": 100}, **more}
