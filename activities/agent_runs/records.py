"""What was paid for is kept before it is used: a model's answers by their requests, and how far a run has come.

So an attempt after a crash asks for the same thing and gets the answer that is stored, and pays for nothing twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.agent_runs.meter import MeterState
from activities.result_store import ResultStore, digest


@dataclass(frozen=True)
class RecordedAnswer:
    """`body` is the backend's own form of an answer. Tokens and dollars are what it cost."""

    body: str
    input_tokens: int = 0
    output_tokens: int = 0
    dollars: float = 0.0
    priced: bool = True


@dataclass(frozen=True)
class RunCheckpoint:
    """How far a run has come: `messages` in the backend's own form, and the files that differ from the start (path →
    content in base64, None for a removed one), of which some are `executable`."""

    messages: str = ""
    files: Mapping[str, str | None] = field(default_factory=dict)
    executable: tuple[str, ...] = ()
    meter: MeterState = field(default_factory=MeterState)


class ModelRecords:
    """Of one run, by its name, in the host's result store."""

    def __init__(self, results: ResultStore, run: str) -> None:
        self._results = results
        self._run = run

    def get(self, request: str) -> RecordedAnswer | None:
        """The answer to the same request of this run, None where there was none. `request` is all that decides it."""
        return self._results.value(self._key("answer", request), RecordedAnswer)

    def put(self, request: str, answer: RecordedAnswer) -> None:
        self._results.put_value(self._key("answer", request), answer)

    def checkpoint(self) -> RunCheckpoint | None:
        """The last one of an earlier attempt."""
        return self._results.value(self._key("checkpoint"), RunCheckpoint)

    def put_checkpoint(self, checkpoint: RunCheckpoint) -> None:
        self._results.put_value(self._key("checkpoint"), checkpoint)

    def _key(self, *parts: str) -> str:
        return digest("agent run", self._run, *parts)
