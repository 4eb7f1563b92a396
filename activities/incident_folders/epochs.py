"""Times of tables, as seconds since 1970: seconds, milliseconds, microseconds, nanoseconds or ISO 8601."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

# Numbers below are no times: 1973 in seconds.
_UNITS: Final = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3), (1e8, 1.0))


def unit_of(number: float) -> float:
    """What makes seconds of such a number, 0 where it is no time."""
    return next((unit for least, unit in _UNITS if number >= least), 0.0)


def epoch_seconds(texts: "pl.Series") -> "pl.Series":
    """Float64, null for what is no time. The unit is that of most of them. Without a zone they are UTC."""
    import polars as pl

    from activities.incident_logs.times import times_of

    numbers = texts.cast(pl.Float64, strict=False)
    known = numbers.drop_nulls().drop_nans()
    if 2 * len(known) >= len(texts) - texts.null_count() and len(known):
        middle = known.median()
        unit = unit_of(float(middle)) if isinstance(middle, (int, float)) else 0.0
        times = numbers * unit if unit else numbers.clear(len(numbers))
    else:
        times = times_of(texts.cast(pl.String), 0.0).times
    return times.set(~times.is_finite().fill_null(False), None)


def moment(text: str) -> float:
    """One of them, 0 where it is none."""
    import polars as pl

    found = epoch_seconds(pl.Series("time", [text], dtype=pl.String))[0]
    return float(found) if found is not None else 0.0
