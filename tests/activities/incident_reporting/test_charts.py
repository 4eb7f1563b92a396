"""Charts of an incident: which series are shown, and that Mermaid and XML read what is written of any of them."""

import re
from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from activities.incident_reporting.charts import ChartMark, MetricChart, charts, mermaid, svg
from activities.incidents.data import MetricSeries, MetricTable
from activities.incidents.types import IncidentScope

ONSET = 1_800_000_000.0
SCOPE = IncidentScope("incident:x", "pay", ("pay", "cart"), ONSET, ONSET - 1800, ONSET + 600)
MARK = ChartMark(ONSET, "onset")
HOSTILE = "\"]\n```\n%%{init: {}}%% <script>alert(1)</script> @octocat & 'x' \x00\u202e\ud800 https://example.com"
NUMBER = r"-?\d+(\.\d+)?"
LINE = re.compile(rf"  (line|bar) \[{NUMBER}(, {NUMBER})*\]")
"""As in Mermaid's grammar of `xychart`: a number has no exponent there."""


def _table(rows: dict[str, Sequence[float]], service: str = "pay") -> MetricTable:
    import numpy as np

    length = len(next(iter(rows.values()), ()))
    times = ONSET - 1800 + 15 * np.arange(length, dtype=float)
    values = np.array(list(rows.values()), dtype=float).reshape(len(rows), length)
    return MetricTable(times, values, tuple(MetricSeries(service, name) for name in rows))


def _chart(values: Sequence[float], title: str = "latency of pay", step: float = 60.0) -> MetricChart:
    return MetricChart(title, tuple((ONSET + step * at, value) for at, value in enumerate(values)))


def test_what_moved_most_comes_first_and_others_services_are_not_shown() -> None:
    calm = [5.0 + at % 2 for at in range(160)]
    moved = [10.0 + at % 3 if at < 120 else 90.0 for at in range(160)]
    found = charts(_table({"calm": calm, "moved": moved, "a": calm, "b": calm}), SCOPE)
    assert found[0].title == "moved of pay"
    assert len(found) == 3
    assert all(len(one.points) == 40 for one in found)
    assert charts(_table({"moved": moved}, "other"), SCOPE) == []


@pytest.mark.parametrize(
    "values",
    [[], [1.0], [1.0, 2.0], [float("nan")] * 160, [1.0] * 120, [float("nan")] * 120 + [1.0] * 40,
     [1.0] * 120 + [float("inf")] * 40],
    ids=["nothing", "one", "two", "nan", "no_sample_after", "no_sample_before", "infinite_after"],
)  # fmt: skip
def test_data_that_shows_nothing_is_no_chart(values: list[float]) -> None:
    assert charts(_table({"metric": values}), SCOPE) == []


def test_gaps_are_left_out() -> None:
    values = [float(at) if at % 16 < 4 else float("nan") for at in range(160)]
    (found,) = charts(_table({"metric": values}), SCOPE)
    assert len(found.points) == 10


@pytest.mark.parametrize(
    "values",
    [[1.0, 2.5], [0.0, 0.0, 0.0], [-3.0, -1.0], [12_345.6, 999_999.0], [1e-12, 3e-9], [1e30, 2.0], [5.0] * 40],
    ids=["usual", "zero", "negative", "large", "tiny", "huge", "constant"],
)
@pytest.mark.parametrize("step", [0.0, 1.0, 20.0, 86_400.0])
def test_mermaid_reads_every_number(values: list[float], step: float) -> None:
    chart = _chart(values, step=step)
    first, kind, title, across, up, *rows, last = mermaid(chart, [MARK])
    assert (first, kind, last) == ("```mermaid", "xychart-beta", "```")
    assert title == '  title "latency of pay"'
    found = re.fullmatch(r'  x-axis "(minutes|seconds)" 0 --> (\d+)', across)
    assert found
    assert int(found[2]) >= 1
    limits = re.fullmatch(rf"  y-axis ({NUMBER}) --> ({NUMBER})", up)
    assert limits
    assert float(limits[1]) < float(limits[3])
    assert [row.split()[0] for row in rows] == ["line", "bar"]
    assert all(LINE.fullmatch(row) for row in rows), rows
    assert {row.count(",") for row in rows} == {len(values) - 1}


def test_the_marks_are_bars_at_their_times() -> None:
    chart = _chart([1.0, 2.0, 4.0, 3.0])
    marks = [ChartMark(ONSET + 65, "onset"), ChartMark(ONSET - 999, "long before"), ChartMark(float("nan"), "never")]
    assert mermaid(chart, marks)[-2] == "  bar [0, 4, 0, 0]"
    assert not any("bar" in line for line in mermaid(chart, marks[1:]))


def test_too_few_points_are_no_chart() -> None:
    for values in ([], [1.0]):
        assert mermaid(_chart(values), [MARK]) == []
        assert svg(_chart(values), [MARK]) == ""


def test_a_name_ends_neither_the_title_nor_the_block() -> None:
    lines = mermaid(_chart([1.0, 2.0], HOSTILE), [ChartMark(ONSET, HOSTILE)])
    assert "\n".join(lines).count("```") == 2
    assert all("\n" not in line for line in lines)
    assert re.fullmatch(r'  title "[^"`<>{}\[\]&@#;\\]+"', lines[2])
    assert mermaid(_chart([1.0, 2.0], "\n"), [])[2] == '  title "metric"'


@pytest.mark.parametrize("values", [[1.0, 2.0], [0.0, 0.0], [-3.0, -1.0], [1e-12, 1e30]])
def test_svg_is_xml_whose_texts_are_only_text(values: list[float]) -> None:
    chart = _chart(values, HOSTILE)
    root = ElementTree.fromstring(svg(chart, [ChartMark(ONSET + 30, HOSTILE), ChartMark(ONSET + 1e9, "later")]))
    space = "{http://www.w3.org/2000/svg}"
    assert {one.tag.removeprefix(space) for one in root.iter()} == {"svg", "polyline", "line", "title", "text"}
    assert len(root.findall(f"{space}line")) == 1
    line = root.find(f"{space}polyline")
    assert line is not None
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert all(left[0] < right[0] for left, right in pairwise(points))
    assert all(0 <= x <= 640 and 0 <= y <= 160 for x, y in points)
