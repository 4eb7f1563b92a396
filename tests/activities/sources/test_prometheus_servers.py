"""Metrics from the simulated server and from a real Prometheus, where one is installed: the same of both."""

import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from aiohttp import ClientError, ClientSession

from activities.incidents.data import MetricTable
from activities.incidents.deployment import IncidentDeployment, IncidentsFile
from activities.incidents.types import IncidentScope
from activities.sources.prometheus import PROMETHEUS
from tests.deadlines import until
from tests.monitoring_server import MonitoringClient, monitoring_client

BEGIN = float(int(time.time()) - 3 * 3600)
END = BEGIN + 3600.0
EVERY = 15.0

Rows = dict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[float, float]]]


def rows() -> Rows:
    """Two services with a counter that is reset once, a histogram, a summary and memory, from before the window on."""
    times = [BEGIN - 600 + 3.7 + EVERY * place for place in range(int(4200 / EVERY))]
    made: Rows = {}

    def add(name: str, values: list[float], **labels: str) -> None:
        made[name, tuple(sorted(labels.items()))] = list(zip(times, values, strict=True))

    for service, slow in (("cart", 1.0), ("pay", 3.0)):
        who = {"service": service, "instance": f"{service}:80"}
        count = [float(place * 20 if place < 150 else (place - 150) * 20 + 5) for place in range(len(times))]
        add("http_requests_total", count, code="200", **who)
        for le, share in (("0.1", 0.5), ("1", 0.9), ("+Inf", 1.0)):
            add("latency_seconds_bucket", [share * place * 7 for place in range(len(times))], le=le, **who)
        add("took_seconds_sum", [slow * place for place in range(len(times))], **who)
        add("took_seconds_count", [2.0 * place for place in range(len(times))], **who)
        add("memory_bytes", [slow * 1e6 + place % 7 for place in range(len(times))], **who)
    return made


async def fetched(url: str) -> MetricTable:
    deployment = IncidentDeployment(IncidentsFile.model_validate({"prometheus": {"url": url}}))
    scope = IncidentScope("incident:x", "cart", ("cart", "pay"), BEGIN + 3000, BEGIN, END)
    assert PROMETHEUS.metrics
    found = await PROMETHEUS.metrics(deployment, scope)
    assert found.found, found.problem
    assert not found.problem
    return found.found


def by_name(table: MetricTable) -> dict[tuple[str, str, str], np.ndarray]:
    return {(one.service, one.metric, one.instance): table.values[at] for at, one in enumerate(table.series)}


@pytest.fixture
async def simulated() -> AsyncIterator[MonitoringClient]:
    async with monitoring_client() as client:
        for (name, labels), samples in rows().items():
            await client.load({"labels": {"__name__": name, **dict(labels)}, "samples": samples})
        yield client


async def test_simulated_server(simulated: MonitoringClient) -> None:
    table = await fetched(simulated.url)
    found = by_name(table)
    assert {metric for service, metric, _ in found if service == "cart"} == {
        "http_requests_rate", "latency_seconds_p99", "took_seconds_mean", "took_seconds_rate", "memory_bytes",
    }  # fmt: skip
    assert np.allclose(found["pay", "took_seconds_mean", ""], 1.5)
    assert np.nanmedian(found["cart", "http_requests_rate", "cart:80"]) == pytest.approx(20 / EVERY)
    assert table.times.size <= 501


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"fault": "status", "code": 500}, "answers 500"),
        ({"fault": "html"}, "not its API's"),
        ({"fault": "garbage"}, "not its API's"),
        ({"fault": "half"}, "cannot be reached"),
        ({"fault": "huge"}, "larger than 64 MiB"),
    ],
    ids=["500", "html", "garbage", "half", "huge"],
)
async def test_server_that_fails(simulated: MonitoringClient, fault: dict[str, object], said: str) -> None:
    assert await simulated.post("/simulator/faults", [{"path": "/api/v1/query_range", **fault}]) == 204
    deployment = IncidentDeployment(IncidentsFile.model_validate({"prometheus": {"url": simulated.url}}))
    scope = IncidentScope("incident:x", "cart", ("cart", "pay"), BEGIN + 3000, BEGIN, END)
    assert PROMETHEUS.metrics
    found = await PROMETHEUS.metrics(deployment, scope)
    assert found.found is None
    assert said in found.problem


async def test_busy_for_a_moment_and_partial(simulated: MonitoringClient) -> None:
    faults = [
        {"path": "/api/v1/query_range", "fault": "status", "code": 503, "times": 1},
        {"path": "/api/v1/query_range", "fault": "partial", "times": 1, "warnings": ["a store is down"]},
    ]
    assert await simulated.post("/simulator/faults", faults) == 204
    deployment = IncidentDeployment(IncidentsFile.model_validate({"prometheus": {"url": simulated.url}}))
    scope = IncidentScope("incident:x", "cart", ("cart", "pay"), BEGIN + 3000, BEGIN, END)
    assert PROMETHEUS.metrics
    found = await PROMETHEUS.metrics(deployment, scope)
    assert found.found
    assert len(found.found.series) == 10
    assert "a store is down" in found.problem


def openmetrics() -> Iterator[str]:
    """For `promtool`: all samples of one metric together."""
    families: dict[str, list[str]] = {}
    for (name, labels), samples in rows().items():
        text = ",".join(f'{key}="{value}"' for key, value in labels)
        lines = families.setdefault(name, [f"# TYPE {name} unknown"])
        lines += [f"{name}{{{text}}} {value!r} {at:.3f}" for at, value in samples]
    for lines in families.values():
        yield from lines
    yield "# EOF"


@asynccontextmanager
async def real_prometheus(folder: Path) -> AsyncIterator[str]:
    """A server with these samples in its database; it scrapes nothing."""
    (folder / "samples.txt").write_text("\n".join(openmetrics()) + "\n")
    (folder / "prometheus.yml").write_text("global: {}\n")
    data = folder / "data"
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(folder / "samples.txt"), str(data)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={data}"]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        ["prometheus", *options, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL
    ) as process:
        try:
            async with ClientSession() as session:
                await until(lambda: is_ready(session, url))
            yield url
        finally:
            process.terminate()


async def is_ready(session: ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/-/ready") as answer:
            return answer.status == 200
    except ClientError:
        return False


@pytest.mark.skipif(not (shutil.which("prometheus") and shutil.which("promtool")), reason="Prometheus is not installed")
async def test_real_prometheus_gives_the_same(simulated: MonitoringClient, tmp_path: Path) -> None:
    async with real_prometheus(tmp_path) as url:
        real, ours = await fetched(url), await fetched(simulated.url)
    first, second = by_name(real), by_name(ours)
    assert first.keys() == second.keys()
    for name, values in first.items():
        assert np.allclose(values, second[name], equal_nan=True), name
