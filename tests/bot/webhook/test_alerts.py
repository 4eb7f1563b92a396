"""`POST /alerts/{source}`: who may send, what is refused, and that 202 means that Temporal has the alert."""

import asyncio
import base64
import contextlib
import io
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from activities.incidents.deployment import AlertSourceSettings, IncidentDeployment, IncidentsFile
from activities.incidents.types import Alert, AlertBatch
from bot.alerts import registry
from bot.client import connect
from bot.settings import Settings
from bot.webhook.alert_batches import MOST_ALERTS, MOST_BATCHES, PAUSE_S, AlertBatches
from bot.webhook.alerts import AlertReceiver
from bot.webhook.connections import listening
from bot.webhook.server import WebhookReceiver, app_of
from tests.bot.alerts import bodies
from workflows import ids

SIGNED: Mapping[str, tuple[Callable[[], Any], Callable[[bytes], Mapping[str, str]]]] = {
    "alertmanager": (bodies.alertmanager, bodies.bearer),
    "datadog": (bodies.datadog, bodies.bearer),
    "generic": (bodies.generic, bodies.bearer),
    "grafana": (bodies.grafana, bodies.grafana_signed),
    "pagerduty": (bodies.pagerduty, bodies.pagerduty_signed),
    "sentry": (bodies.sentry_event, bodies.sentry_signed),
}


@dataclass(frozen=True)
class AlertServer:
    """The webhook server with a secret for every source, and its Temporal."""

    client: aiohttp.ClientSession
    temporal: Client

    async def post(self, source: str, body: Any, headers: Mapping[str, str]) -> tuple[int, str]:
        data = body if isinstance(body, bytes) else bodies.encode(body)
        async with self.client.post(f"/alerts/{source}", data=io.BytesIO(data), headers=headers) as answer:
            return answer.status, await answer.text()

    async def batches(self) -> list[AlertBatch]:
        """What the running monitoring workflow was sent."""
        handle = self.temporal.get_workflow_handle(ids.monitoring())
        try:
            if (await handle.describe()).status is not WorkflowExecutionStatus.RUNNING:
                return []
        except RPCError:
            return []
        history = await handle.fetch_history()
        signals = [one.workflow_execution_signaled_event_attributes for one in history.events]
        found = []
        for signal in signals:
            if signal.signal_name:
                assert signal.signal_name == "alerted"
                found += await self.temporal.data_converter.decode(signal.input.payloads, [AlertBatch])
        return found


@contextlib.asynccontextmanager
async def serving(temporal: Client, without: str = "") -> AsyncIterator[AlertServer]:
    """`without` has no secret."""
    file = IncidentsFile(alerts={name: AlertSourceSettings(secret="ALERT_SECRET") for name in registry()})
    if without:
        file.alerts[without] = AlertSourceSettings(secret="NOT_SET")
    app = app_of(WebhookReceiver(temporal))
    deployment = IncidentDeployment(file, {"ALERT_SECRET": bodies.SECRET})
    AlertReceiver(deployment, AlertBatches(temporal, Settings().task_queue)).add_to(app)
    connector = aiohttp.TCPConnector(limit=200)
    async with (
        listening(app, "127.0.0.1", 0) as address,
        aiohttp.ClientSession(address, connector=connector) as client,
    ):
        yield AlertServer(client, temporal)


@pytest.fixture
async def alerts(temporal: Client) -> AsyncIterator[AlertServer]:
    async with serving(temporal) as server:
        yield server
    with contextlib.suppress(RPCError):
        await temporal.get_workflow_handle(ids.monitoring()).terminate()


@pytest.mark.parametrize("source", SIGNED)
async def test_an_alert_is_in_temporal(alerts: AlertServer, source: str) -> None:
    make, sign = SIGNED[source]
    body = bodies.encode(make())
    assert (await alerts.post(source, body, sign(body)))[0] == 202
    (batch,) = await alerts.batches()
    assert [alert.source for alert in batch.alerts] == [source]
    about = await alerts.temporal.get_workflow_handle(ids.monitoring()).describe()
    assert (about.workflow_type, about.task_queue) == ("ContinuousMonitoringWorkflow", ids.TASK_QUEUE)
    # Sent again, it is the same notification: the workflow knows it by its id.
    assert (await alerts.post(source, body, sign(body)))[0] == 202
    first, second = await alerts.batches()
    assert first == second


def test_every_source_is_tested() -> None:
    assert set(SIGNED) == set(registry())


@pytest.mark.parametrize("source", SIGNED)
async def test_forged_and_unauthenticated(alerts: AlertServer, source: str) -> None:
    make, sign = SIGNED[source]
    body = bodies.encode(make())
    forged = bodies.encode({**make(), "forged": True})
    wrong = sign(body) if sign is not bodies.bearer else {}
    nothing_signed = dict.fromkeys(sign(body), "")
    half = {name: value[:-1] for name, value in sign(body).items()}
    other = SIGNED["sentry" if source == "pagerduty" else "pagerduty"][1](body)
    for headers, sent in (({}, body), (wrong, forged), (nothing_signed, body), (half, body), (other, body)):
        assert await alerts.post(source, sent, headers) == (401, "Unauthorized.\n")
    assert await alerts.batches() == []


async def test_authentication_by_a_header(alerts: AlertServer) -> None:
    basic = base64.b64encode(f"octocat:{bodies.SECRET}".encode()).decode()
    wrong = base64.b64encode(f"{bodies.SECRET}:octocat".encode()).decode()
    for source in ("alertmanager", "grafana", "datadog", "generic"):
        for headers, status in (
            ({"Authorization": f"Basic {basic}"}, 202),
            ({"X-Autobuild-Token": bodies.SECRET}, 202),
            ({"Authorization": f"Basic {wrong}"}, 401),
            ({"Authorization": "Basic ==="}, 401),
            ({"Authorization": f"Digest {bodies.SECRET}"}, 401),
            ({"X-Autobuild-Token": f"{bodies.SECRET},{bodies.SECRET}"}, 401),
            ({"X-Autobuild-Token": ""}, 401),
        ):
            assert (await alerts.post(source, SIGNED[source][0](), headers))[0] == status


async def test_a_signed_time_that_is_old_is_refused(alerts: AlertServer) -> None:
    body = bodies.encode(bodies.grafana())
    assert (await alerts.post("grafana", body, bodies.grafana_signed(body, age=240)))[0] == 202
    for age in (400, -400):
        assert (await alerts.post("grafana", body, bodies.grafana_signed(body, age=age)))[0] == 401
    late = dict(bodies.grafana_signed(body, age=400)) | {"X-Grafana-Alerting-Timestamp": ""}
    assert (await alerts.post("grafana", body, late))[0] == 401
    untimed = {"X-Grafana-Alerting-Signature": bodies.hexadecimal(body)}
    assert (await alerts.post("grafana", body, untimed))[0] == 202


async def test_unknown_source_and_missing_secret(temporal: Client) -> None:
    async with serving(temporal, without="generic") as alerts:
        for source in ("nagios", "__init__", "..%2fwebhook"):
            assert (await alerts.post(source, bodies.generic(), bodies.bearer()))[0] == 404
        for headers in (bodies.bearer(), bodies.bearer(secret=""), {}):
            assert await alerts.post("generic", bodies.generic(), headers) == (401, "Unauthorized.\n")


async def test_what_is_too_large_or_malformed(alerts: AlertServer) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b'{"name": "' + b"x" * 2**20

    huge = bodies.encode(bodies.generic(summary="x" * 10_000_000))
    status, why = await alerts.post("generic", huge, bodies.bearer())
    assert (status, "1,048,576 bytes" in why) == (413, True)
    async with alerts.client.post("/alerts/generic", data=endless(), headers=bodies.bearer()) as answer:
        assert answer.status == 413
    status, why = await alerts.post("generic", b'{"name": "a", "name": "b"}', bodies.bearer())
    assert (status, why) == (400, "The alert cannot be read: the body has an object with the same key twice.\n")
    body = bodies.encode(bodies.pagerduty("incident.acknowledged"))
    assert (await alerts.post("pagerduty", body, bodies.pagerduty_signed(body)))[0] == 204


async def test_a_storm_is_a_few_signals_and_loses_nothing(alerts: AlertServer) -> None:
    """10,000 notifications of 1,000 groups, ten of each, as fast as they are taken."""

    async def send(number: int) -> int:
        body = bodies.generic(group=f"group {number % 1000}", id=f"notification {number}")
        return (await alerts.post("generic", body, bodies.bearer()))[0]

    began = time.monotonic()
    assert set(await asyncio.gather(*map(send, range(10_000)))) == {202}
    signals_at_most = (time.monotonic() - began) / PAUSE_S + 1
    batches = await alerts.batches()
    found = [alert.id for batch in batches for alert in batch.alerts]
    assert len(found) + sum(batch.dropped for batch in batches) == 10_000
    assert len(set(found)) == len(found) == 10_000
    assert max(len(batch.alerts) for batch in batches) <= MOST_ALERTS
    assert len(batches) <= signals_at_most


async def test_the_same_alert_a_thousand_times_is_a_few_alerts(alerts: AlertServer) -> None:
    async def send() -> int:
        return (await alerts.post("generic", bodies.generic(), bodies.bearer()))[0]

    began = time.monotonic()
    assert set(await asyncio.gather(*(send() for _ in range(1_000)))) == {202}
    signals_at_most = (time.monotonic() - began) / PAUSE_S + 1
    batches = await alerts.batches()
    assert all(len(batch.alerts) == 1 for batch in batches)
    assert len(batches) <= signals_at_most


async def test_ten_thousand_alerts_of_one_body_are_grouped_and_counted(alerts: AlertServer) -> None:
    grouped = [{"status": "firing", "labels": {"service": "checkout"}, "fingerprint": f"{n}"} for n in range(10_000)]
    assert (await alerts.post("alertmanager", bodies.alertmanager(alerts=grouped), bodies.bearer()))[0] == 202
    (batch,) = await alerts.batches()
    assert batch.alerts[0].summary.endswith("(and 9,999 more)")
    many = [{"name": f"{number}", "status": "resolved" if number == 9_999 else "firing"} for number in range(10_000)]
    assert (await alerts.post("generic", {"alerts": many}, bodies.bearer()))[0] == 202
    _, *batches = await alerts.batches()
    assert len(batches) == MOST_BATCHES
    assert sum(len(batch.alerts) + batch.dropped for batch in batches) == 10_000
    assert batches[0].alerts[0].status == "resolved", "what ends an incident is never left out"


async def test_large_alerts_fit_into_their_signals(alerts: AlertServer) -> None:
    large = {f"label {number}": "é" * 100 for number in range(50)}
    many = [bodies.generic(group=f"{number} " + "é" * 150, id=f"{number}", labels=large) for number in range(150)]
    parts = [{"alerts": many[first : first + 10]} for first in range(0, len(many), 10)]
    answers = await asyncio.gather(*(alerts.post("generic", part, bodies.bearer()) for part in parts))
    assert {status for status, _ in answers} == {202}
    found: list[Alert] = [alert for batch in await alerts.batches() for alert in batch.alerts]
    assert len(found) == 150


async def test_without_temporal_it_is_503() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        unavailable = await connect(f"127.0.0.1:{taken.getsockname()[1]}", lazy=True)
        async with serving(unavailable) as alerts, asyncio.timeout(10):
            answers = await asyncio.gather(
                *(alerts.post("generic", bodies.generic(id=f"{number}"), bodies.bearer()) for number in range(50))
            )
            assert {status for status, _ in answers} == {503}
            assert "send it again later" in answers[0][1]
            request = alerts.client.post("/alerts/generic", json=bodies.generic(), headers=bodies.bearer())
            async with request as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
