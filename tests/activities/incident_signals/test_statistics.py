"""The statistics of rows, against their definitions, and tables that nobody should have sent."""

import math

import numpy as np
import pytest

from activities.diagnosers.metrics import diagnose
from activities.diagnosers.topology import diagnose as diagnose_topology
from activities.incident_signals.call_links import reaching
from activities.incident_signals.shift_texts import clock, number
from activities.incident_signals.statistics import as_normal, distance_of_distributions, quantiles, threshold
from activities.incidents.data import CallEdge, CallGraph, MetricSeries, MetricTable
from activities.incidents.types import Diagnosis
from tests.activities.diagnosers.tables import incident

ABSURD = (0.0, 1.0, 1e308, -1e308, math.nan, math.inf, -math.inf, 5e-324)
NAMES = ("latency_p99", "cpu_usage", "errors_total", "requests_total", "", "`|<b>`", "x" * 500)


def test_quantiles_leave_out_what_is_not_there() -> None:
    random = np.random.default_rng(1)
    values = random.normal(size=(20, 37))
    values[random.uniform(size=values.shape) < 0.3] = np.nan
    values[3] = np.nan
    found = np.array(quantiles(values, 0.05, 0.25, 0.5))
    for row in (0, 7, 19):
        assert found[:, row] == pytest.approx(np.nanpercentile(values[row], [5, 25, 50]))
    assert np.isnan(found[:, 3]).all()


def test_the_distance_of_distributions_is_the_largest_difference() -> None:
    random = np.random.default_rng(2)
    values = np.round(random.normal(size=(10, 60)), 1)  # with equal values
    values[:, 5] = np.nan
    before = np.broadcast_to(np.arange(60) < 40, values.shape)
    found = distance_of_distributions(values, before, ~before)
    for row, samples in enumerate(values):
        one, other = (part[np.isfinite(part)] for part in (samples[:40], samples[40:]))
        points = np.concatenate([one, other])
        shares = [(each[None, :] <= points[:, None]).mean(axis=1) for each in (one, other)]
        assert found[row] == pytest.approx(np.abs(shares[0] - shares[1]).max())


def test_the_threshold_grows_with_the_number_of_looks() -> None:
    assert threshold(1, 0.05) == pytest.approx(1.96, abs=0.01)
    assert threshold(1, 0.01) < threshold(1000, 0.01) < threshold(1e6, 0.01) < 8
    assert as_normal(np.array([2.228]), np.array([10.0]))[0] == pytest.approx(1.96, abs=0.02)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.12, "0.12"), (1.9, "1.9"), (1240.4, "1,240"), (-3.14159, "-3.1"), (0.0, "0"), (3.1e9, "3.1e+09"),
        (0.00012, "0.00012"), (99.97, "100"), (45.67, "45.7"),
    ],
)  # fmt: skip
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


def test_the_time_of_day_is_shown_also_of_absurd_times() -> None:
    assert clock(1_700_000_000) == "22:13:20 UTC"
    assert clock(-1e300) == "00:00:00 UTC"
    assert clock(1e300).endswith("UTC")


def test_all_that_reach_a_service_are_found_in_cycles_too() -> None:
    assert reaching("a", {"a": {"b"}, "b": {"c", "a"}, "c": {"b"}}) == {"b", "c"}


def test_no_table_makes_a_diagnoser_fail() -> None:
    """500 tables of absurd and ordinary samples, times and names."""
    calls = CallGraph((CallEdge("a", "b"), CallEdge("b", "a"), CallEdge("a", "a")), "a file")
    for seed in range(500):
        random = np.random.default_rng(seed)
        count, length = random.integers(0, 6), random.integers(0, 90)
        cells = np.where(random.uniform(size=(count, length)) < 0.7, random.normal(size=(count, length)), ABSURD[0])
        absurd = random.choice(ABSURD, size=cells.shape)
        cells = np.where(random.uniform(size=cells.shape) < random.choice([0.0, 0.05, 1.0]), absurd, cells)
        times = np.arange(length) * 15.0
        if seed % 5 == 0:
            times = np.where(random.uniform(size=length) < 0.3, random.choice(ABSURD, size=length), times)
        names = random.choice(NAMES, size=count)
        series = tuple(MetricSeries(str(random.choice(["a", "b", ""])), str(name)) for name in names)
        onset = float(random.choice([600.0, 0.0, -1e300, 1e300, 900.0]))
        for judge in (diagnose, diagnose_topology):
            is_sane(judge(incident(MetricTable(times, cells, series), "a", onset, calls)))


def is_sane(found: Diagnosis) -> None:
    assert all(math.isfinite(one.log_odds) for one in found.hypotheses)
    assert all(len(one.text) < 600 for one in found.evidence)
    assert not (found.abstained and found.hypotheses)
    ids = [one.id for one in found.evidence]
    assert len(ids) == len(set(ids))
    assert {id for one in found.hypotheses for id in one.evidence} <= set(ids)
