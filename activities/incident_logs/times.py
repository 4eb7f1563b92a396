"""The times at the beginning of log lines, as seconds since 1970: ISO 8601, syslog, web servers, Log4j, epochs
and others.

A time without a zone is taken as UTC, one without a year as that which is nearest to the window.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_B: Final = "(?P<b>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_T: Final = r"(?P<t>\d\d:\d\d:\d\d)(?:[.,](?P<f>\d{1,9}))?"
_Z: Final = r" ?(?P<z>Z|UTC|GMT|[+-]\d\d:?\d\d)?"
_NEAR: Final = r"^[^\n]{0,48}?"
_FORMATS: Final = (
    rf"{_NEAR}(?P<Y>\d{{4}})[-/.](?P<m>\d\d)[-/.](?P<d>\d\d)[T _]{_T}{_Z}",
    rf"^[^\n]{{0,200}}?\b(?P<d>\d{{1,2}})[-/ ]{_B}[-/ ](?P<Y>\d{{4}})[: ]{_T}{_Z}",
    rf"^(?:<\d{{1,3}}>)?{_B} {{1,2}}(?P<d>\d{{1,2}}) {_T}",
    rf"^\[?\w{{3}} {_B} {{1,2}}(?P<d>\d{{1,2}}) {_T} (?P<Y>\d{{4}})",
    rf"^[IWEF](?P<m>\d\d)(?P<d>\d\d) {_T}",
    rf"^(?P<y>\d\d)/(?P<m>\d\d)/(?P<d>\d\d) {_T}",
    r"^(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d) (?P<t>\d{6})\b",
    rf"^\[?(?P<m>\d\d)[.-](?P<d>\d\d) {_T}",
    r"^[^\n]{0,24}?\b(?P<e>1\d{9})(?:\.(?P<f>\d{1,9})|(?P<x>\d{3}|\d{6}|\d{9}))?(?:[^\d\w]|$)",
)
_KEY: Final = r'"(?:@?timestamp|time|ts|t|datetime|date|asctime|@t)"\s*:\s*"?([^",}]{8,40})'
_YEAR: Final = 366 * 86400


@dataclass(frozen=True)
class LineTimes:
    """`times` has a Float64 for each line, null where it has none; `zoned`: at least one names its zone."""

    times: "pl.Series"
    zoned: bool


def times_of(lines: "pl.Series", around: float) -> LineTimes:
    """The times of these lines, which may be written in several ways. `around` chooses the year where there is none."""
    import polars as pl

    heads = _heads(lines)
    left = heads.is_not_null()
    found = pl.Series("time", [None], dtype=pl.Float64).new_from_index(0, len(lines))
    zoned = False
    for form in _FORMATS:
        step = max(1, len(heads) // 400)
        if not heads.filter(left).gather_every(step).str.contains(form).any():
            continue
        fields = heads.str.extract_groups(form).struct.unnest()
        times = fields.select(_seconds(set(fields.columns), around)).to_series()
        zoned = zoned or ("z" in fields.columns and bool(fields["z"].is_not_null().any())) or "e" in fields.columns
        found = found.fill_null(times)
        left = found.is_null()
        if not left.any():
            break
    return LineTimes(found, zoned)


def _heads(lines: "pl.Series") -> "pl.Series":
    """Where the time is: at the beginning, or under a key of a JSON line."""
    import polars as pl

    frame = lines.alias("line").to_frame()
    structured = pl.col("line").str.starts_with("{")
    head = pl.col("line").str.head(280)
    if not frame.select(structured.any()).item():
        return frame.select(head).to_series()
    return frame.select(pl.when(structured).then(pl.col("line").str.extract(_KEY)).otherwise(head)).to_series()


def _seconds(fields: set[str], around: float) -> "pl.Expr":
    import polars as pl

    if "e" in fields:
        more = pl.coalesce(pl.col("f"), pl.col("x"), pl.lit("0"))
        return pl.col("e").cast(pl.Float64) + _fraction(more)
    fraction = _fraction(pl.col("f").fill_null("0")) if "f" in fields else pl.lit(0.0)
    moment = _moment(fields, around) + fraction
    if "z" not in fields:
        return moment
    digits = pl.col("z").str.replace(":", "", literal=True)
    minutes = digits.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + digits.str.slice(3, 2).cast(
        pl.Int64, strict=False
    )
    sign = pl.when(digits.str.starts_with("-")).then(-60).otherwise(60)
    return moment - (minutes * sign).fill_null(0)


def _fraction(digits: "pl.Expr") -> "pl.Expr":
    import polars as pl

    return pl.concat_str(pl.lit("0."), digits).cast(pl.Float64, strict=False)


def _moment(fields: set[str], around: float) -> "pl.Expr":
    """The whole seconds, without a zone."""
    import polars as pl

    month = pl.col("m")
    if "b" in fields:
        numbers = {name.title(): f"{at:02}" for at, name in enumerate(_MONTHS, 1)}
        month = pl.col("b").replace_strict(numbers, default=None, return_dtype=pl.String)
    rest = [month, pl.col("d").str.zfill(2), pl.col("t").str.replace_all(":", "", literal=True)]

    def in_year(year: "pl.Expr") -> "pl.Expr":
        text = pl.concat_str(year, *rest)
        return text.str.to_datetime("%Y%m%d%H%M%S", strict=False, time_unit="us").dt.epoch("s").cast(pl.Float64)

    if "Y" in fields:
        return in_year(pl.col("Y"))
    if "y" in fields:
        return in_year(pl.concat_str(pl.lit("20"), pl.col("y")))
    this = datetime.fromtimestamp(around, UTC).year
    years = [in_year(pl.lit(str(year))) for year in (this, this - 1, this + 1)]
    near = [pl.when((one - around).abs() < _YEAR / 2).then(one) for one in years]
    return pl.coalesce(*near, years[0])
