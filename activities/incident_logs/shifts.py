"""Which templates are new, gone, or written at another rate after the onset, beyond what their own noise explains.

Each template's counts before and after are compared by the likelihood ratio of two Poisson rates, divided by how much
more its counts scatter than Poisson's. The limit is for the whole family of templates, so that a thousand templates of
noise give none.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, Literal

from activities.incident_logs.faults import FAULT_WORDS, NEVER_CASUAL, NO_FAULT_WORDS, ROUTINE_WORDS
from activities.incident_logs.templates import templates_of
from activities.incidents.types import IncidentScope

if TYPE_CHECKING:
    import polars as pl

ShiftSort = Literal["new", "vanished", "more", "fewer"]
ShiftWeight = Literal["certain", "fault", "warning", "behaviour"]

BINS: Final = 120
EVERY_FAULT: Final = 2**32 - 1
"""In place of a template's id: all warnings and errors of a service."""

_CHANCE: Final = 0.00025
"""For each of the two edges."""
_BEHAVIOUR_LIMIT: Final = 8.0
_LEAST: Final = {"new": 3, "more": 8}
_LEVELS: Final = ("", "debug", "info", "warning", "error", "critical")


@dataclass(frozen=True)
class TemplateShift:
    """A template of `service` that was logged `before` and `after` times, at `first` for the first time after. `score`
    is how unlikely that is, in standard deviations. `weight`: what one such line means at all."""

    service: str
    template: int
    text: str
    sort: ShiftSort
    weight: ShiftWeight
    before: int
    after: int
    first: float
    score: float


@dataclass(frozen=True)
class ServiceCounts:
    """Lines of one service before and after the edge, those of errors among them, and how far its traffic changed."""

    service: str
    before: int
    after: int
    errors_before: int
    errors_after: int
    traffic: float


@dataclass(frozen=True)
class LogShifts:
    """`lines` are those with a time, with the columns `template` (by service) and `late` (after the edge). `edge` is
    the time that separates before from after: somewhat before the onset, since an alert comes after its cause."""

    lines: "pl.DataFrame"
    edge: float
    counts: tuple[ServiceCounts, ...]
    shifts: tuple[TemplateShift, ...]
    templates: int


@dataclass(frozen=True)
class _Rates:
    """One template's counts, and how much they scatter beyond Poisson's (1 for not at all)."""

    service: str
    template: int
    text: str
    level: str
    before: int
    after: int
    first: float
    scatter: float


def edges_of(scope: IncidentScope) -> tuple[float, float]:
    """The onset; and the onset less the time that an alert takes to fire and the skew of clocks."""
    return scope.onset, scope.onset - min(600.0, max(0.0, 0.2 * (scope.onset - scope.begin)))


def log_shifts(lines: "pl.DataFrame", scope: IncidentScope) -> LogShifts:
    """Compares what these lines say before and after. Lines without a time are left out. An alert may name the moment
    itself or be late, so there are two edges: the one that shows more counts."""
    import polars as pl

    timed = lines.filter(pl.col("time").is_between(scope.begin, scope.end))
    parts, texts = [], {}
    for (service,), part in sorted(timed.partition_by("service", as_dict=True).items(), key=lambda one: str(one[0])):
        ids, texts[str(service)] = templates_of(part["text"])
        parts.append(part.with_columns(ids.alias("template")))
    marked = pl.concat(parts) if parts else timed.with_columns(template=pl.lit(0, pl.UInt32))
    found = [_compared(marked, texts, scope, edge) for edge in edges_of(scope)]
    return max(found, key=_clearest)


def _clearest(one: LogShifts) -> tuple[float, float]:
    """How much it shows of a fault, and then of anything."""
    faults = [shift.score for shift in one.shifts if shift.weight != "behaviour"]
    return max(faults, default=0.0), max((shift.score for shift in one.shifts), default=0.0)


def _compared(
    lines: "pl.DataFrame", texts: "Mapping[str, tuple[str, ...]]", scope: IncidentScope, edge: float
) -> LogShifts:
    """Before and after one edge. Where the lines begin later than the scope, nothing is known of the time before."""
    import polars as pl

    marked = lines.with_columns(late=pl.col("time") >= edge)
    first, last = marked["time"].min(), marked["time"].max()
    begin = min(max(scope.begin, float(first or 0)), edge - 1.0)  # type: ignore[arg-type]
    end = min(scope.end, max(edge + 1.0, float(last or 0)))  # type: ignore[arg-type]
    rates = list(_rates(marked, texts, edge, begin, end))
    counts = tuple(_service_counts(rates, edge - begin, end - edge))
    every = list(_rates(*_faults_together(marked, rates), edge, begin, end))
    by_service = {one.service: one for one in counts}
    shifts = _shifted(rates, by_service, edge - begin, end - edge)
    clear = {one.service for one in shifts if one.weight != "behaviour"}
    unclear = [one for one in every if one.service not in clear]
    shifts += _shifted(unclear, by_service, edge - begin, end - edge)
    return LogShifts(marked, edge, counts, tuple(shifts), len(rates))


def _faults_together(marked: "pl.DataFrame", rates: list[_Rates]) -> "tuple[pl.DataFrame, dict[str, dict[int, str]]]":
    """The lines of warnings and errors as if each service had one template of them: several rare ones that are new say
    together what none says alone."""
    import polars as pl

    faults = [one for one in rates if weight_of(one.text, one.level) in ("fault", "warning")]
    keys = {"service": [one.service for one in faults], "template": [one.template for one in faults]}
    wanted = pl.DataFrame(keys, schema={"service": pl.String, "template": pl.UInt32})
    lines = marked.join(wanted, on=["service", "template"], how="semi").with_columns(
        template=pl.lit(EVERY_FAULT, pl.UInt32)
    )
    return lines, {one.service: {EVERY_FAULT: "warnings and errors of every kind"} for one in faults}


def _rates(
    marked: "pl.DataFrame",
    texts: "Mapping[str, tuple[str, ...] | dict[int, str]]",
    edge: float,
    begin: float,
    end: float,
) -> Iterator[_Rates]:
    import polars as pl

    width = max(1.0, (end - begin) / BINS)
    late = pl.col("late")
    level = pl.col("level").replace_strict(
        {name: at for at, name in enumerate(_LEVELS)}, default=0, return_dtype=pl.Int8
    )
    keys = ["service", "template"]
    bins = marked.group_by(*keys, "late", ((pl.col("time") - edge) / width).floor().alias("bin")).len()
    squares = bins.group_by(*keys, "late").agg((pl.col("len").cast(pl.Float64) ** 2).sum().alias("squares"))
    sums = marked.group_by(*keys).agg(
        (~late).sum().alias("before"), late.sum().alias("after"), pl.col("time").filter(late).min().alias("first"),
        level.max().alias("level"),
    )  # fmt: skip
    for side, name in ((False, "early_squares"), (True, "late_squares")):
        one = squares.filter(late == side).select(*keys, pl.col("squares").alias(name))
        sums = sums.join(one, on=keys, how="left")
    sizes = max(1.0, (edge - begin) / width), max(1.0, (end - edge) / width)
    for row in sums.fill_null(0).sort(keys).iter_rows(named=True):
        sides = ((row["before"], row["early_squares"], sizes[0]), (row["after"], row["late_squares"], sizes[1]))
        text = texts[row["service"]][row["template"]]
        yield _Rates(row["service"], row["template"], text, _LEVELS[row["level"]], row["before"], row["after"],
                     float(row["first"]), _scatter(sides))  # fmt: skip


def _scatter(sides: tuple[tuple[int, float, float], ...]) -> float:
    """The variance over the mean of counts in bins, each side about its own mean: 1 for Poisson's, more for bursts."""
    total = sum(count for count, _squares, _bins in sides)
    free = sum(bins - 1 for _count, _squares, bins in sides)
    spread = sum(squares - count**2 / bins for count, squares, bins in sides)
    mean = total / sum(bins for _count, _squares, bins in sides)
    return max(1.0, spread / max(free, 1.0) / mean) if mean else 1.0


def _service_counts(rates: list[_Rates], early: float, late: float) -> Iterator[ServiceCounts]:
    """Traffic is what lines that speak of no fault say of it: where there is more of it, there are more errors too."""
    for name in sorted({one.service for one in rates}):
        own = [one for one in rates if one.service == name]
        usual = [one for one in own if weight_of(one.text, one.level) == "behaviour" and one.before]
        errors = [one for one in own if one.level in ("error", "critical")]
        before, after = sum(one.before for one in usual), sum(one.after for one in usual)
        traffic = (after / max(late, 1.0)) / (before / max(early, 1.0)) if before >= 30 else 1.0
        yield ServiceCounts(
            name, sum(one.before for one in own), sum(one.after for one in own),
            sum(one.before for one in errors), sum(one.after for one in errors), traffic,
        )  # fmt: skip


def weight_of(text: str, level: str) -> ShiftWeight:
    """What a line of this template means. What its level calls information is behaviour, whatever its words are."""
    import re

    if re.search(NEVER_CASUAL, text):
        return "certain"
    if level in ("error", "critical"):
        return "fault"
    speaks = re.search(FAULT_WORDS, text) and not re.search(NO_FAULT_WORDS, text)
    if speaks and level in ("", "warning"):
        return "fault"
    return "warning" if level == "warning" and not re.search(ROUTINE_WORDS, text) else "behaviour"


def _shifted(rates: list[_Rates], counts: dict[str, ServiceCounts], early: float, late: float) -> list[TemplateShift]:
    import re

    weights = [weight_of(one.text, one.level) for one in rates]
    # What was logged twice can never be beyond the limit, so it is no test.
    tested = sum(
        weight != "behaviour" and one.before + one.after >= _LEAST["new"]
        for one, weight in zip(rates, weights, strict=True)
    )
    limit = NormalDist().inv_cdf(1 - _CHANCE / max(1, tested))
    found = []
    for one, own in zip(rates, weights, strict=True):
        traffic = min(20.0, max(0.05 if own == "behaviour" else 1.0, counts[one.service].traffic))
        score = _score(one, early, late * traffic)
        sort = _sort_of(one, early, late * traffic)
        # An error that ends is no fault.
        weight: ShiftWeight = "behaviour" if sort in ("vanished", "fewer") else own
        if weight == "certain" and sort == "new":
            wanted, score = True, max(score, limit)
        elif weight == "behaviour":
            routine = re.search(ROUTINE_WORDS, one.text)
            wanted = score >= _BEHAVIOUR_LIMIT and max(one.before, one.after) >= 20 and not routine
        else:
            wanted = score >= limit and one.after - one.before * late / early >= _LEAST[sort]
        if wanted:
            found.append(
                TemplateShift(one.service, one.template, one.text, sort, weight, one.before, one.after, one.first,
                              round(score, 2))
            )  # fmt: skip
    return sorted(found, key=lambda shift: (-shift.score, shift.service, shift.text))


def _sort_of(one: _Rates, early: float, late: float) -> ShiftSort:
    if not one.before:
        return "new"
    if not one.after:
        return "vanished"
    return "more" if one.after / late > one.before / early else "fewer"


def _score(one: _Rates, early: float, late: float) -> float:
    """The root of the likelihood ratio of two rates against one, over the scatter; 0 for less than a doubling."""
    if early <= 0 or late <= 0:
        return 0.0
    ratio = ((one.after + 0.5) / late) / ((one.before + 0.5) / early)
    if 0.5 < ratio < 2:
        return 0.0
    total, span = one.before + one.after, early + late
    terms = ((one.before, total * early / span), (one.after, total * late / span))
    ratio_test = 2 * sum(count * math.log(count / expected) for count, expected in terms if count)
    return math.sqrt(max(0.0, ratio_test) / one.scatter)
