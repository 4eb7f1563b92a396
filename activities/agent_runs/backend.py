"""The contract between an agent and us: what a backend gets, and what it leaves.

It gets a task, a private copy of the files at a recorded commit, without git's own folder, and limits. It leaves files
in that copy and says how it ended: the result is the difference, never the model's word. It never holds a credential
that writes, and never talks to GitHub.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from activities.agent_runs.deployment import ModelSettings
from activities.agent_runs.meter import RunMeter
from activities.agent_runs.records import ModelRecords
from activities.agent_runs.transcript import Transcript
from activities.agent_runs.types import WRITING_ROLES, AgentEnding, Role
from activities.errors import UserError
from activities.sandbox import ProcessResult, SandboxCommand
from activities.untrusted_files import UntrustedFolder


@dataclass(frozen=True)
class AgentTask:
    """What an agent is asked for, kept on the host and in no history. `text` is the task, with everything that people
    or programs wrote in it marked as data. `files` are paths of interest, `rules` the repository's own instructions for
    agents, from its default branch."""

    role: Role
    text: str
    files: tuple[str, ...] = ()
    rules: str = ""

    @property
    def writes(self) -> bool:
        """Whether it may change files."""
        return self.role in WRITING_ROLES


@dataclass(frozen=True)
class BackendEnd:
    """How a backend ended: what it says of it, in a sentence, and its last text as a whole."""

    ending: AgentEnding
    explanation: str = ""
    answer: str = ""


async def _install_nothing(package: str) -> Path:
    raise UserError(f"The package {package} cannot be installed here.")


@dataclass(frozen=True)
class AgentBench:
    """What a backend works with.

    `tree` is the private copy that it changes, to be opened in no other way; `before` the same files as they were,
    never written to. `prompt` is the role's. `model` is to be used, with its `key`, which no sandbox may see. `run`
    starts a command in the copy, in the sandbox and with the project's environment; what it writes stays. `meter` is
    asked before each call of a model, and informed after it. `records` keeps every answer before it is used. `install`
    gives the folder with the `node_modules` of an npm package (`name@1.2.3`), installed once on this host.
    """

    task: AgentTask
    prompt: str
    model_name: str
    model: ModelSettings
    key: str = field(repr=False)
    tree: UntrustedFolder
    before: UntrustedFolder
    run: Callable[[SandboxCommand], Awaitable[ProcessResult]]
    meter: RunMeter
    records: ModelRecords
    transcript: Transcript
    install: Callable[[str], Awaitable[Path]] = _install_nothing


class ModelUnavailable(Exception):
    """The model cannot answer now: overloaded, limited, away, or an answer that is none. Its text is a sentence for a
    person. Another attempt of the same run, which goes on where this one was, may find it there again, after
    `retry_after` seconds where the provider said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AgentBackend(ABC):
    """A way to run agents: a plug-in of `activities/agents/`, named by its file."""

    needs_key: bool = False
    """Whether its models have a key of their own."""

    @abstractmethod
    async def run(self, bench: AgentBench) -> BackendEnd:
        """Works on the task until it ends. May raise `LimitReached`, and `ModelUnavailable` for another attempt of the
        same run; any other error is `backend_failed`, and what it changed until then is kept."""

    def problem(self, model: ModelSettings) -> str:
        """The sentence why this model cannot be used as it is configured, "" where it can."""
        return ""
