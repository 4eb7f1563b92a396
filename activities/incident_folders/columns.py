"""What the columns of a CSV file mean, by the names that are usual for them."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from activities.errors import UserError
from activities.reporting.markdown import code

if TYPE_CHECKING:
    import polars as pl

_HEAD: Final = 1024**2
_LARGEST: Final = 4 * 1024**3
_MOST_COLUMNS: Final = 20_000
_MOST_ROWS: Final = 5_000_000

# By small letters and digits alone, the best first.
TIMES: Final = (
    "timestamp", "timeunixnano", "unixtimestamp", "unixtime", "time", "ts", "datetime", "date", "starttimeunixnano",
    "starttime", "starttimemillis", "start",
)  # fmt: skip
SERVICES: Final = ("service", "servicename", "microservice", "app", "component")
PODS: Final = ("podname", "pod", "containername", "container", "cmdbid", "instance", "kubernetespodname", "host")
METRICS: Final = ("metric", "metricname", "kpiname", "kpi", "name", "indicator")
VALUES: Final = ("value", "metricvalue", "val")
TEXTS: Final = ("log", "message", "msg", "content", "body", "logmessage", "text", "line", "value")
LEVELS: Final = ("level", "severity", "loglevel", "levelname", "severitytext")
TRACES: Final = ("traceid",)
SPANS: Final = ("spanid", "id")
PARENTS: Final = ("parentspanid", "parentid", "parentspan", "parent")
STARTS: Final = ("starttimeunixnano", "starttime", "starttimemillis", "timestamp", "start", "time")
ENDS: Final = ("endtimeunixnano", "endtime", "endtimemillis", "end")
DURATIONS: Final = ("duration", "durationms", "durationmicros", "durationns", "elapsed", "elapsedtime", "latency")
STATUSES: Final = ("statuscode", "status", "httpstatuscode", "error", "iserror")
SPAN_KINDS: Final = ("spankind", "kind")
CALLERS: Final = ("source", "caller", "from", "upstream", "src")
CALLEES: Final = ("target", "callee", "to", "downstream", "destination", "dst")
_TOP: Final = (*SERVICES, "node", "entity")

# Kubernetes' own alphabet: a deployment's pods end with two such words, a stateful set's with a number.
_POD: Final = re.compile(r"-(?=[a-z0-9]*\d)[bcdf-hj-np-tv-z2-9]{6,10}-[bcdf-hj-np-tv-z2-9]{5}$|-\d{1,3}$")


@dataclass(frozen=True)
class CsvHead:
    """`rows` are those above the data: more than one where each column is named by several rows."""

    separator: str = ","
    rows: tuple[tuple[str, ...], ...] = ()
    skipped: int = 0
    """How many rows are above the data where `rows` are several."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.rows[0] if self.rows else ()


def plain(name: str) -> str:
    """In small letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def named(columns: Iterable[str], names: Sequence[str]) -> str:
    """The first column with one of the names, "" for none."""
    known = {plain(each): each for each in reversed(list(columns))}
    return next((known[name] for name in names if name in known), "")


def head_of(path: Path) -> CsvHead:
    """Empty for a file that is no table. Raises nothing."""
    try:
        with path.open("rb") as file:
            text = file.read(_HEAD).decode("utf-8-sig", "replace")
        first = text.split("\n", 1)[0]
        separator = max(",;\t", key=first.count)
        reader = csv.reader(io.StringIO(text), delimiter=separator)
        rows = tuple(tuple(row) for _, row in zip(range(8), reader, strict=False))
    except (OSError, csv.Error):
        return CsvHead()
    if not rows or "\0" in first or not 2 <= len(rows[0]) <= _MOST_COLUMNS:
        return CsvHead()
    if len(rows) > 2 and plain(rows[0][0]) in _TOP and plain(rows[1][0]) in METRICS:
        skipped = next((at for at, row in enumerate(rows) if row and plain(row[0]) in TIMES), len(rows) - 1) + 1
        return CsvHead(separator, tuple(row for row in rows[: skipped - 1] if len(row) == len(rows[0])), skipped)
    return CsvHead(separator, rows[:1])


def kind_of_columns(head: CsvHead) -> Literal["metrics", "logs", "spans", "calls"] | None:
    """None for a table of something else."""
    columns = head.columns
    if len(head.rows) > 1:
        return "metrics"
    if named(columns, SPANS) and named(columns, PARENTS):
        return "spans"
    has_time = named(columns, TIMES)
    if columns and not has_time:
        square = len(columns) > 2 and not columns[0].strip() and len(set(columns)) == len(columns)
        return "calls" if square or (named(columns, CALLERS) and named(columns, CALLEES)) else None
    is_long = named(columns, METRICS) and named(columns, VALUES)
    if has_time and named(columns, TEXTS) and not is_long:
        return "logs"
    return "metrics" if has_time and len(columns) > 1 else None


def table_of(path: Path, head: CsvHead, columns: Sequence[str] = ()) -> "pl.LazyFrame":
    """All cells as text; `columns` alone where they are named. Raises UserError for a file that is too large."""
    import polars as pl

    if path.stat().st_size > _LARGEST:
        raise UserError(f"{code(path.name)} is larger than {_LARGEST // 1024**3} GiB, and was not read.")
    several = len(head.rows) > 1
    frame = pl.scan_csv(
        path, separator=head.separator, infer_schema=False, ignore_errors=True, truncate_ragged_lines=True,
        encoding="utf8-lossy", glob=False, has_header=not several, skip_rows=head.skipped if several else 0,
        n_rows=_MOST_ROWS,
    )  # fmt: skip
    return frame.select(*columns) if columns else frame


def service_of(name: str) -> str:
    """The service of a pod: its name without what Kubernetes adds."""
    return _POD.sub("", name.strip())[:100]
