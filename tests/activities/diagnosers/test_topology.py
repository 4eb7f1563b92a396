"""Which service of a call graph is the cause, and which only waits for another."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from activities.diagnosers.topology import diagnose
from activities.incidents.data import CallEdge, CallGraph, MetricTable
from activities.incidents.types import Diagnosis
from tests.activities.diagnosers.tables import incident, noise, shape, with_faults

SHOP = CallGraph(
    (
        CallEdge("web", "checkout"),
        CallEdge("checkout", "payments"),
        CallEdge("checkout", "stock"),
        CallEdge("web", "ads"),
    ),
    "configuration",
)
NAMES = ("web", "checkout", "payments", "stock", "ads")


def shop(
    seed: int, faults: dict[tuple[str, str], float], metrics: tuple[str, ...] = ("latency_p99", "requests_rate")
) -> MetricTable:
    table = noise(seed, len(NAMES), metrics)
    series = tuple(replace(one, service=NAMES[int(one.service[1:])]) for one in table.series)
    return with_faults(MetricTable(table.times, table.values, series), faults, shape())


def first(found: Diagnosis) -> tuple[str, str]:
    return found.hypotheses[0].entity, found.hypotheses[0].fault


def test_who_waits_for_another_is_explained_away() -> None:
    """Although it shifted more, in what is usual for it."""
    for seed in range(20):
        faults = {("payments", "latency_p99"): 16.0, ("checkout", "latency_p99"): 25.0, ("web", "latency_p99"): 20.0}
        found = diagnose(incident(shop(seed, faults), "web", calls=SHOP))
        assert first(found) == ("payments", "latency")
        assert found.hypotheses[0].log_odds > 0
        assert all(one.log_odds < 0 for one in found.hypotheses[1:])


def test_the_sentences_say_why() -> None:
    faults = {("payments", "latency_p99"): 16.0, ("checkout", "latency_p99"): 25.0, ("web", "latency_p99"): 20.0}
    found = diagnose(incident(shop(1, faults), "web", calls=SHOP))
    texts = {one.id: one.text for one in found.evidence}
    assert [texts[id] for id in found.hypotheses[0].evidence] == [
        "`payments` is slower or fails more than usual (16 times its usual spread), and calls no service that is known",
        "2 services call `payments`, directly or not, and are affected: `checkout`, `web`",
    ]
    other = next(one for one in found.hypotheses if one.entity == "checkout")
    assert "so is `payments`, which it calls" in texts[other.evidence[0]]


def test_a_callee_that_is_merely_busier_is_no_cause() -> None:
    faults = {("checkout", "latency_p99"): 15.0, ("payments", "requests_rate"): 40.0, ("payments", "latency_p99"): -8.0}
    found = diagnose(incident(shop(2, faults), "checkout", calls=SHOP))
    assert [one.entity for one in found.hypotheses] == ["checkout"]
    assert "none of the 2 services that it calls" in found.evidence[0].text


def test_milliseconds_of_a_callee_do_not_explain_seconds_of_its_caller() -> None:
    """However unusual they are."""
    table = shop(8, {})
    values = 0.004 * table.values  # around 0.4 s, and a database at a hundredth of that
    values[4] = 0.01 * values[4] + 0.002 * shape()
    values[2] += 2.0 * shape()
    values[0] += 2.0 * shape()
    found = diagnose(incident(MetricTable(table.times, values, table.series), "web", calls=SHOP))
    assert first(found) == ("checkout", "latency")


def test_what_the_service_of_the_alert_does_not_call_counts_less() -> None:
    table = shop(9, {("payments", "latency_p99"): 15.0, ("ads", "latency_p99"): 25.0})
    assert first(diagnose(incident(table, "web", calls=SHOP)))[0] == "ads"
    assert first(diagnose(incident(table, "checkout", calls=SHOP)))[0] == "payments"


def test_an_alert_about_errors_asks_for_errors_first() -> None:
    table = shop(
        10, {("payments", "error_ratio"): 12.0, ("stock", "latency_p99"): 20.0}, ("latency_p99", "error_ratio")
    )
    data = incident(table, "web", calls=SHOP)
    for name, expected in (("HighErrorRate", "payments"), ("HighLatency", "stock")):
        asked = replace(data, alert=replace(data.alert, name=name))
        assert first(diagnose(asked))[0] == expected


def test_noise_convicts_nobody() -> None:
    found = [diagnose(incident(shop(seed, {}), "web", calls=SHOP)) for seed in range(200)]
    assert not [one for one in found if any(each.log_odds > 0 for each in one.hypotheses)]
    assert sum(one.abstained == "No service's latency or errors rose beyond noise." for one in found) >= 196


def test_a_service_that_vanished_explains_its_callers() -> None:
    table = shop(3, {("checkout", "latency_p99"): 30.0, ("web", "latency_p99"): 30.0})
    values = table.values.copy()
    values[4:6, 402:] = np.nan
    found = diagnose(incident(MetricTable(table.times, values, table.series), "web", calls=SHOP))
    assert first(found)[0] == "payments"
    assert "The metrics of `payments` ended" in found.evidence[0].text


def test_traces_alone_are_enough() -> None:
    """Also where the callee has no metrics of its own, such as a database."""
    calls = CallGraph(
        (
            CallEdge("web", "checkout", (50, 900), (48, 895)),
            CallEdge("checkout", "database", (20, 850), (19, 845), (0.0, 0.2)),
            CallEdge("checkout", "stock", (10, 10), (9, 9), (0.01, 0.01)),
        ),
        "traces",
    )
    found = diagnose(incident(None, "web", calls=calls))
    assert first(found)[0] == "database"
    assert found.hypotheses[0].log_odds > 0
    assert "Calls of `checkout` to `database` take 845 ms there, 19 ms before" in [one.text for one in found.evidence]


def test_errors_on_one_link_are_those_of_the_callee() -> None:
    calls = CallGraph(
        (CallEdge("web", "checkout", errors=(0.001, 0.3)), CallEdge("checkout", "payments", errors=(0.001, 0.4))),
        "traces",
    )
    found = diagnose(incident(None, "web", calls=calls))
    assert first(found) == ("payments", "errors")
    assert "Calls of `checkout` to `payments` fail more often: 0.1% before, 40.0% after" in [
        one.text for one in found.evidence
    ]


def test_a_caller_that_waits_longer_than_its_callee_works_has_a_slow_network_between() -> None:
    calls = CallGraph(
        (
            CallEdge("web", "checkout", (50, 450), (48, 447)),
            CallEdge("checkout", "payments", (20, 420), (18, 19)),
            CallEdge("checkout", "stock", (20, 21), (18, 19)),
        ),
        "traces",
    )
    found = diagnose(incident(None, "web", calls=calls))
    assert first(found) == ("payments", "network")
    assert found.evidence[0].text == "`checkout` waits 401 ms longer for `payments` than that works, 2 ms before"


def test_a_service_whose_links_are_all_slow_has_the_slow_network() -> None:
    calls = CallGraph(
        (
            CallEdge("web", "checkout", (50, 450), (48, 52)),
            CallEdge("checkout", "payments", (20, 420), (18, 19)),
            CallEdge("checkout", "stock", (20, 420), (18, 19)),
        ),
        "traces",
    )
    found = diagnose(incident(None, "web", calls=calls))
    assert first(found) == ("checkout", "network")
    assert found.evidence[0].text.endswith("and so on 2 more links")


def test_cycles_and_calls_to_itself_end() -> None:
    calls = CallGraph((CallEdge("web", "web"), CallEdge("web", "ads"), CallEdge("ads", "web")), "a file")
    faults = {("web", "latency_p99"): 40.0, ("ads", "latency_p99"): 10.0}
    found = diagnose(incident(shop(4, faults), "web", calls=calls))
    assert first(found)[0] == "web"


@pytest.mark.parametrize("calls", [None, CallGraph()])
def test_without_a_graph_it_abstains(calls: CallGraph | None) -> None:
    found = diagnose(incident(shop(5, {("web", "latency_p99"): 20.0}), calls=calls))
    assert found.abstained.startswith("It is not known which services call each other")
    assert not found.hypotheses


def test_without_numbers_it_abstains() -> None:
    found = diagnose(incident(None, calls=SHOP))
    assert (
        found.abstained
        == "Neither metrics nor traces say how the services were before and after the onset. There are no metrics."
    )


def test_services_that_nobody_measured_are_no_trouble() -> None:
    calls = CallGraph((*SHOP.edges, CallEdge("web", "unheard-of"), CallEdge("", "web"), CallEdge("web", "")), "a file")
    faults = {("payments", "latency_p99"): 16.0, ("checkout", "latency_p99"): 16.0}
    assert first(diagnose(incident(shop(6, faults), calls=calls)))[0] == "payments"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, 1e300])
def test_absurd_numbers_of_traces_are_left_out(bad: float) -> None:
    calls = CallGraph(
        (CallEdge("web", "ads", (bad, 10), (10, bad), (bad, bad)), CallEdge("web", "checkout", (5, bad), (5, 5)))
    )
    assert diagnose(incident(None, calls=calls)).abstained == "No service's latency or errors rose beyond noise."


def test_names_are_shown_as_they_are_and_do_nothing() -> None:
    name = "](https://example.com) @octocat <img>"
    calls = CallGraph((CallEdge("web", name, (10, 500), (9, 480)),), "traces")
    assert f"`{name}`" in diagnose(incident(None, calls=calls)).evidence[0].text


def test_ten_thousand_links_are_fast() -> None:
    random = np.random.default_rng(1)
    pairs = random.integers(0, 2000, size=(10_000, 2))
    calls = CallGraph(tuple(CallEdge(f"s{a}", f"s{b}", (10, 500), (9, 480), (0, 0.5)) for a, b in pairs), "traces")
    began = time.process_time()
    found = diagnose(incident(None, calls=calls))
    assert time.process_time() - began < 2.0
    assert not [one for one in found.hypotheses if one.log_odds > 0]
