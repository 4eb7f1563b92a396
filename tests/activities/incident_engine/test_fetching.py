"""What several sources have is put on one grid, and a source that fails does not take the others' data with it."""

from pathlib import Path

import numpy as np
import polars as pl

from activities.incident_engine.fetching import IncidentFetcher, merged_calls, merged_logs, merged_metrics
from activities.incidents.data import CallEdge, CallGraph, LogTable, MetricSeries, MetricTable
from activities.incidents.deployment import IncidentDeployment
from activities.incidents.store import IncidentStore
from activities.incidents.types import IncidentScope

SCOPE = IncidentScope("incident:x", "checkout", ("checkout",), 1000.0, 0.0, 1900.0)


def table(times: list[float], *named: tuple[str, list[float]]) -> MetricTable:
    series = tuple(MetricSeries("checkout", name) for name, _ in named)
    return MetricTable(np.array(times), np.array([values for _, values in named]), series)


def test_other_grids_get_the_nearest_sample() -> None:
    main = table([0, 10, 20, 30], ("cpu", [1, 2, 3, 4]), ("memory", [5, 5, 5, 5]))
    found = merged_metrics([table([9, 19, 90], ("disk", [7, 8, 9]), ("cpu", [0, 0, 0])), main])
    assert [one.metric for one in found.series] == ["cpu", "memory", "disk"]
    assert found.values[0].tolist() == [1, 2, 3, 4]
    assert found.values[2].tolist()[:3] == [7, 7, 8]


def test_samples_that_are_far_away_are_none() -> None:
    found = merged_metrics(
        [table([0, 10, 20, 600], ("cpu", [1, 2, 3, 4]), ("m", [1] * 4)), table([0, 10], ("disk", [7, 8]))]
    )
    assert found.values[2].tolist()[:2] == [7, 8]
    assert np.isnan(found.values[2][3])


def test_tables_with_one_sample_or_none() -> None:
    one = merged_metrics([table([5], ("cpu", [1]), ("x", [1])), table([5], ("disk", [7]))])
    assert one.values.tolist() == [[1], [1], [7]]
    empty = MetricTable(np.array([]), np.empty((1, 0)), (MetricSeries("checkout", "none"),))
    assert len(merged_metrics([table([5], ("cpu", [1]), ("x", [1])), empty]).series) == 2


def test_logs_are_in_order_and_lines_without_a_time_stay() -> None:
    def lines(*times: float | None) -> pl.DataFrame:
        rows = {"time": times, "service": "checkout", "level": "", "text": [str(each) for each in times]}
        return pl.DataFrame(rows, schema_overrides={"time": pl.Float64})

    found = merged_logs([LogTable(lines(3, None, 1), 2), LogTable(lines(2), 5)])
    assert found.lines["text"].to_list() == ["1", "2", "3", "None"]
    assert found.left_out == 7


def test_measured_edges_come_first() -> None:
    plain, measured = CallEdge("a", "b"), CallEdge("a", "b", (1.0, 2.0))
    found = merged_calls(
        [CallGraph((plain,), "the configuration"), CallGraph((measured, CallEdge("b", "c")), "traces")]
    )
    assert found == CallGraph((measured, CallEdge("b", "c")), "the configuration, traces")


async def test_without_sources_it_is_said(tmp_path: Path) -> None:
    store = IncidentStore(tmp_path)
    found = await IncidentFetcher(IncidentDeployment(), store).fetch_metrics(SCOPE)
    assert found.items == 0
    assert "configured" in found.problem
