"""A branch whose verdict is no longer on GitHub: somebody removed its check run."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.messages import BranchState


@dataclass(frozen=True)
class SettledHead:
    """The head that a branch has come to rest on, "" while its gate runs or is about to; `attempts` are those of that
    head so far. `held`: nothing is run for it (a draft, a halt)."""

    sha: str = ""
    attempts: int = 0
    held: bool = False


class Mending:
    """A part of `ContinuousQualityWorkflow`: the query `get_settled`, and the signal `verdict_lost` that answers it."""

    _state: BranchState
    _child: object
    _wants_gate: Callable[[], bool]
    _held: Callable[[], bool]

    @workflow.query
    def get_settled(self) -> SettledHead:
        """What the branch has come to rest on."""
        state = self._state
        if self._child or self._wants_gate():
            return SettledHead()
        return SettledHead(state.wanted.sha, state.attempts.get(state.wanted.sha, 0), self._held())

    @workflow.signal
    def verdict_lost(self, settled: SettledHead) -> None:
        """GitHub shows no ended gate for what the branch said it had come to rest on: it is gated again, by what is
        known of it. Whatever has happened since then makes this void, so that two who saw it start one gate."""
        if settled.sha and not settled.held and settled == self.get_settled():
            wanted = self._state.wanted
            self._state.wanted = replace(wanted, only=(), refresh=False, round=wanted.round + 1)
