"""Whether metrics are as they were before the onset: what shifted decides, and what cannot be said is not said."""

import numpy as np
import pytest

from activities.incident_engine.recovery import recovery
from activities.incidents.data import MetricSeries, MetricTable
from activities.incidents.types import IncidentScope

SCOPE = IncidentScope("incident:x", "checkout", ("checkout",), 1200.0, 0.0, 2400.0)
TIMES = np.arange(0.0, 2400.0, 15.0)
SINCE = 1800.0


def table(*after: float, service: str = "checkout") -> MetricTable:
    """Errors that are 1 before the onset, 50 until the fix, and then these; beside a series that never moved."""
    random = np.random.default_rng(1)
    values = 1 + 0.1 * random.standard_normal(TIMES.size)
    values[SCOPE.onset <= TIMES] += 49
    values[TIMES >= SINCE] = np.resize(np.array(after), int((TIMES >= SINCE).sum()))
    quiet = 5 + 0.1 * random.standard_normal(TIMES.size)
    series = (MetricSeries(service, "errors"), MetricSeries(service, "memory"))
    return MetricTable(TIMES, np.vstack([values, quiet]), series)


@pytest.mark.parametrize(("after", "recovered"), [((1.0, 1.1), True), ((50.0,), False), ((20.0,), False)])
def test_recovered_or_not(after: tuple[float, ...], recovered: bool) -> None:
    found = recovery(table(*after), SCOPE, SINCE)
    assert (found.known, found.recovered) == (True, recovered)
    assert found.text


@pytest.mark.parametrize(
    "wrong",
    [
        table(np.nan),
        table(1.0, service="payments"),
        MetricTable(TIMES[:5], table(1.0).values[:, :5], table(1.0).series),
        MetricTable(TIMES, np.full((2, TIMES.size), 3.0), table(1.0).series),
        MetricTable(TIMES, np.full((2, TIMES.size), np.inf), table(1.0).series),
    ],
    ids=["no samples since", "another service's", "no baseline", "nothing shifted", "infinite"],
)
def test_what_cannot_be_said_is_no_recovery(wrong: MetricTable) -> None:
    assert not recovery(wrong, SCOPE, SINCE).recovered
