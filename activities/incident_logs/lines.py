"""Raw lines made to events with a time, a level and a text: the lines of a stack trace are one, and of a JSON line
there is its message."""

from typing import TYPE_CHECKING, Final

from activities.incident_logs.times import times_of

if TYPE_CHECKING:
    import polars as pl

LONGEST: Final = 4096
_SAME_TRACE_S: Final = 0.1

_LEVELS: Final = {
    "trace": "debug", "debug": "debug", "fine": "debug", "verbose": "debug", "10": "debug", "20": "debug",
    "info": "info", "notice": "info", "information": "info", "i": "info", "30": "info",
    "warn": "warning", "warning": "warning", "w": "warning", "40": "warning",
    "err": "error", "error": "error", "severe": "error", "e": "error", "50": "error",
    "crit": "critical", "critical": "critical", "fatal": "critical", "panic": "critical", "emerg": "critical",
    "alert": "critical", "f": "critical", "60": "critical", "emergency": "critical",
}  # fmt: skip
_NAMES: Final = "|".join(name for name in _LEVELS if len(name) > 2)
_LEVEL_SIGNS: Final = (
    r"\b(TRACE|DEBUG|FINE|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRITICAL|CRIT|FATAL|PANIC|EMERG|ALERT)\b",
    r'(?i)\b(?:level|lvl|severity|levelname)"?\s*[=:]\s*"?(\w+)',
    rf"(?i)[\[(<|](?:[\w.-]+:)?({_NAMES})[\])>|]",
    rf"(?i)\b({_NAMES})(?:\[\w+\])?: ",
    r"^([IWEF])\d{4} ",
)
_ERROR_SIGNS: Final = (
    r'Traceback \(most recent|HTTP/\d(?:\.\d)?" 5\d\d\b|^panic: |^Exception in thread|panicked at |^Uncaught '
)

_CONTINUES: Final = (
    r"^(?:\s+\S|Caused by: |\.\.\. \d+ (?:more|common)|goroutine \d+|created by |stack backtrace:|During handling of"
    r"|The above exception|note: run with|#\d+ |Stack trace:|[\w./*()-]+\(.*0x[0-9a-f]+.*\)$|Suppressed: )"
)
_BEGINS_TRACE: Final = r"^(?:Traceback \(|panic: |Exception in thread |Uncaught |thread '.*' panicked)"
_ENDS_TRACE: Final = r"^(?:[\w$]+[.:]{1,2})*\w*(?:Error|Exception|Exit|Interrupt|Failure|Fault)\b"

_MESSAGE: Final = r'"(?:message|msg|log|event|@m|@message|short_message|text)"\s*:\s*"((?:[^"\\]|\\.)*)'
_STACK: Final = (
    r'"(?:stack|stack_?trace|exception|exc_info|error\.stack_trace|traceback|error|err|full_message|thrown)"'
    r'\s*:\s*"((?:[^"\\]|\\.)*)'
)
_JSON_LEVEL: Final = r'(?i)"(?:level|lvl|severity|log\.level|levelname|@l|level_name)"\s*:\s*"?(\w+)'
_JSON_STATUS: Final = r'"(?:status|status_?code)"\s*:\s*"?([1-5]\d\d)\b'


def events_of(lines: "pl.Series", around: float, since: float | None = None) -> "pl.DataFrame":
    """The columns `time`, `level` and `text`. A line without a time has that of the one before it (`since` before the
    first). Empty lines are left out."""
    import polars as pl

    frame = lines.alias("text").to_frame().filter(pl.col("text").str.contains(r"\S"))
    if not len(frame):
        return pl.DataFrame(schema={"time": pl.Float64, "level": pl.String, "text": pl.String})
    frame = frame.with_columns(times_of(frame["text"], around).times.alias("time"))
    frame = unwrapped(frame)
    frame = with_traces_joined(frame.with_columns(level=level_of(pl.col("text"))))
    timed = frame.with_columns(pl.col("time").forward_fill().fill_null(pl.lit(since, pl.Float64)))
    return timed.select("time", "level", pl.col("text").str.head(LONGEST))


def level_of(text: "pl.Expr") -> "pl.Expr":
    """debug, info, warning, error, critical or "", by what the beginning of a line says."""
    import polars as pl

    head = text.str.head(160)
    named = [head.str.extract(sign).str.to_lowercase() for sign in _LEVEL_SIGNS]
    levels = [one.replace_strict(_LEVELS, default=None, return_dtype=pl.String) for one in named]
    implied = pl.when(text.str.contains(_ERROR_SIGNS)).then(pl.lit("error"))
    return pl.coalesce(*levels, implied, pl.lit(""))


def with_traces_joined(frame: "pl.DataFrame") -> "pl.DataFrame":
    """Lines that belong to the one before them (a stack trace's) joined to it. Of the columns `time` (null for such
    lines, or that of the one before), `level` and `text`; others are those of the first line."""
    import polars as pl

    text, before = pl.col("text"), pl.col("level").shift(1)
    untimed = pl.col("time").is_null() | (pl.col("time") - pl.col("time").shift(1)).is_between(0, _SAME_TRACE_S)
    continues = text.str.contains(_CONTINUES) | (
        text.str.contains(_BEGINS_TRACE) & before.is_in(["warning", "error", "critical"])
    )
    ends = text.str.contains(_ENDS_TRACE) & (text.shift(1).str.contains(_CONTINUES))
    joined = untimed & (continues | ends).fill_null(False) & (pl.int_range(pl.len()) > 0)
    frame = frame.with_columns(joined.fill_null(False).alias("joined"))
    if not frame["joined"].any():
        return frame.drop("joined")
    frame = frame.with_columns((~pl.col("joined")).cum_sum().alias("event"))
    several = frame.filter(pl.col("joined"))["event"].unique()
    whole = pl.col("event").is_in(several.implode())
    firsts = [pl.col(name).first() for name in frame.columns if name not in ("text", "event", "joined")]
    traces = frame.filter(whole).group_by("event", maintain_order=True).agg(*firsts, text.head(200).str.join("\n"))
    result = pl.concat([frame.filter(~whole).drop("joined"), traces.select(frame.drop("joined").columns)])
    missing = (pl.col("level") == "") & text.str.contains(_ERROR_SIGNS)
    levelled = result.with_columns(pl.when(missing).then(pl.lit("error")).otherwise(pl.col("level")).alias("level"))
    return levelled.sort("event").drop("event")


def unwrapped(frame: "pl.DataFrame") -> "pl.DataFrame":
    """JSON lines as `LEVEL message status=500`, and their stack trace below."""
    import polars as pl

    text = pl.col("text")
    if not frame.select(text.str.starts_with("{").any()).item():
        return frame
    level = text.str.extract(_JSON_LEVEL).str.to_lowercase()
    named = level.replace_strict(_LEVELS, default=None, return_dtype=pl.String).str.to_uppercase()
    message = text.str.extract(_MESSAGE)
    parts = pl.concat_str(
        (named + " ").fill_null(""),
        message.str.strip_suffix(r"\n"),
        (" status=" + text.str.extract(_JSON_STATUS)).fill_null(""),
        (r"\n" + text.str.extract(_STACK)).fill_null(""),
    )
    plain = parts.str.replace_many([r"\n", r"\t", r"\"", r"\/", r"\\"], ["\n", "\t", '"', "/", "\\"])
    return frame.with_columns(pl.when(text.str.starts_with("{") & message.is_not_null()).then(plain).otherwise(text))
