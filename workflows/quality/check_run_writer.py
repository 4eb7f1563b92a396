"""A gate's check runs on GitHub: all created at once, and ended together where they end in one moment."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github.check_runs import (
        GATE,
        CreateCheckRunsInput,
        CreateCheckRunsResult,
        EndCheckRunsInput,
        UpdateCheckRunsInput,
    )
    from activities.github_activities import CheckRunActivities
    from activities.model import QualityCheck, QualityGateResult
    from activities.quality_gate.types import GateInput
    from activities.reporting import gate_states
    from workflows.activity_calls import until_done, write, write_from
    from workflows.config import ActivityTimeouts
    from workflows.failures import for_a_person, trace_of, was_cancelled

# What ends within the first is written by one request, and each pause is twice as long as the one before: a gate that
# runs for minutes is looked at less closely. The verdict waits for none.
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=8)


class CheckRunWriter:
    """Writes one gate's check runs. Nothing is written of a folder's gate."""

    def __init__(self, input: GateInput) -> None:
        self._input = input
        self._created = CreateCheckRunsResult({})
        self._open: set[str] = set()  # runs that have not ended on GitHub
        self._ended: dict[str, tuple[QualityCheck, str]] = {}  # what is to be written, from which host
        self._finishing = False
        self._shown = False  # that the gate runs
        self._creating: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None

    @property
    def ids(self) -> Mapping[str, int]:
        """Name → id of its run."""
        return self._created.ids

    @property
    def others(self) -> tuple[str, ...]:
        """Workflows of other branches that have check runs on this head."""
        return self._created.others

    def create(self) -> asyncio.Future[None]:
        """All as queued, or those that are run again. Shielded: a request that is on its way to GitHub cannot be called
        back, so its answer is awaited, to be ended."""
        self._creating = self._creating or asyncio.create_task(self._create())
        return asyncio.shield(self._creating)

    async def still_open(self) -> Mapping[str, int]:
        """Those that have not ended, once they are created."""
        if self._creating:
            await workflow.wait([self._creating])
        return {name: run_id for name, run_id in self.ids.items() if name in self._open}

    def write_ends(self) -> None:
        """From now on what has ended is written."""
        if self._input.publish:
            self._writing = asyncio.create_task(self._keep_writing())

    def ended(self, check: QualityCheck, queue: str) -> None:
        """A check has its verdict; `queue` is of the host that has its findings."""
        if check.name in self._open:
            self._ended[check.name] = (check, queue)

    async def finish(self, result: QualityGateResult, newer_sha: str = "") -> None:
        """Ends whatever is still open on GitHub: the other checks first, the gate's own run last."""
        self._finishing = True
        if tasks := [task for task in (self._creating, self._writing) if task]:
            await workflow.wait(tasks)
        while self._open:
            checks, queue = self._next()
            last = len(checks) == len(self._ended)
            await self._update(checks, queue, result if last else None, newer_sha)
            if last:
                self._open.clear()
        if self._creating and self._input.publish and not self.ids:  # runs may have been created whose ids were lost
            head, owner = self._input.head, self._input.owner_key
            ended = EndCheckRunsInput(head, {}, result.state, result.reason, newer_sha, owner)
            await write(CheckRunActivities.end_check_runs, ended)

    async def _create(self) -> None:
        input = self._input
        if input.publish:
            self._created = await workflow.execute_activity_method(
                CheckRunActivities.create_check_runs,
                CreateCheckRunsInput(
                    input.head, (*input.only, GATE) if input.only else (), input.attempt, input.owner_key
                ),
                start_to_close_timeout=ActivityTimeouts.GITHUB_API,
                retry_policy=until_done(),
            )
            self._open = set(self.ids)

    async def _keep_writing(self) -> None:
        pause = _FIRST_PAUSE
        while not self._finishing:
            with contextlib.suppress(asyncio.TimeoutError):
                await workflow.wait_condition(lambda: self._finishing, timeout=pause)
            if not self._finishing:
                await self._update(*self._next())
            pause = min(2 * pause, _LONGEST_PAUSE)
            await workflow.wait_condition(lambda: self._finishing or bool(self._ended))

    def _next(self) -> tuple[list[QualityCheck], str]:
        """What is to be written from one host; nothing, from any, where nothing has ended."""
        queue = next((queue for _, queue in self._ended.values()), "")
        return [check for check, host in self._ended.values() if host == queue], queue

    async def _update(
        self, checks: list[QualityCheck], queue: str, result: QualityGateResult | None = None, newer_sha: str = ""
    ) -> None:
        names = self._open if result else {check.name for check in checks} | ({GATE} & self._open)
        input = UpdateCheckRunsInput(
            self._input.head,
            {name: run_id for name, run_id in self.ids.items() if name in names},
            {name: node_id for name, node_id in self._created.node_ids.items() if name in names},
            tuple(checks),
            self._input.attempt,
            self._input.owner_key,
            show_running=not (result or self._shown),
            result=result,
            all_ids=self.ids if result else {},
            newer_sha=newer_sha,
        )
        self._shown = True
        for check in checks:
            self._ended.pop(check.name)
        refused = await _write(input, queue)
        self._open -= {check.name for check in checks} - set(refused)


async def _write(input: UpdateCheckRunsInput, queue: str) -> tuple[str, ...]:
    """The checks whose verdict GitHub does not take: the others go on, and those end with the gate. Written from the
    host that has the findings; without them where that is gone."""
    try:
        written = await write_from(queue, CheckRunActivities.update_check_runs, input, until_done())
        refused = written.refused
    except ActivityError as error:
        reason = for_a_person(error, "")
        if was_cancelled(error) or (input.result and not reason):
            raise
        refused = tuple(check.name for check in input.checks)
        workflow.logger.warning(f"head={input.head.sha} write=refused why={reason or repr(error.cause)}")
    if refused:
        workflow.logger.warning(f"head={input.head.sha} checks={','.join(refused)} write=refused")
    return refused


async def complete_lost(input: GateInput) -> None:
    """The gate's workflow ended without a verdict (somebody terminated it, GitHub refused its verdict): its check runs
    end here, if GitHub takes that."""
    if input.publish:
        result = QualityGateResult(input.head.sha, "", "error", False, 0.0, reason=gate_states.RUN_LOST)
        try:
            runs = CheckRunWriter(input)
            await runs.create()
            await runs.finish(result)
        except ActivityError as error:
            if was_cancelled(error):
                raise
            workflow.logger.error("write=refused", exc_info=trace_of(error))
