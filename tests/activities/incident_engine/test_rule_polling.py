"""Rules polled against a server with Prometheus' API: what fires, what is over, and what will cross its limit."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from activities.incident_engine.polling import RulePoller
from activities.incidents.deployment import IncidentDeployment, IncidentsFile
from activities.incidents.watching import PollRulesResult
from tests.monitoring_server import MonitoringClient, monitoring_client

NOW = 1_700_000_000.0
HOUR = 3600


@pytest.fixture
async def server() -> AsyncIterator[MonitoringClient]:
    async with monitoring_client() as client:
        yield client


async def load(server: MonitoringClient, name: str, samples: list[tuple[float, float | str]], **labels: str) -> None:
    """Times are seconds before `NOW`."""
    rows = [[NOW - before, value] for before, value in samples]
    await server.load({"labels": {"__name__": name, "service": "cart", **labels}, "samples": rows})


async def polled(server: MonitoringClient, **rules: Mapping[str, Any]) -> PollRulesResult:
    described = {name: {"service": "cart", "lasting": "5m", **rule} for name, rule in rules.items()}
    file = IncidentsFile.model_validate({"prometheus": {"url": server.url}, "rules": described})
    return await RulePoller(IncidentDeployment(file)).poll(NOW)


def steady(value: float | str, since: float) -> list[tuple[float, float | str]]:
    return [(before, value) for before in range(int(since), -1, -15)]


async def test_what_was_beyond_its_limit_long_enough_fires(server: MonitoringClient) -> None:
    await load(server, "errors", [*steady(1, 900)[:20], *steady(9, 600)])
    await load(server, "short", [*steady(1, 900)[:50], *steady(9, 120)])
    await load(server, "over", [*steady(9, 900)[:50], *steady(1, 120)])
    await load(server, "low", steady(1, 900))
    await load(server, "odd", steady("NaN", 900))
    names = ("errors", "short", "over", "odd", "missing")
    rules: dict[str, Mapping[str, Any]] = {name: {"query": name, "above": 5} for name in names}
    found = await polled(server, **rules, low={"query": "low", "below": 2, "severity": "critical"})
    assert {(one.rule, one.service, one.severity) for one in found.firing} == {
        ("errors", "cart", "error"), ("low", "cart", "critical"),
    }  # fmt: skip
    assert set(found.checked) == {*names, "low"}
    assert found.firing[0].since == NOW - 300
    assert found.firing[0].summary == "`errors` is 9."


async def test_what_comes_and_goes_is_not_beyond_all_the_time(server: MonitoringClient) -> None:
    """A query that leaves out what is good has gaps there."""
    flapping: list[tuple[float, float | str]] = [(at, 9 if at // 60 % 2 else 1) for at in range(900, -1, -15)]
    flapping[-1] = (0, 9)
    await load(server, "errors", flapping)
    assert not (await polled(server, rule={"query": "errors > 5", "above": 5})).firing


async def test_one_of_several_series_is_enough(server: MonitoringClient) -> None:
    await load(server, "errors", steady(1, 900), pod="a")
    await load(server, "errors", steady(9, 900), pod="b")
    assert [one.rule for one in (await polled(server, rule={"query": "errors", "above": 5})).firing] == ["rule"]


async def test_a_trend_is_foreseen_and_a_disk_that_is_cleaned_is_not(server: MonitoringClient) -> None:
    every = range(8 * HOUR, -1, -60)
    await load(server, "grows", [(at, 90 - 5 * at / HOUR) for at in every])
    await load(server, "cleaned", [(at, 70 + 20 * (at % (2 * HOUR)) / (2 * HOUR)) for at in every])
    await load(server, "constant", [(at, 80) for at in every])
    await load(server, "young", [(at, 95 - at / 100) for at in range(600, -1, -60)])
    rules = {name: {"query": name, "above": 100, "predict": "4h"} for name in ("grows", "cleaned", "constant", "young")}
    found = await polled(server, **rules)
    assert not found.firing
    assert [one.rule for one in found.predicted] == ["grows"]
    assert found.predicted[0].at == pytest.approx(NOW + 2 * HOUR, abs=600)
    assert "crosses its limit in about 2.0 hours" in found.predicted[0].summary


async def test_a_server_that_fails_says_nothing_of_a_rule(server: MonitoringClient) -> None:
    """Neither that it fires, nor that it is over."""
    await load(server, "errors", steady(9, 900))
    await load(server, "other", steady(9, 900))
    fault = {"path": "/api/v1/query_range", "contains": "other", "fault": "status", "code": 500}
    assert await server.post("/simulator/faults", [fault]) == 204
    found = await polled(
        server, errors={"query": "errors", "above": 5}, other={"query": "other", "above": 5},
        wrong={"query": "sum(", "above": 5},
    )  # fmt: skip
    assert [one.rule for one in found.firing] == ["errors"]
    assert found.checked == ("errors",)
    assert "Prometheus answers 500" in found.problem


async def test_without_rules_nothing_is_asked(server: MonitoringClient) -> None:
    assert await polled(server) == PollRulesResult()
    assert await server.get("/simulator/requests") == []
