"""Alerts on their way to Temporal: those that come while a signal is under way go together into the next one."""

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from temporalio.client import Client

from activities.incidents.types import ALERT_SEVERITIES, Alert, AlertBatch
from bot.webhook.dispatch import TemporalUnavailable, carry_out
from bot.webhook.routes import SignalWithStart
from workflows import ids
from workflows.monitoring.requests import MonitoringInput

MONITORING = "ContinuousMonitoringWorkflow"
MOST_ALERTS, MOST_BYTES = 200, 1_000_000
"""Of one signal. Temporal takes two megabytes."""

MOST_BATCHES = 10
"""That wait; what comes beyond them is only counted."""

PAUSE_S = 0.25
"""Between two signals: each is in the workflow's history."""

_log = logging.getLogger("autobuild.web")
_Key = tuple[str, str, str, str]


@dataclass(eq=False)
class WaitingBatch:
    """Alerts of one signal, each once. `ended` gets why Temporal did not take them, "" when it did."""

    alerts: dict[_Key, Alert] = field(default_factory=dict)
    size: int = 0
    dropped: int = 0
    ended: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def has_room(self, size: int) -> bool:
        return len(self.alerts) < MOST_ALERTS and self.size + size <= MOST_BYTES


class AlertBatches:
    """Sends alerts to the monitoring workflow, which it starts where it does not run."""

    def __init__(self, temporal: Client, task_queue: str) -> None:
        self._temporal, self._task_queue = temporal, task_queue
        self._waiting: deque[WaitingBatch] = deque()
        self._places: dict[_Key, WaitingBatch] = {}  # also of the signal that is under way
        self._sending: asyncio.Task[None] | None = None

    async def send(self, alerts: Iterable[Alert]) -> None:
        """Returns when Temporal has them. Raises TemporalUnavailable."""
        batches = {self._add(alert) for alert in sorted(alerts, key=_least_urgent)}
        if batches and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(self._send_all())
        for batch in batches:
            if why := await asyncio.shield(batch.ended):
                raise TemporalUnavailable(why)

    async def close(self) -> None:
        """What waits is not sent any more."""
        if self._sending:
            self._sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sending

    def _add(self, alert: Alert) -> WaitingBatch:
        """The same notification again, or one that there is no room for, needs no place of its own."""
        key = (alert.source, alert.group, alert.id, alert.status)
        if key in self._places:
            return self._places[key]
        size = len(json.dumps(asdict(alert)))
        if not self._waiting or not self._waiting[-1].has_room(size):
            if len(self._waiting) >= MOST_BATCHES:
                self._waiting[-1].dropped += 1
                return self._waiting[-1]
            self._waiting.append(WaitingBatch())
        batch = self._places[key] = self._waiting[-1]
        batch.alerts[key] = alert
        batch.size += size
        return batch

    async def _send_all(self) -> None:
        """Until nothing waits. Where Temporal does not answer, nobody waits any longer: the sources send again."""
        under_way: list[WaitingBatch] = []
        why = "the server ends"
        try:
            while self._waiting:
                under_way = [self._waiting.popleft()]
                await self._send(under_way[0])
                self._end(under_way, "")
                await asyncio.sleep(PAUSE_S)
        except TemporalUnavailable as error:
            why = str(error)
        finally:
            self._end([*under_way, *self._waiting], why)
            self._waiting.clear()

    async def _send(self, batch: WaitingBatch) -> None:
        message = AlertBatch(tuple(batch.alerts.values()), batch.dropped)
        signal = SignalWithStart(MONITORING, ids.monitoring(), MonitoringInput(), "alerted", message)
        await carry_out(self._temporal, signal, self._task_queue)
        _log.info("workflow=%s alerts=%d dropped=%d", ids.monitoring(), len(batch.alerts), batch.dropped)

    def _end(self, batches: Iterable[WaitingBatch], why: str) -> None:
        for batch in batches:
            for key in batch.alerts:
                self._places.pop(key, None)
            if not batch.ended.done():
                batch.ended.set_result(why)


def _least_urgent(alert: Alert) -> tuple[bool, int]:
    """For sorting: what ends an incident comes first, and then the worst."""
    return alert.status == "firing", -ALERT_SEVERITIES.index(alert.severity)
