"""A worker starts the monitoring where there is something to monitor; where it runs, it reads the settings anew."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.service import RPCError

from activities.incidents.deployment import IncidentsFile
from bot.processes import monitoring
from workflows import ids

WITH_ALERTS = IncidentsFile.model_validate({"alerts": {"generic": {"secret": "GENERIC_SECRET"}}})
RULE = {"query": "up", "below": 1.0, "service": "pay"}


@pytest.fixture(autouse=True)
async def ended(temporal: Client) -> AsyncIterator[None]:
    """There is one for all tests."""
    yield
    with contextlib.suppress(RPCError):
        await temporal.get_workflow_handle(ids.monitoring()).terminate()


async def signals(temporal: Client) -> int:
    history = await temporal.get_workflow_handle(ids.monitoring()).fetch_history()
    return sum(each.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED for each in history.events)


@pytest.mark.parametrize("file", [IncidentsFile(), IncidentsFile.model_validate({"rules": {"up": RULE}})])
async def test_nothing_is_started_where_nothing_can_be_monitored(temporal: Client, file: IncidentsFile) -> None:
    """Rules need a Prometheus."""
    assert not await monitoring.ensure(temporal, "queue", file)


async def test_every_worker_that_starts_says_so(temporal: Client) -> None:
    with_rules = IncidentsFile.model_validate(
        {"prometheus": {"url": "http://prometheus:9090"}, "services": {"pay": {}}, "rules": {"up": RULE}}
    )
    for count, file in enumerate((WITH_ALERTS, with_rules, with_rules), 1):
        assert await monitoring.ensure(temporal, "queue", file)
        assert await signals(temporal) == count


async def test_a_temporal_that_forbids_it_stops_no_worker(
    temporal_address: str, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = await Client.connect(temporal_address, namespace="nowhere")
    assert not await monitoring.ensure(nowhere, "queue", WITH_ALERTS)
    assert "started=no" in caplog.text
