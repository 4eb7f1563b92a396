"""The simulated Prometheus, Loki and Alertmanager, over HTTP as a client sees them."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ClientSession, web
from aiohttp.test_utils import TestServer

from tests.monitoring_server import MonitoringClient, monitoring_client

AT = 1_700_000_000.0


@pytest.fixture
async def server() -> AsyncIterator[MonitoringClient]:
    async with monitoring_client("--interval", "0.05") as client:
        yield client


def series(name: str, values: list[float | str], **labels: str) -> dict[str, Any]:
    """Every ten seconds, the last one five seconds before `AT`."""
    first = AT - 5 - 10 * (len(values) - 1)
    samples = [[first + 10 * place, value] for place, value in enumerate(values)]
    return {"labels": {"__name__": name, **labels}, "samples": samples}


async def load_shop(server: MonitoringClient) -> None:
    await server.load(
        series("requests_total", [float(10 * at) for at in range(30)], service="cart", code="200"),
        series("requests_total", [float(at % 15) for at in range(30)], service="cart", code="500"),
        series("memory", [5.0, 6.0], service="cart", pod="a"),
        series("memory", [1.0, 2.0], service="pay", pod="b"),
        series("took_bucket", [float(9 * at) for at in range(30)], service="cart", le="0.1"),
        series("took_bucket", [float(10 * at) for at in range(30)], service="cart", le="1"),
        series("took_bucket", [float(10 * at) for at in range(30)], service="cart", le="+Inf"),
    )


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ('memory{service="cart"}', [6.0]),
        ('memory{service=~"c.*|pay"}', [6.0, 2.0]),
        ('memory{service!="cart"} * 2 + 1', [5.0]),
        ("sum(memory)", [8.0]),
        ("max by (service) (memory) > 3", [6.0]),
        ("memory > bool 3", [1.0, 0.0]),
        ("sum without (pod) (memory) - memory", []),
        ("memory / memory", [1.0, 1.0]),
        ('memory{pod="a"} or memory', [6.0, 2.0]),
        ("memory unless memory > 3", [2.0]),
        ('rate(requests_total{code="200"}[1m])', [1.0]),
        ('increase(requests_total{code="200"}[1m])', [60.0]),
        ("max_over_time(memory[1m]) - min_over_time(memory[1m])", [1.0, 1.0]),
        ("histogram_quantile(0.99, sum by (service, le) (rate(took_bucket[1m])))", [0.91]),
        ("absent(nothing)", [1.0]),
        ("nothing", []),
        ("-memory{pod='b'}", [-2.0]),
    ],
)
async def test_queries(server: MonitoringClient, query: str, values: list[float]) -> None:
    await load_shop(server)
    assert [float(one["value"][1]) for one in await server.query(query, AT)] == pytest.approx(values)


@pytest.mark.parametrize(
    "query",
    ["", "sum(", "memory{", "memory[5m", "rate(memory)", "unknown(memory)", '{a=""}', 'm{a=~"("}', "1 +", "m # n",
     "(" * 90, "a * on (b) c", "memory[5x]"],
)  # fmt: skip
async def test_what_is_no_query_is_refused(server: MonitoringClient, query: str) -> None:
    answer = await server.get("/api/v1/query", query=query)
    assert (answer["status"], answer["errorType"]) == ("error", "bad_data")


async def test_ranges_and_what_there_is(server: MonitoringClient) -> None:
    await load_shop(server)
    span = {"start": str(AT - 20), "end": str(AT), "step": "10s"}
    found = await server.get("/api/v1/query_range", query="memory", **span)
    assert found["data"]["resultType"] == "matrix"
    assert found["data"]["result"][0]["values"] == [[AT - 10, "5"], [AT, "6"]]
    listed = await server.get("/api/v1/series", **{"match[]": 'memory{service="pay"}'})
    assert listed["data"] == [{"__name__": "memory", "service": "pay", "pod": "b"}]
    assert (await server.get("/api/v1/label/service/values"))["data"] == ["cart", "pay"]
    assert (await server.get("/api/v1/labels"))["data"] == ["__name__", "code", "le", "pod", "service"]
    assert len((await server.query("memory[1m]", AT))[0]["values"]) == 2
    too_many = await server.get("/api/v1/query_range", query="memory", start="0", end=str(AT), step="1")
    assert "11,000 points" in too_many["error"]


async def test_lines_are_pushed_and_found(server: MonitoringClient) -> None:
    lines = [[str(int(AT + at) * 10**9), f"line {at}"] for at in (2, 0, 1)]
    assert await server.post("/loki/api/v1/push", {"streams": [{"stream": {"service": "pay"}, "values": lines}]}) == 204
    span = {"start": str(int(AT) * 10**9), "end": str(int(AT + 2) * 10**9), "direction": "forward"}
    found = await server.get("/loki/api/v1/query_range", query='{service="pay"} |= "line" != "1"', **span)
    assert found["data"]["result"] == [{"stream": {"service": "pay"}, "values": [lines[1]]}]
    counted = await server.get(
        "/loki/api/v1/query_range", query='sum(count_over_time({service="pay"}[5s]))', step="5",
        start=str(AT), end=str(AT + 5),
    )  # fmt: skip
    assert counted["data"]["result"][0]["values"] == [[AT, "1"], [AT + 5, "2"]]


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ({"fault": "status", "code": 429, "retry_after": 3}, 429, "asked to fail"),
        ({"fault": "html"}, 200, "<!doctype html>"),
        ({"fault": "garbage"}, 200, "\ufffd"),
        ({"fault": "partial"}, 200, "one store did not answer"),
        ({"fault": "slow", "seconds": 0.1}, 200, "success"),
    ],
)
async def test_faults_as_often_as_was_asked(
    server: MonitoringClient, fault: dict[str, Any], status: int, said: str
) -> None:
    assert await server.post("/simulator/faults", [{"path": "/api/v1/query", "times": 1, **fault}]) == 204
    async with ClientSession() as session:
        for expected in ((status, said), (200, "success")):
            async with session.get(f"{server.url}/api/v1/query", params={"query": "vector(1)"}) as answer:
                assert answer.status == expected[0]
                assert expected[1] in (await answer.read()).decode("utf-8", "replace")
        asked = await server.get("/simulator/requests")
        assert [one["query"] for one in asked] == ["vector(1)", "vector(1)"]


async def test_half_an_answer(server: MonitoringClient) -> None:
    assert await server.post("/simulator/faults", [{"fault": "half"}]) == 204
    with pytest.raises(ClientPayloadError):
        await server.get("/api/v1/query", query="vector(1)")


@pytest.mark.parametrize("path", ["series", "targets", "rules", "webhook", "faults"])
async def test_what_cannot_be_read_is_refused(server: MonitoringClient, path: str) -> None:
    assert await server.post(f"/simulator/{path}", [{"wrong": 1}]) == 422


async def test_an_alert_from_a_scrape_to_the_webhook_and_back(server: MonitoringClient) -> None:
    """What a service says of itself fires a rule, whose group is sent once while it fires and once when it is over."""
    bodies: list[dict[str, Any]] = []
    failing = {"errors": 9}

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(text=f'# TYPE errors gauge\nerrors{{path="a\\"b"}} {failing["errors"]}\n')

    async def hook(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer s3cret"
        bodies.append(await request.json())
        return web.Response(status=503 if len(bodies) == 1 else 202)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    app.router.add_post("/alerts", hook)
    async with TestServer(app) as service:
        address = str(service.make_url("")).rstrip("/")
        target = {"url": f"{address}/metrics", "job": "shop", "labels": {"service": "cart"}}
        rule = {
            "alert": "Errors", "expr": "errors > 5", "lasting": "100ms", "labels": {"severity": "critical"},
            "annotations": {"summary": "{{ $labels.service }} has {{ $value }} errors"},
        }  # fmt: skip
        assert await server.post("/simulator/webhook", {"url": f"{address}/alerts", "token": "s3cret"}) == 204
        assert await server.post("/simulator/targets", [target]) == 204
        assert await server.post("/simulator/rules", [rule]) == 204
        deliveries = await server.until("/simulator/deliveries", lambda found: len(found) >= 2)
        assert [one["status"] for one in deliveries] == [503, 202]
        listed = await server.get("/api/v2/alerts")
        assert listed[0]["labels"]["alertname"] == "Errors"
        assert (await server.get("/api/v1/alerts"))["data"]["alerts"][0]["state"] == "firing"
        failing["errors"] = 0
        deliveries = await server.until("/simulator/deliveries", lambda found: len(found) >= 3)
    first, last = bodies[1], bodies[2]
    assert (first["version"], first["status"], last["status"]) == ("4", "firing", "resolved")
    assert first["groupKey"] == last["groupKey"] == '{}:{alertname="Errors", service="cart"}'
    assert first["alerts"][0]["annotations"]["summary"] == "cart has 9 errors"
    assert first["alerts"][0]["endsAt"] == "0001-01-01T00:00:00Z"
    assert last["alerts"][0]["endsAt"].startswith("20")
    assert first["alerts"][0]["fingerprint"] == last["alerts"][0]["fingerprint"]
    assert first["commonLabels"]["path"] == 'a"b'
    assert len(deliveries) == 3, json.dumps(deliveries)


async def test_alerts_can_be_posted(server: MonitoringClient) -> None:
    assert await server.post("/api/v2/alerts", [{"labels": {"alertname": "Disk"}}]) == 200
    assert await server.post("/api/v2/alerts", [{"labels": {}}]) == 400
    listed = await server.get("/api/v2/alerts")
    assert [one["labels"] for one in listed] == [{"alertname": "Disk"}]
    assert listed[0]["startsAt"][:10] == time.strftime("%Y-%m-%d", time.gmtime())
