"""Who calls whom, out of spans of traces, a list or a matrix of calls, or a `topology` file."""

import csv
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from activities.errors import ConfigError, UserError
from activities.incident_folders import columns as names
from activities.incident_folders.columns import named, service_of, table_of
from activities.incident_folders.epochs import epoch_seconds, unit_of
from activities.incident_folders.folder import FolderFile
from activities.incidents.data import CallEdge
from activities.reporting.markdown import code

if TYPE_CHECKING:
    import polars as pl

_LARGEST: Final = 16 * 1024**2
_MOST_EDGES: Final = 10_000
_LEAST_CALLS: Final = 5
_TOPOLOGY: Final = (
    "Expected is `calls` with each service and the list of those that it calls, or `edges` with pairs of names."
)


def listed_calls(file: FolderFile) -> list[CallEdge]:
    """Of a topology file or a table of calls. Raises UserError. Blocking."""
    if file.path.stat().st_size > _LARGEST:
        raise UserError(f"{code(file.path.name)} is larger than {_LARGEST // 1024**2} MiB, and was not read.")
    pairs = _of_topology(file) if file.path.suffix != ".csv" else _of_table(file)
    found = dict.fromkeys((caller, callee) for caller, callee in pairs if caller and callee and caller != callee)
    return [CallEdge(caller[:100], callee[:100]) for caller, callee in list(found)[:_MOST_EDGES]]


def _of_table(file: FolderFile) -> Iterator[tuple[str, str]]:
    """A row for each call, or a matrix: the row calls the column where a number is not 0."""
    with file.path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        rows = csv.reader(lines, delimiter=file.head.separator)
        head = next(rows, [])
        caller, callee = named(head, names.CALLERS), named(head, names.CALLEES)
        for row in rows:
            if caller and callee:
                cells = dict(zip(head, row, strict=False))
                yield cells.get(caller, "").strip(), cells.get(callee, "").strip()
            else:
                for name, cell in zip(head[1:], row[1:], strict=False):
                    if cell.strip() not in ("", "0", "0.0"):
                        yield row[0].strip(), name.strip()


def _of_topology(file: FolderFile) -> Iterator[tuple[str, str]]:
    from activities.repo_config.strict_yaml import read

    name, text = code(file.path.name), file.path.read_text("utf-8", "replace")
    try:
        data: Any = json.loads(text) if file.path.suffix == ".json" else read(text).data
    except ConfigError as error:
        raise UserError(f"{name}, line {error.line}: {error}") from None
    except (ValueError, RecursionError):
        raise UserError(f"{name} is not JSON. {_TOPOLOGY}") from None
    edges = data.get("edges") if isinstance(data, dict) else data
    if isinstance(edges, (list, tuple)):
        pairs = [_pair(each) for each in edges]
    else:
        calls = (data.get("calls") or data.get("services") or data) if isinstance(data, dict) else {}
        pairs = list(_of_mapping(calls)) if isinstance(calls, dict) else []
    known = [pair for pair in pairs if pair]
    if len(known) < len(pairs) or not known:
        raise UserError(f"{name} does not say who calls whom. {_TOPOLOGY}")
    yield from known


def _pair(edge: Any) -> tuple[str, str] | None:
    """Of `[a, b]` or `{caller: a, callee: b}`."""
    if isinstance(edge, dict):
        known = {names.plain(str(key)): value for key, value in edge.items()}
        edge = [next((known[name] for name in side if name in known), None) for side in (names.CALLERS, names.CALLEES)]
    is_pair = isinstance(edge, (list, tuple)) and len(edge) == 2 and all(isinstance(each, str) for each in edge)
    return (edge[0], edge[1]) if is_pair else None


def _of_mapping(calls: Mapping[str, Any]) -> Iterator[tuple[str, str] | None]:
    """Of a service and those that it calls, also below `calls` of each."""
    for caller, callees in calls.items():
        inner = callees.get("calls", ()) if isinstance(callees, dict) else callees
        for callee in inner if isinstance(inner, (list, tuple)) else (None,):
            yield (str(caller), callee) if isinstance(callee, str) else None


def traced_calls(file: FolderFile, begin: float, onset: float, end: float) -> list[CallEdge]:
    """Calls between services, with their times before and after the onset where there are some of both. Raises what
    polars raises. Blocking."""
    import polars as pl

    spans = _spans(file).filter(pl.col("at").is_between(begin, end))
    children = spans.group_by("trace", "parent").len("children")
    spans = spans.join(children, left_on=["trace", "span"], right_on=["trace", "parent"], how="left")
    around = spans.select("trace", pl.col("span").alias("of"), pl.col("service").alias("outer"))
    spans = spans.join(
        around.unique(["trace", "of"], keep="first"), left_on=["trace", "parent"], right_on=["trace", "of"], how="left"
    )
    # A caller's span is the wait for the callee alone where it says so, or where it is within a larger one of its own.
    is_client = pl.col("kind").str.to_lowercase().str.contains("client|producer|^3$|^4$")
    inner = (pl.col("children") == 1) & (pl.col("outer") == pl.col("service"))
    callers = spans.select(
        "trace", pl.col("span").alias("parent"), pl.col("service").alias("caller"),
        pl.when(is_client.fill_null(inner)).then(pl.col("ms")).alias("client"),
    )  # fmt: skip
    calls = spans.join(callers.unique(["trace", "parent"], keep="first"), on=["trace", "parent"], how="inner")
    calls = calls.filter(pl.col("caller") != pl.col("service")).with_columns(later=pl.col("at") >= onset)
    sides = calls.group_by("caller", "service", "later").agg(
        pl.len(), pl.col("client").median(), pl.col("ms").median(), pl.col("failed").mean()
    )
    return _edges(sides)


def _edges(sides: "pl.DataFrame") -> list[CallEdge]:
    """Of a row for each link and side of the onset."""
    found: dict[tuple[str, str], dict[bool, Mapping[str, Any]]] = {}
    for row in sides.sort("len", descending=True).iter_rows(named=True):
        found.setdefault((row["caller"], row["service"]), {})[row["later"]] = row
    made = []
    for (caller, callee), rows in list(found.items())[:_MOST_EDGES]:
        before, after = rows.get(False), rows.get(True)
        if before and after and min(before["len"], after["len"]) >= _LEAST_CALLS:
            client, server, failed = (_both(before[key], after[key]) for key in ("client", "ms", "failed"))
            made.append(CallEdge(caller, callee, client, server, failed))
        else:
            made.append(CallEdge(caller, callee))
    return made


def _both(before: float | None, after: float | None) -> tuple[float, float] | None:
    return None if before is None or after is None else (before, after)


def _spans(file: FolderFile) -> "pl.DataFrame":
    """The columns trace, span, parent, service, kind, at (seconds since 1970), ms and failed."""
    import polars as pl

    head = file.head.columns
    wanted = {
        "trace": named(head, names.TRACES), "span": named(head, names.SPANS), "parent": named(head, names.PARENTS),
        "service": named(head, names.SERVICES) or named(head, names.PODS), "start": named(head, names.STARTS),
        "stop": named(head, names.ENDS), "took": named(head, names.DURATIONS), "status": named(head, names.STATUSES),
        "kind": named(head, names.SPAN_KINDS),
    }  # fmt: skip
    if not wanted["service"] or not wanted["start"]:
        raise UserError(
            f"{code(file.path.name)} has no column with the services of its spans, or none with their times."
        )
    empty = pl.lit(None, pl.String)
    frame = table_of(file.path, file.head).select(
        (pl.col(name) if name else empty).alias(key) for key, name in wanted.items()
    )
    rows = frame.collect()
    services = {each: service_of(each) for each in rows["service"].drop_nulls().unique().to_list()}
    return rows.with_columns(
        pl.col("service").replace_strict(services, default="", return_dtype=pl.String),
        epoch_seconds(rows["start"]).alias("at"),
        pl.col("trace").fill_null(""),
        _milliseconds(rows, wanted["took"]).alias("ms"),
        _failures(rows["status"]).alias("failed"),
    ).filter(pl.col("service") != "", pl.col("span").is_not_null())


def _milliseconds(rows: "pl.DataFrame", name: str) -> "pl.Series":
    """By both ends where they are known, else by what the duration's name says; microseconds are usual."""
    import polars as pl

    start, stop = (rows[key].cast(pl.Float64, strict=False) for key in ("start", "stop"))
    largest = start.max()
    unit = unit_of(float(largest)) if isinstance(largest, (int, float)) else 0.0
    if unit and unit < 1 and stop.is_not_null().any():
        return (stop - start) * unit * 1000
    took, said = rows["took"].cast(pl.Float64, strict=False), names.plain(name)
    if said.endswith(("ns", "nanos")):
        return took / 1e6
    return took if said.endswith(("ms", "millis")) else took / 1e3


def _failures(status: "pl.Series") -> "pl.Series":
    """1 for a failed call, 0 for a good one, null where nothing is said: HTTP, gRPC and OpenTelemetry."""
    import polars as pl

    text = status.str.to_lowercase().str.strip_chars().str.strip_suffix(".0")
    number = text.cast(pl.Int64, strict=False)
    is_http = bool((number >= 100).any())
    bad = (number >= 500) if is_http else (number > 0)
    words = text.str.contains("error|fail|true|unavailable|exception|timeout")
    return (bad.fill_null(False) | words.fill_null(False)).cast(pl.Float64).set(text.is_null(), None)
