"""The sentences about shifts of metrics."""

from datetime import UTC, datetime

from activities.incident_signals.shifts import SeriesShift
from activities.reporting.markdown import code

_LONGEST = 60


def number(value: float) -> str:
    """Three digits that say something: 0.12, 1.9, 1,240, 3.1e+09."""
    size = abs(value)
    if size >= 1e6 or 0 < size < 1e-3:
        return f"{value:.2g}"
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.2g}" if size < 10 else f"{value:.3g}"


def clock(at: float) -> str:
    """The time of day: `14:03:15 UTC`."""
    return datetime.fromtimestamp(min(max(at, 0.0), 4e9), UTC).strftime("%H:%M:%S UTC")


def shifted(shift: SeriesShift) -> str:
    """From what to what, by how much, and when."""
    series = shift.series
    where = f" ({code(series.instance, _LONGEST)})" if series.instance and series.instance != series.service else ""
    verb = "rose" if shift.after > shift.before else "fell"
    ended = f", and was back by {clock(shift.ended)}" if shift.ended else ""
    return (
        f"{code(series.metric or 'value', _LONGEST)} of {code(series.service, _LONGEST)}{where} {verb} from "
        f"{number(shift.before)} to {number(shift.after)} ({times(shift.effect)} its usual spread) at "
        f"{clock(shift.at)}{ended}"
    )


def times(effect: float) -> str:
    """How many times: `16 times`, `over 100 times`."""
    if effect >= 100:
        return "over 100 times"
    return f"{effect:.0f} times" if effect >= 10 else f"{effect:.2g} times"


def vanished(service: str, at: float) -> str:
    """Nothing of it is measured any more, while other services are."""
    return f"The metrics of {code(service, _LONGEST)} ended at {clock(at)}, and those of others did not"
