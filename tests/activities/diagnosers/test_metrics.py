"""What the metrics of services say of a fault, and that noise says nothing."""

import math
import time
from collections.abc import Sequence

import numpy as np
import pytest

from activities.diagnosers.metrics import diagnose
from activities.incidents.data import CallEdge, CallGraph, MetricSeries, MetricTable
from activities.incidents.types import Diagnosis, FaultClass
from tests.activities.diagnosers.tables import (
    BEGIN,
    METRICS,
    SAMPLES,
    STEP,
    incident,
    noise,
    rows,
    shape,
    with_faults,
)


def convicts(found: Diagnosis) -> bool:
    return any(one.log_odds > 0 for one in found.hypotheses)


@pytest.mark.parametrize(
    "sort", ["correlated", "spikes", "skewed", "hourly", "daily", "drift", "jobs", "rare", "gaps", "every minute"]
)
def test_what_is_as_usual_convicts_nobody(sort: str) -> None:
    """A hundred series each; nearly always nothing is said at all."""
    found = [diagnose(incident(noise(seed, 17, sort=sort))) for seed in range(20)]
    assert not any(map(convicts, found))
    assert sum(one.healthy for one in found) >= 18


def test_noise_convicts_nobody_in_200_seeds() -> None:
    """Of 1,000 series each."""
    metrics = [f"{name}_{number}" for number in range(4) for name in METRICS[:5]]
    found = [diagnose(incident(noise(seed, 50, metrics))) for seed in range(200)]
    assert sum(map(convicts, found)) <= 4
    assert sum(one.healthy for one in found) >= 196
    assert found[0].evidence[0].text == "None of 1,000 series of 50 services shifted beyond noise"


@pytest.mark.parametrize("sort", ["plain", "correlated", "spikes", "hourly", "gaps"])
@pytest.mark.parametrize("comes", ["step", "ramp", "over"])
def test_the_service_with_the_fault_is_first(sort: str, comes: str) -> None:
    """It hands its latency on to the one that calls it. 15 combinations of 20 seeds each."""
    first = 0
    for seed in range(20):
        culprit = f"s{1 + seed % 9}"
        faults = {(culprit, "cpu_usage"): 15.0, (culprit, "latency_p99"): 12.0, ("s0", "latency_p99"): 10.0}
        found = diagnose(incident(with_faults(noise(seed, 10, sort=sort), faults, shape(comes))))
        first += bool(found.hypotheses) and found.hypotheses[0].entity == culprit
        assert not found.healthy
        assert not [one for one in found.hypotheses if one.entity != culprit and one.log_odds > 0]
    assert first >= 19


def test_log_odds_are_no_more_than_what_happens() -> None:
    """Of faults of any size, with a second service that got slower: what is said is right at least so often, and what
    is said more surely is right more often."""
    said, right = [], []
    for seed in range(300):
        random = np.random.default_rng(seed)
        culprit, other = (f"s{number}" for number in random.choice(10, 2, replace=False))
        size, others = random.lognormal(1.5, 1.0), random.lognormal(1.2, 1.0)
        faults = {(culprit, "cpu_usage"): float(size), (other, "latency_p99"): float(others)}
        found = diagnose(incident(with_faults(noise(seed, 10), faults, shape())))
        if found.hypotheses:
            said.append(1 / (1 + math.exp(-found.hypotheses[0].log_odds)))
            right.append(found.hypotheses[0].entity == culprit)
    groups = [
        [(odds, hit) for odds, hit in zip(said, right, strict=True) if low <= odds < low + 0.2]
        for low in (0.2, 0.4, 0.6, 0.8)
    ]
    shares = [(np.mean([odds for odds, _ in group]), np.mean([hit for _, hit in group])) for group in groups]
    assert all(hit >= odds - 0.05 for odds, hit in shares)
    assert shares[-1][1] > shares[0][1] + 0.2
    assert max(said) <= 1 / (1 + math.exp(-3.0)) + 1e-9


def test_more_and_larger_shifts_say_more() -> None:
    def of(faults: dict[tuple[str, str], float]) -> float:
        return diagnose(incident(with_faults(noise(1, 5), faults, shape()))).hypotheses[0].log_odds

    small, large = of({("s1", "cpu_usage"): 5.0}), of({("s1", "cpu_usage"): 20.0})
    both = of({("s1", "cpu_usage"): 20.0, ("s1", "error_ratio"): 20.0})
    assert small < large < both <= 3.0


def test_the_sentence_says_what_when_and_how_much() -> None:
    random = np.random.default_rng(3)
    slow = 0.12 + 0.08 * random.normal(size=SAMPLES).clip(-1, 1) + 1.78 * shape()
    found = diagnose(
        incident(rows({("payments", "latency_p99"): slow, ("ads", "latency_p99"): random.normal(size=SAMPLES)}))
    )
    (one,) = found.hypotheses
    assert (one.entity, one.fault, one.evidence) == ("payments", "latency", ("metrics:1",))
    assert found.evidence[0].text.startswith("`latency_p99` of `payments` rose from 0.1")
    assert found.evidence[0].text.endswith(" times its usual spread) at 23:53:20 UTC")
    assert found.evidence[0].at == BEGIN + 400 * STEP


@pytest.mark.parametrize(
    ("metric", "fault"),
    [
        ("container_cpu_usage_seconds_total", "cpu"),
        ("node_memory_MemAvailable_bytes", "memory"),
        ("disk_io_time", "disk"),
        ("network_retransmits", "network"),
        ("http_request_duration_p99", "latency"),
        ("http_errors", "errors"),
        ("requests_per_second", "traffic"),
        ("pool_size", "unknown"),
    ],
)
def test_the_class_of_a_fault_is_that_of_the_metric(metric: str, fault: FaultClass) -> None:
    table = noise(1, 3, [metric])
    size = -20.0 if "Available" in metric else 20.0
    assert diagnose(incident(with_faults(table, {("s1", metric): size}, shape()))).hypotheses[0].fault == fault


def test_calls_that_are_counted_by_status_are_errors() -> None:
    table = noise(1, 2, ["requests_rate"])
    values = table.values + np.vstack([np.zeros(SAMPLES), 50 * shape()])
    series = (table.series[0], MetricSeries("s1", "requests_rate", labels={"code": "503"}))
    assert diagnose(incident(MetricTable(table.times, values, series))).hypotheses[0].fault == "errors"


def test_errors_that_were_not_counted_before_the_first_one() -> None:
    """Prometheus has no series of a counter before it is used."""
    table = noise(2, 3, ["cpu_usage", "error_rate"])
    values = table.values.copy()
    values[3] = np.where(np.arange(SAMPLES) < 400, np.nan, values[3])
    found = diagnose(incident(MetricTable(table.times, values, table.series)))
    assert (found.hypotheses[0].entity, found.hypotheses[0].fault) == ("s1", "errors")
    assert "`error_rate` of `s1` rose from 0 to" in found.evidence[0].text


def test_a_share_of_calls_that_succeed_falls_a_little() -> None:
    """From all to 97 %: that is much, as a share of those that fail."""
    succeed = np.full((3, SAMPLES), 100.0)
    succeed[1] -= 3 * shape()
    found = diagnose(incident(rows({(f"s{row}", "availability"): succeed[row] for row in range(3)})))
    assert (found.hypotheses[0].entity, found.hypotheses[0].fault) == ("s1", "errors")


def test_averages_of_five_minutes_are_enough() -> None:
    """Two samples after the onset, of ten hours before it."""
    table = with_faults(noise(14, 10), {("s1", "cpu_usage"): 20.0}, shape(start=420))
    few = MetricTable(BEGIN + 300 * np.arange(122), table.values[:, 300:422], table.series)
    found = diagnose(incident(few, onset=BEGIN + 300 * 120))
    assert found.hypotheses[0].entity == "s1"


def test_a_service_that_vanished_is_named() -> None:
    table = noise(3, 4)
    values = table.values.copy()
    values[6:12, 405:] = np.nan
    found = diagnose(incident(MetricTable(table.times, values, table.series)))
    assert found.hypotheses[0].entity == "s1"
    assert found.hypotheses[0].log_odds > 0
    assert found.evidence[0].text == "The metrics of `s1` ended at 23:54:35 UTC, and those of others did not"


def test_a_service_that_vanished_counts_more_where_others_miss_it() -> None:
    def of(faults: dict[tuple[str, str], float]) -> float:
        table = with_faults(noise(3, 4), faults, shape())
        values = table.values.copy()
        values[6:12, 401:] = np.nan
        calls = CallGraph((CallEdge("s0", "s1"),), "a file")
        found = diagnose(incident(MetricTable(table.times, values, table.series), calls=calls))
        assert found.hypotheses[0].entity == "s1"
        return found.hypotheses[0].log_odds

    assert of({("s0", "error_ratio"): 15.0}) > of({}) + 0.5


def test_small_whole_numbers_are_judged_by_how_much_they_vary() -> None:
    """The length of a queue is mostly 1, which is no reason to take 2 for much."""
    random = np.random.default_rng(15)
    queue = random.choice([0.0, 1.0, 1.0, 1.0, 2.0], size=SAMPLES)
    queue[400:] = np.maximum(queue[400:], 2.0)
    found = diagnose(
        incident(rows({("s0", "queue_length"): queue, ("s1", "queue_length"): random.normal(size=SAMPLES)}))
    )
    assert all(one.log_odds < 0 for one in found.hypotheses)


def test_monitoring_that_stopped_and_replaced_instances_are_no_fault() -> None:
    table = noise(4, 4)
    stopped = np.where(np.arange(SAMPLES) < 440, table.values, np.nan)
    assert not diagnose(incident(MetricTable(table.times, stopped, table.series))).hypotheses
    old = np.where(np.arange(SAMPLES) < 405, table.values[:6], np.nan)
    new = np.where(np.arange(SAMPLES) >= 405, table.values[:6], np.nan)
    both = MetricTable(table.times, np.vstack([old, new, table.values[6:]]), (*table.series[:6], *table.series))
    assert not diagnose(incident(both)).hypotheses


def test_a_counter_that_is_reset_is_no_fault() -> None:
    random = np.random.default_rng(5)
    counted = np.cumsum(random.uniform(5, 15, size=(3, SAMPLES)), axis=1)
    counted[1, 410:] -= counted[1, 409]
    table = rows({(f"s{row}", "cpu_seconds_total"): counted[row] for row in range(3)})
    assert diagnose(incident(table)).healthy
    counted[2, 400:] += np.cumsum(np.full(SAMPLES - 400, 60.0))
    assert (
        diagnose(incident(rows({(f"s{row}", "cpu_seconds_total"): counted[row] for row in range(3)})))
        .hypotheses[0]
        .entity
        == "s2"
    )


def test_an_alert_may_be_minutes_off() -> None:
    """Its clock, and the time that its rule waits."""
    table = with_faults(noise(6, 5), {("s1", "cpu_usage"): 15.0}, shape())
    for minutes in (-10, 0, 10, 20):
        found = diagnose(incident(table, onset=BEGIN + 400 * STEP + 60 * minutes))
        assert found.hypotheses[0].entity == "s1"
        assert abs(found.evidence[0].at - (BEGIN + 400 * STEP)) <= 2 * STEP


def test_a_fault_that_is_over_is_said_to_be() -> None:
    found = diagnose(incident(with_faults(noise(7, 5), {("s1", "cpu_usage"): 15.0}, shape("over"))))
    assert found.hypotheses[0].entity == "s1"
    assert "and was back by" in found.evidence[0].text


def test_more_calls_need_no_change_to_explain_them() -> None:
    faults = {("s1", "requests_rate"): 40.0, ("s1", "cpu_usage"): 15.0}
    assert (diagnose(incident(with_faults(noise(8, 3), faults, shape()))).no_change or 0) > 0
    assert diagnose(incident(with_faults(noise(8, 3), {("s1", "cpu_usage"): 15.0}, shape()))).no_change is None


def test_where_only_latency_is_measured_callers_are_explained_by_those_they_call() -> None:
    """And the size of a shift says less then."""
    table = noise(9, 3, ["latency_p99"])
    table = with_faults(table, {("s0", "latency_p99"): 40.0, ("s1", "latency_p99"): 20.0}, shape())
    calls = CallGraph((CallEdge("s0", "s1"), CallEdge("s1", "s2")), "configuration")
    found = diagnose(incident(table, calls=calls))
    assert found.hypotheses[0].entity == "s1"
    assert found.hypotheses[0].log_odds <= 1.0


def hostile() -> Sequence[tuple[str, MetricTable | None]]:
    times = BEGIN + STEP * np.arange(SAMPLES)
    good = np.random.default_rng(1).normal(size=SAMPLES)
    one = (MetricSeries("s0", "cpu"),)
    return [
        ("no table", None),
        ("no series", MetricTable(times, np.zeros((0, SAMPLES)), ())),
        ("no times", MetricTable(np.zeros(0), np.zeros((1, 0)), one)),
        ("one sample", MetricTable(times[:1], np.ones((1, 1)), one)),
        ("few before", MetricTable(times[412:], good[None, 412:], one)),
        ("all NaN", MetricTable(times, np.full((1, SAMPLES), np.nan), one)),
        ("all infinite", MetricTable(times, np.full((1, SAMPLES), np.inf), one)),
        ("shapes that do not fit", MetricTable(times, np.zeros((2, SAMPLES)), one)),
        ("times that are NaN", MetricTable(np.full(SAMPLES, np.nan), good[None], one)),
        ("no service", MetricTable(times, good[None], (MetricSeries("", "cpu"),))),
        ("ended long before", MetricTable(times - 86400, good[None], one)),
        ("nine samples before", MetricTable(times, np.where(np.arange(SAMPLES) < 9, good, np.nan)[None], one)),
    ]  # fmt: skip


@pytest.mark.parametrize(("why", "table"), hostile())
def test_what_cannot_be_judged_is_abstained_from_with_the_reason(why: str, table: MetricTable | None) -> None:
    found = diagnose(incident(table))
    assert (found.hypotheses, found.healthy) == ((), False), why
    assert found.abstained.endswith("."), why


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0])
def test_absurd_samples_convict_nobody(bad: float) -> None:
    table = noise(10, 3)
    values = table.values.copy()
    values[0, 410::17] = bad
    values[1, :] = bad
    found = diagnose(incident(MetricTable(table.times, values, table.series)))
    assert found.healthy


def test_times_in_any_order_are_sorted() -> None:
    table = with_faults(noise(11, 3), {("s1", "cpu_usage"): 15.0}, shape())
    order = np.random.default_rng(1).permutation(SAMPLES)
    mixed = MetricTable(table.times[order], table.values[:, order], table.series)
    assert diagnose(incident(mixed)) == diagnose(incident(table))


def test_names_are_shown_as_they_are_and_do_nothing() -> None:
    table = noise(12, 2, ["cpu_usage"])
    series = (table.series[0], MetricSeries("](https://example.com) @octocat", "<img>`|" * 50))
    values = table.values + np.vstack([np.zeros(SAMPLES), 50 * shape()])
    found = diagnose(incident(MetricTable(table.times, values, series)))
    text = found.evidence[0].text
    assert "`](https://example.com) @octocat`" in text
    assert len(text) < 400


def test_a_constant_series_that_jumps_counts_and_is_capped() -> None:
    level = np.where(np.arange(SAMPLES) < 400, 0.0, 5.0)
    found = diagnose(incident(rows({("s0", "error_rate"): level, ("s1", "error_rate"): np.zeros(SAMPLES)})))
    assert [one.entity for one in found.hypotheses] == ["s0"]
    assert found.hypotheses[0].log_odds <= 1.0


def test_it_is_fast_enough() -> None:
    """50 services of 20 series each, two hours at 15 seconds: in 0.2 s where nothing else runs."""
    metrics = [f"{name}_{number}" for number in range(4) for name in METRICS[:5]]
    faults = {(f"s{service}", metric): 10.0 for service in range(50) for metric in metrics}
    data = incident(with_faults(noise(13, 50, metrics), faults, shape()))
    diagnose(data)
    began = time.process_time()
    diagnose(data)
    assert time.process_time() - began < 2.0
