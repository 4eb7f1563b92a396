"""Log lines from Loki, by a server that answers as Loki does and fails as Loki does."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import polars as pl
import pytest
from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestServer

from activities.incident_logs.loki_api import LokiApi
from activities.incident_logs.loki_fetch import fetch_lines
from activities.incidents.data import LogTable
from activities.incidents.deployment import IncidentDeployment, IncidentsFile
from activities.incidents.types import IncidentScope
from activities.sources import Fetched
from activities.sources.loki import SOURCE

ONSET = 1_700_000_000
BEGIN, END = ONSET - 7200, ONSET + 600
NS = 10**9
Handler = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


@dataclass
class Loki:
    """`lines` by service: (nanoseconds, text, labels). `fault` may answer in its place; `most` is its own limit."""

    url: str = ""
    lines: dict[str, list[tuple[int, str, dict[str, str]]]] = field(default_factory=dict)
    fault: Handler | None = None
    most: int = 5000
    warnings: list[str] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if self.fault and (answer := await self.fault(request)):
            return answer
        query = request.query
        name = re.search(r'service="([^"]*)"', query["query"])
        lines = self.lines.get(name[1] if name else "", [])
        if query["query"].startswith("sum(count_over_time("):
            return web.json_response(self.counted(lines, query))
        limit, first, last = int(query["limit"]), int(query["start"]), int(query["end"])
        if limit > self.most:
            said = f"max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {self.most})"
            return web.Response(status=400, text=said)
        streams: dict[str, list[list[str]]] = {}
        labels = {}
        for at, text, label in [one for one in sorted(lines, key=lambda one: one[0]) if first <= one[0] < last][:limit]:
            streams.setdefault(repr(label), []).append([str(at), text])
            labels[repr(label)] = label
        result = [{"stream": labels[key], "values": values} for key, values in streams.items()]
        return web.json_response(
            {
                "status": "success",
                "data": {"resultType": "streams", "result": result, "stats": {}},
                "warnings": self.warnings,
            }
        )

    def counted(self, lines: list[tuple[int, str, dict[str, str]]], query: Mapping[str, str]) -> object:
        step, begin = int(query["step"]), float(query["start"])
        counts = Counter(int((at / NS - begin) // step) + 1 for at, _text, _labels in lines if at / NS >= begin - step)
        values = [
            [begin + each * step, str(count)]
            for each, count in sorted(counts.items())
            if begin + each * step <= float(query["end"])
        ]
        result = [{"metric": {}, "values": values}] if values else []
        return {"status": "success", "data": {"resultType": "matrix", "result": result}}


@pytest.fixture
async def loki() -> AsyncIterator[Loki]:
    server = Loki()
    app = web.Application()
    app.router.add_get("/loki/api/v1/query_range", server.answer)
    async with TestServer(app) as running:
        server.url = str(running.make_url("/"))
        yield server


def at(seconds: float) -> int:
    return int((ONSET + seconds) * NS)


async def fetched(
    loki: Loki, services: Mapping[str, Mapping[str, object]] | None = None, **settings: object
) -> Fetched[LogTable]:
    values = {"loki": {"url": loki.url, **settings}, "services": services or {"checkout": {}}}
    deployment = IncidentDeployment(IncidentsFile.model_validate(values), {"LOKI_TOKEN": "sesame-open"})
    scope = IncidentScope("incident:test:1", "checkout", tuple(services or ()), ONSET, BEGIN, END)
    assert SOURCE.logs is not None
    assert SOURCE.serves(deployment, scope)
    return await SOURCE.logs(deployment, scope)


def table(found: Fetched[LogTable]) -> pl.DataFrame:
    assert found.found is not None
    return found.found.lines


async def test_lines_have_their_time_service_and_level(loki: Loki) -> None:
    loki.lines["checkout"] = [
        (at(0.5), "boom", {"level": "error"}),
        (at(1), "WARN slow", {}),
        (at(-100), "hello", {"detected_level": "info"}),
        (at(9999), "late", {}),
    ]
    found = table(await fetched(loki))
    assert found.columns == ["time", "service", "level", "text"]
    assert found.rows() == [
        (ONSET - 100, "checkout", "info", "hello"),
        (ONSET + 0.5, "checkout", "error", "boom"),
        (ONSET + 1, "checkout", "warning", "WARN slow"),
    ]


async def test_many_pages_bring_every_line_once(loki: Loki) -> None:
    """Also where one nanosecond fills more than a page."""
    loki.most = 500
    loki.lines["checkout"] = [
        (at(each // 100), f"line {each}", {"pod": str(each % 3)}) for each in range(-20_000, 20_000)
    ]
    loki.lines["checkout"] += [(at(70.5), f"same {each}", {}) for each in range(300)]
    found = await fetched(loki)
    assert found.problem == ""
    texts = table(found)["text"].to_list()
    assert len(texts) == len(set(texts)) == 40_300


async def test_a_stack_trace_is_joined_within_its_stream(loki: Loki) -> None:
    trace = [
        "ERROR x",
        "Traceback (most recent call last):",
        '  File "/app/x.py", line 3, in f',
        "    g()",
        "KeyError: 1",
    ]
    loki.lines["checkout"] = [(at(0) + each, text, {"pod": "a"}) for each, text in enumerate(trace)]
    loki.lines["checkout"] += [(at(0) + each, f"INFO fine {each}", {"pod": "b"}) for each in range(5)]
    texts = table(await fetched(loki))["text"].to_list()
    assert "\n".join(trace) in texts
    assert len(texts) == 6


@pytest.mark.parametrize("counts", [True, False])
async def test_too_many_lines_are_left_out_evenly(loki: Loki, counts: bool) -> None:
    from aiohttp import ClientSession

    async def no_counts(request: web.Request) -> web.Response | None:
        return (
            None
            if counts or "count_over" not in request.query["query"]
            else web.Response(status=400, text="parse error")
        )

    loki.fault = no_counts
    for name, rate in (("busy", 4), ("calm", 0.5)):
        loki.lines[name] = [(int((BEGIN + each / rate) * NS), f"line {each}", {}) for each in range(int(7800 * rate))]
    async with ClientSession() as session:
        api = LokiApi(session, loki.url, {})
        selectors = {name: f'{{service="{name}"}}' for name in loki.lines}
        found = await fetch_lines(api, selectors, BEGIN, END, most=3510)
    assert found.found is not None
    lines = found.found.lines
    early = lines.filter(pl.col("time") < BEGIN + 3900)
    assert len(early) / len(lines) == pytest.approx(0.5, abs=0.03)
    if counts:
        assert len(lines) == pytest.approx(3510, abs=150)
        assert len(lines.filter(pl.col("service") == "busy")) / len(lines) == pytest.approx(8 / 9, abs=0.03)
        assert found.found.left_out + len(lines) == pytest.approx(35_100, abs=200)


def answers(status: int, text: str = "", **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers=headers)

    return answer


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (answers(500, "boom"), "Loki answers 500."),
        (answers(429, "slow down"), "Loki answers 429."),
        (answers(401, "no org id"), "Loki answers 401: check `token`, `user` and `headers`"),
        (
            answers(400, 'parse error at line 1: syntax error: unexpected "}"'),
            "Loki refuses the query (400): parse error",
        ),
        (answers(404, "<html>not here</html>"), "Loki answers 404 with something that is not its API's."),
        (answers(200, "<html>hello</html>"), "Loki answers with something that is not its API's."),
        (answers(200, '{"status": "error"}'), "Loki answers that the query did not succeed."),
        (answers(200, '{"status": "success", "data": {"result": [{"stream": 1}]}}'), "no log lines"),
        (answers(200, "[" * 100_000), "Loki answers with something that is not its API's."),
        (answers(302, "", Location="http://example.com/"), "Loki refuses the query (302)"),
    ],
)
async def test_a_server_that_fails_is_a_sentence(loki: Loki, fault: Handler, problem: str) -> None:
    loki.fault = fault
    found = await fetched(loki)
    assert found.found is None
    assert problem in found.problem
    assert found.problem.endswith("Lines of `checkout` are missing.")
    assert len(loki.requests) < 20


async def test_a_server_that_is_not_there_is_a_sentence(loki: Loki) -> None:
    found = await fetched(loki, url="http://127.0.0.1:1")
    assert "Loki cannot be reached" in found.problem


async def test_a_busy_moment_is_waited_for(loki: Loki) -> None:
    loki.lines["checkout"] = [(at(1), "ERROR boom", {})]

    async def busy_once(_request: web.Request) -> web.Response | None:
        return web.Response(status=429, headers={"Retry-After": "1"}) if len(loki.requests) == 1 else None

    loki.fault = busy_once
    found = await fetched(loki)
    assert (table(found).height, found.problem) == (1, "")


async def test_a_part_that_fails_leaves_the_rest(loki: Loki) -> None:
    loki.lines["checkout"] = [(at(each), f"line {each}", {}) for each in range(-7000, 600)]

    async def one_slice(request: web.Request) -> web.Response | None:
        broken = "limit" in request.query and int(request.query["start"]) <= at(-3000) < int(request.query["end"])
        return web.Response(status=500) if broken else None

    loki.fault = one_slice
    loki.warnings = ["the results are incomplete"]
    found = await fetched(loki)
    assert 7400 <= table(found).height < 7600
    assert "Loki answers 500. Lines of `checkout` are missing." in found.problem
    assert "Loki warns: the results are incomplete" in found.problem


async def test_a_larger_answer_than_is_taken_is_asked_for_in_parts(loki: Loki) -> None:
    loki.lines["checkout"] = [(at(1) + each, f"{each} " + "x" * 100_000, {}) for each in range(900)]
    found = await fetched(loki)
    assert (table(found).height, found.problem) == (900, "")
    assert table(found)["text"].str.len_chars().max() == 4096


async def test_credentials_tenant_and_queries_of_the_file_are_used(loki: Loki) -> None:
    services: dict[str, dict[str, object]] = {
        "checkout": {"logs": '{app="checkout", service="x"} |= "a"'}, "files": {"log_files": ("/var/log/a.log",)},
    }  # fmt: skip
    await fetched(loki, services, token="LOKI_TOKEN", headers={"X-Scope-OrgID": "octocat"})
    assert {each.headers["Authorization"] for each in loki.requests} == {"Bearer sesame-open"}
    assert {each.headers["X-Scope-OrgID"] for each in loki.requests} == {"octocat"}
    assert {'{app="checkout", service="x"} |= "a"' in each.query["query"] for each in loki.requests} == {True}
    loki.requests.clear()
    await fetched(loki, token="LOKI_TOKEN", user="octocat")
    assert loki.requests[0].headers["Authorization"] == encode_basic_auth("octocat", "sesame-open")


async def test_a_folder_with_data_takes_the_place_of_loki() -> None:
    deployment = IncidentDeployment(IncidentsFile.model_validate({"loki": {"url": "http://loki:3100"}}))
    assert not SOURCE.serves(deployment, IncidentScope("i", "a", (), ONSET, BEGIN, END, folder="/tmp"))
    assert not SOURCE.serves(IncidentDeployment(), IncidentScope("i", "a", (), ONSET, BEGIN, END))
