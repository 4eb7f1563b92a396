"""What people ask of a branch, each a signal. A request adds to those before it that are not done yet."""

from abc import abstractmethod

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.messages import AcceptBaseline, BranchState, Fix, Override, Rerun, Stop
    from workflows.quality import branch_state


class Requested:
    """A part of `ContinuousQualityWorkflow`: the signals `rerun`, `trust`, `halt`, `override`, `fix` and
    `accept_baseline`."""

    _state: BranchState
    _asked: list[Fix | AcceptBaseline]
    _why: str

    @workflow.signal
    async def rerun(self, event: Rerun) -> None:
        """Runs the head again. A button on an older head does nothing: its verdict no longer matters."""
        state = self._state
        if not event.sha or event.sha == state.wanted.sha:
            checks = branch_state.failed(state) if event.checks == ("failed",) else event.checks
            state.halted = False
            state.wanted = branch_state.once_more(state, checks, refresh=True)
            await self._make_way()

    @workflow.signal
    def trust(self, sha: str) -> None:
        """A maintainer read this head of a fork; the trust is bound to it and ends with the next push."""
        state = self._state
        if sha == state.wanted.sha and (sha != state.trusted_sha or state.halted):
            state.trusted_sha = sha
            self._go_on()
            state.wanted = branch_state.once_more(state, ())

    @workflow.signal
    async def halt(self, event: Stop) -> None:
        """Ends what runs for this head, and starts nothing by itself before the next head or request."""
        if event.sha in ("", self._state.wanted.sha) and (getattr(self, "_child", None) or self._wants_gate()):
            self._state.halted, self._why = True, f"Stopped by @{event.actor}."
            await self._make_way()

    @workflow.signal
    async def override(self, event: Override) -> None:
        """The head is judged again, without that check."""
        state = self._state
        if event.sha == state.wanted.sha:
            state.overrides[event.check] = f"Overridden by @{event.actor} for this commit: {event.reason}"
            workflow.logger.info("override check=%s sha=%s actor=%s", event.check, event.sha, event.actor)
            self._go_on()
            state.wanted = branch_state.once_more(state, (event.check,))
            await self._make_way()

    @workflow.signal
    def fix(self, event: Fix) -> None:
        self._asked.append(event)

    @workflow.signal
    def accept_baseline(self, event: AcceptBaseline) -> None:
        self._asked.append(event)

    def _go_on(self) -> None:
        """Whoever wants another verdict wants no halt any more."""
        if self._state.halted and workflow.patched("requests-end-a-halt"):
            self._state.halted = False

    @abstractmethod
    def _wants_gate(self) -> bool: ...

    @abstractmethod
    async def _make_way(self) -> None: ...
