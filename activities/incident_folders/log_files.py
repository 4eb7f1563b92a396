"""Log lines out of tables and plain files."""

import glob
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from activities.errors import UserError
from activities.incident_folders.columns import LEVELS, PODS, SERVICES, TEXTS, TIMES, named, service_of, table_of
from activities.incident_folders.epochs import epoch_seconds
from activities.incident_folders.folder import FolderFile
from activities.incident_logs.files import read_log_files
from activities.incident_logs.lines import LONGEST, level_of, unwrapped, with_traces_joined
from activities.incident_logs.thinning import LinesRead, LineThinning
from activities.reporting.markdown import code

if TYPE_CHECKING:
    import polars as pl

_ROWS: Final = 200_000
_LEVEL: Final = {
    "trace": "debug", "debug": "debug", "info": "info", "notice": "info", "warn": "warning", "warning": "warning",
    "error": "error", "err": "error", "severe": "error", "critical": "critical", "fatal": "critical",
}  # fmt: skip
_MANY: Final = 5


def read_lines(files: Sequence[FolderFile], begin: float, end: float) -> LinesRead:
    """All from `begin` to `end`, of a plain file by the service that it is named by. Blocking."""
    import polars as pl

    kept, problems = LineThinning(), []
    for file in files:
        try:
            if file.kind == "logs":
                for table in _tables(file, begin, end):
                    kept.add(table)
        except UserError as error:
            problems.append(str(error))
        except (pl.exceptions.PolarsError, OSError) as error:
            problems.append(f"{code(file.path.name)} was not read whole: {type(error).__name__}.")
    plain = {
        service_of(re.sub(r"[-_.]?logs?$", "", file.path.name.split(".")[0])): (glob.escape(str(file.path)),)
        for file in files if file.kind == "lines"
    }  # fmt: skip
    if plain:
        read = read_log_files(plain, begin, end)
        problems += read.problems
        if read.found:
            kept.add(read.found.lines)
            kept.left_out += read.found.left_out
    return LinesRead(kept.table(), tuple(problems[:_MANY]))


def _tables(file: FolderFile, begin: float, end: float) -> Iterator["pl.DataFrame"]:
    """Some rows at a time: the whole file may be larger than the memory."""
    import polars as pl

    columns = file.head.columns
    entity = named(columns, SERVICES) or named(columns, PODS)
    wanted = {
        "_time": named(columns, TIMES), "text": named(columns, TEXTS), "service": entity,
        "level": named(columns, LEVELS),
    }  # fmt: skip
    chosen = [pl.col(name).alias(key) for key, name in wanted.items() if name]
    for part in table_of(file.path, file.head).select(chosen).collect_batches(chunk_size=_ROWS, maintain_order=True):
        times = epoch_seconds(part["_time"])
        frame = part.with_columns(times.alias("time"), pl.col("text").fill_null("").str.head(4 * LONGEST))
        frame = frame.filter(pl.col("time").is_between(begin, end), pl.col("text") != "")
        if len(frame):
            yield _events(frame, file.path.stem)


def _events(frame: "pl.DataFrame", name: str) -> "pl.DataFrame":
    """With the columns of `LogTable`."""
    import polars as pl

    if "service" not in frame.columns:
        frame = frame.with_columns(pl.lit(re.sub(r"[-_.]?logs?$", "", name)).alias("service"))
    frame = frame.with_columns(pl.col("service").fill_null(""))
    services = {each: service_of(each) for each in frame["service"].unique().to_list()}
    frame = unwrapped(frame.with_columns(pl.col("service").replace_strict(services, return_dtype=pl.String)))
    said = level_of(pl.col("text"))
    if "level" in frame.columns:
        own = pl.col("level").str.to_lowercase().replace_strict(_LEVEL, default=None, return_dtype=pl.String)
        said = pl.coalesce(own, said)
    frame = frame.with_columns(level=said).select("time", "service", "level", "text").sort("service", "time")
    parts = [with_traces_joined(part) for part in frame.partition_by("service")]
    joined = pl.concat([part.select("time", "service", "level", pl.col("text").str.head(LONGEST)) for part in parts])
    return joined.sort("time", maintain_order=True)
