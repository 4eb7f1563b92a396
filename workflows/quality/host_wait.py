"""Waiting for a host that is in trouble (a full disk, no memory): a gate says so, and goes on when that is over."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.github.check_runs import GATE
    from activities.model import Head
    from activities.quality_gate.types import GateInput, Workspace
    from activities.reporting import gate_states
    from workflows.failures import STOPPED, host_trouble, never_started, was_cancelled
    from workflows.quality import gate_activities

R = TypeVar("R")
OnHost = Callable[[Workspace, bool], Awaitable[R]]
"""An activity on the host that has the workspace; the second value says to wait for that host."""

_TO_END = timedelta(minutes=10)
"""A gate that still waits when so much of its time is left ends itself: what Temporal ends can say nothing more."""


class HostWait:
    """The waiting of one gate. `runs` gives its check runs that have not ended, once they are created; `end` is called
    with a reason when its time is nearly over, and a trouble is not."""

    def __init__(
        self, input: GateInput, runs: Callable[[], Awaitable[Mapping[str, int]]], end: Callable[[str], None]
    ) -> None:
        self._input = input
        self._runs = runs
        self._end = end
        self._troubles: dict[str, str] = {}  # what waits → what holds it up
        self._clock: asyncio.Task[None] | None = None

    async def prepare(self, head: Head) -> Workspace:
        """The workspace on whichever host takes it."""
        try:
            return await gate_activities.prepare(head, host=self._input.host)
        except STOPPED as error:
            if was_cancelled(error) or not (trouble := host_trouble(error)):
                raise
            await self._say(head.base_ref, trouble, GATE)
        workspace = await gate_activities.prepare(head, waiting=True, host=self._input.host)
        self._troubles.pop(head.base_ref, None)
        return workspace

    async def run(self, workspace: Workspace, head: Head, name: str, on_host: OnHost[R]) -> tuple[Workspace, R]:
        """The activity's result, and the workspace that it ran in: another one where the host is gone, or is in trouble
        and another takes the head. `name` is the check, or the gate."""
        key, waiting = f"{name} {head.base_ref}", False
        while True:
            try:
                result = await on_host(workspace, waiting)
            except STOPPED as error:
                trouble = host_trouble(error)
                if was_cancelled(error) or not (trouble or never_started(error)):
                    raise
                if trouble:
                    await self._say(key, trouble, name, GATE)
                queue, workspace = workspace.queue, await self.prepare(head)
                waiting = bool(trouble) and workspace.queue == queue
            else:
                self._troubles.pop(key, None)
                return workspace, result

    def stop(self) -> None:
        """The gate has ended."""
        if self._clock:
            self._clock.cancel()

    async def _say(self, key: str, trouble: str, *names: str) -> None:
        """In these check runs, once for each trouble that somebody waits for."""
        known = trouble in self._troubles.values()
        self._troubles[key] = trouble
        workflow.logger.warning(f"host_trouble={trouble!r} head={self._input.head.sha}")
        if self._clock is None or self._clock.done():
            self._clock = asyncio.create_task(self._end_in_time())
        runs, sentence = await self._runs(), gate_states.waiting_for_host(trouble)
        for name in dict.fromkeys(names):
            if not (known and name == GATE):
                await gate_activities.show_running(self._input, runs.get(name, 0), sentence)

    async def _end_in_time(self) -> None:
        info = workflow.info()
        if info.execution_timeout:
            ends = info.workflow_start_time + info.execution_timeout - min(_TO_END, info.execution_timeout / 2)
            await asyncio.sleep(max(ends - workflow.now(), timedelta()).total_seconds())
            for trouble in self._troubles.values():
                return self._end(gate_states.host_time_over(trouble))
