"""Metrics from a server with Prometheus' HTTP API: what is asked for, and a server that is slow, wrong or another."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import numpy as np
import pytest
from aiohttp import web

from activities.incidents.data import MetricTable
from activities.incidents.deployment import IncidentDeployment, IncidentsFile
from activities.incidents.types import IncidentScope
from activities.sources import Fetched
from activities.sources.prometheus import PROMETHEUS, on_grid

BEGIN, END = 1_800_000_000.0, 1_800_000_100.0

Handler = Callable[[str, Mapping[str, Any]], web.Response]


class FakeServer:
    """Answers as `handler` says; `queries` are all that were asked."""

    def __init__(self) -> None:
        self.handler: Handler = self.usual
        self.queries: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.url = ""

    def usual(self, what: str, fields: Mapping[str, Any]) -> web.Response:
        if what == "series":
            names = ["http_requests_total", "latency_seconds_bucket", "process_resident_memory_bytes", "up", "go_info"]
            return success([{"__name__": name, "service": "Pay", "instance": "i1"} for name in names])
        if what == "query":
            return result([{"metric": {}, "values": [[END - at, "1"] for at in (45, 30, 15, 0)]}])
        sample = [[BEGIN + at, str(at)] for at in range(0, 101, 10)]
        return result([{"metric": {"service": "Pay", "instance": "i1", "status": "200"}, "values": sample}])

    async def answer(self, request: web.Request) -> web.Response:
        fields = await request.post()
        self.queries.append(str(fields.get("query", "")))
        self.headers.append(request.headers)
        return self.handler(request.match_info["what"], fields)


def success(data: object, **more: object) -> web.Response:
    return web.json_response({"status": "success", "data": data, **more})


def result(series: object, **more: object) -> web.Response:
    return success({"resultType": "matrix", "result": series}, **more)


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    fake = FakeServer()
    app = web.Application()
    app.router.add_post("/api/v1/{what}", fake.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    await runner.cleanup()


async def fetched(server: FakeServer, file: Mapping[str, Any] | None = None, **secrets: str) -> Fetched[MetricTable]:
    scope = IncidentScope("incident:x", "pay", ("pay", "cart"), BEGIN + 60, BEGIN, END)
    described = IncidentsFile.model_validate({"prometheus": {"url": server.url}, **(file or {})})
    deployment = IncidentDeployment(described, secrets)
    assert PROMETHEUS.serves(deployment, scope)
    assert PROMETHEUS.metrics
    return await PROMETHEUS.metrics(deployment, scope)


async def test_counters_are_rates_and_histograms_percentiles(server: FakeServer) -> None:
    found = await fetched(server)
    assert found.found
    assert {one.metric for one in found.found.series} == {
        "http_requests_rate", "latency_seconds_p99", "process_resident_memory_bytes",
    }  # fmt: skip
    assert {one.service for one in found.found.series} == {"pay"}
    asked = " ".join(server.queries)
    assert "rate(http_requests_total{service=~" in asked
    assert "histogram_quantile(0.99, sum by (service, le)" in asked
    assert "[60s]" in asked  # four scrapes of 15 s
    assert "go_info" not in asked
    assert found.found.values.shape == (3, found.found.times.size)


async def test_configured_queries_and_credentials(server: FakeServer) -> None:
    file = {
        "prometheus": {"url": server.url, "token": "PROM_TOKEN", "headers": {"X-Scope-OrgID": "octocat"}},
        "services": {"pay": {"metrics": ("sum(pay_errors)",)}, "cart": {"metrics": ("cart_load",)}},
    }
    found = await fetched(server, file, PROM_TOKEN="s3cret")
    assert found.found
    assert server.queries == ["sum(pay_errors)", "cart_load"]
    assert [(one.service, one.metric) for one in found.found.series] == [
        ("pay", "sum(pay_errors)"),
        ("cart", "cart_load"),
    ]
    assert {(each["Authorization"], each["X-Scope-OrgID"]) for each in server.headers} == {("Bearer s3cret", "octocat")}


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (lambda *_: web.Response(status=500, text="boom"), "answers 500"),
        (lambda *_: web.Response(status=429), "answers 429"),
        (lambda *_: web.Response(text="<html>Sign in</html>", content_type="text/html"), "not its API's"),
        (lambda *_: web.Response(text="[" * 100_000), "not its API's"),
        (lambda *_: web.json_response({"status": "error", "error": "parse error"}, status=400), "parse error"),
        (lambda *_: web.json_response({"status": "success", "data": 7}), "not its API's"),
        (lambda *_: web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}), "not its API's"),
        (lambda what, _: success([]) if what == "series" else result([]), "no series of pay, cart"),
    ],
    ids=["500", "429", "html", "deep", "refused", "shape", "redirect", "nothing"],
)
async def test_without_metrics_it_is_said_why(server: FakeServer, handler: Handler, said: str) -> None:
    server.handler = handler
    found = await fetched(server)
    assert found.found is None
    assert said in found.problem


async def test_partial_answers_are_used_and_named(server: FakeServer) -> None:
    def partly(what: str, fields: Mapping[str, Any]) -> web.Response:
        if what == "query_range" and "latency" in fields["query"]:
            return web.Response(status=503)
        answer = server.usual(what, fields)
        return (
            answer
            if what != "query_range"
            else result(json.loads(answer.text or "")["data"]["result"], warnings=["a store is down"])
        )

    server.handler = partly
    found = await fetched(server)
    assert found.found
    assert len(found.found.series) == 2
    assert "503" in found.problem
    assert "a store is down" in found.problem


def test_samples_in_any_order_twice_or_not_finite() -> None:
    times = np.arange(0.0, 50.0, 10.0)
    row = on_grid(
        [(31.0, "3"), (9.0, "1"), (10.0, "2"), (20.0, "NaN"), (0.0, "+Inf"), (900.0, "9"), (40.0, "x")], times
    )
    assert [None if np.isnan(one) else one for one in row] == [None, 2.0, None, 3.0, None]
    assert np.isnan(on_grid([], times)).all()
    assert on_grid([(1.0, "1")], np.array([])).size == 0


async def test_server_that_is_not_there() -> None:
    scope = IncidentScope("incident:x", "pay", ("pay",), BEGIN, BEGIN, END, prometheus="http://127.0.0.1:9")
    assert PROMETHEUS.metrics
    found = await PROMETHEUS.metrics(IncidentDeployment(), scope)
    assert found.found is None
    assert "cannot be reached" in found.problem
