"""Metrics as charts: Mermaid, as GitHub renders it in a comment, and SVG for a page. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from activities.incidents.data import MetricTable
from activities.incidents.types import IncidentScope
from activities.reporting.markdown import one_line

_MOST_POINTS = 40
_MOST_CHARTS = 3
_WIDTH, _HEIGHT, _EDGE = 640, 160, 30


@dataclass(frozen=True)
class ChartMark:
    """A time to mark, such as the onset or a deployment."""

    at: float
    name: str


@dataclass(frozen=True)
class MetricChart:
    """One series: (seconds since 1970, value) of each point, without gaps; at most 40 points."""

    title: str
    points: tuple[tuple[float, float], ...]


def charts(table: MetricTable, scope: IncidentScope) -> list[MetricChart]:
    """The series of the service that moved most at the onset, in spreads of their own."""
    import numpy as np

    own = [at for at, one in enumerate(table.series) if one.service == scope.service]
    before = table.times < scope.onset
    if not own or before.sum() < 3 or (~before).sum() < 1:
        return []
    values = np.where(np.isfinite(table.values[own]), table.values[own], np.nan)
    moved = []
    for place, row in zip(own, values, strict=True):
        base, late = row[before], row[~before]
        if np.isfinite(base).sum() < 3 or not np.isfinite(late).any():
            continue
        low, middle, high = np.nanpercentile(base, [25, 50, 75])
        spread = max(high - low, 0.02 * abs(middle), 1e-9)
        moved.append((-abs(float(np.nanmedian(late)) - middle) / spread, place))
    return [_chart(table, place) for _, place in sorted(moved)[:_MOST_CHARTS]]


def _chart(table: MetricTable, place: int) -> MetricChart:
    """The means of some equal parts of its time, without those that have no sample."""
    import numpy as np

    one = table.series[place]
    row = table.values[place]
    points = []
    for part in np.array_split(np.arange(row.size), min(_MOST_POINTS, row.size)):
        known = part[np.isfinite(row[part])]
        if known.size:
            points.append((float(table.times[known].mean()), float(row[known].mean())))
    what = ", ".join(one.labels.values())
    return MetricChart(f"{one.metric} of {one.service}{f' ({what})' if what else ''}", tuple(points))


def mermaid(chart: MetricChart, marks: Sequence[ChartMark]) -> list[str]:
    """A block of code that GitHub shows as a chart. The marks are a second line that jumps at each of them."""
    if len(chart.points) < 2:
        return []
    values = [value for _, value in chart.points]
    low, high = _limits(values)
    seconds = max(chart.points[-1][0] - chart.points[0][0], 1.0)
    unit, length = ("minutes", seconds / 60) if seconds >= 300 else ("seconds", seconds)
    lines = [
        "```mermaid",
        "xychart-beta",
        f'  title "{_plain(chart.title)}"',
        # A number for its end, and not a label for each point: equal labels would be one point.
        f'  x-axis "{unit}" 0 --> {max(round(length), 1)}',
        f"  y-axis {_number(low)} --> {_number(high)}",
        f"  line [{', '.join(_number(value) for value in values)}]",
    ]
    places = [_nearest(chart, mark.at) for mark in marks]
    if known := [place for place in places if place is not None]:
        bars = [_number(high if place in known else low) for place in range(len(values))]
        lines.append(f"  bar [{', '.join(bars)}]")
    return [*lines, "```"]


def svg(chart: MetricChart, marks: Sequence[ChartMark]) -> str:
    """The same as one SVG element, in the colours of the page around it."""
    if len(chart.points) < 2:
        return ""
    times = [at for at, _ in chart.points]
    values = [value for _, value in chart.points]
    low, high = _limits(values)

    def across(at: float) -> float:
        return _EDGE + (_WIDTH - 2 * _EDGE) * (at - times[0]) / max(times[-1] - times[0], 1e-9)

    def up(value: float) -> float:
        return _HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * (value - low) / max(high - low, 1e-12)

    line = " ".join(f"{across(at):.1f},{up(value):.1f}" for at, value in chart.points)
    shown = [mark for mark in marks if times[0] <= mark.at <= times[-1]]
    rules = "".join(
        f'<line x1="{across(mark.at):.1f}" x2="{across(mark.at):.1f}" y1="{_EDGE}" y2="{_HEIGHT - _EDGE}" '
        f'stroke="currentColor" stroke-dasharray="4 3"><title>{escape(one_line(mark.name, 80))}</title></line>'
        f'<text x="{across(mark.at):.1f}" y="{_EDGE - 6}" font-size="11" fill="currentColor" text-anchor="middle">'
        f"{escape(one_line(mark.name, 30))}</text>"
        for mark in shown
    )
    title = escape(one_line(chart.title, 120))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}" xmlns="http://www.w3.org/2000/svg">'
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="2"/>{rules}'
        f'<text x="{_EDGE}" y="{_HEIGHT - 8}" font-size="12" fill="currentColor">{title}</text>'
        f'<text x="4" y="{_EDGE + 4}" font-size="11" fill="currentColor">{_number(high)}</text></svg>'
    )


def _nearest(chart: MetricChart, at: float) -> int | None:
    """The place of a time among the points, None where it is outside of them."""
    times = [each for each, _ in chart.points]
    if not times[0] <= at <= times[-1]:
        return None
    return min(range(len(times)), key=lambda place: abs(times[place] - at))


def _limits(values: Sequence[float]) -> tuple[float, float]:
    """Of the axis of values, which always has a length."""
    low, high = min(0.0, *values), max(0.0, *values)
    return (low, high) if low < high else (0.0, 1.0)


def _number(value: float) -> str:
    """Four digits of it. Never with an exponent, which Mermaid does not read."""
    return f"{Decimal(f'{value:.4g}'):f}"


def _plain(text: str) -> str:
    """Quotes and what Mermaid reads as more than text are left out."""
    return "".join(each for each in one_line(text, 100) if each.isalnum() or each in " _-.,()/%:").strip() or "metric"
