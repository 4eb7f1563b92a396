"""What varies in log lines from one to the next (times, ids, addresses, numbers) replaced by `<*>`, by one regular
expression for each kind of log, so that a million lines take about a second.

Status codes stay, as `status=500` or `HTTP/1.1" 500`: they are what an incident is about.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

WILDCARD: Final = "<*>"

_MONTH: Final = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_KEPT: Final = (
    r"""((?:\b(?:status|status_?code|code|returned|response|HTTP)[ =:"]{1,3}|HTTP/\d(?:\.\d)?"? )[1-5]\d\d\b)"""
)
_TIMES: Final = (
    r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?",
    rf"\b\d{{1,2}}/{_MONTH}/\d{{4}}:\d\d:\d\d:\d\d(?: [+-]\d{{4}})?",
    rf"(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?\b{_MONTH} {{1,2}}\d{{1,2}} \d\d:\d\d:\d\d(?:\.\d+)?(?: \d{{4}})?",
)
_COMMON: Final = (
    r"""\b[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+""",
    r"[\w.+-]+@[\w-]+\.[\w.-]+",
    r"""'[^'\s]{0,200}'|"[^"\s]{0,200}"|`[^`\s]{0,200}`""",
    r"\b[A-Za-z]:\\[^\s\"']+",
    r"(?:/[\w.@%+~=-]+){2,}/?",
    r"\b(?:[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{0,4}\b",
    r"\b[0-9a-fA-F]{12,}\b",
    r"[+-]?\b[\w.:-]*\d[\w.:-]*%?"
    r"(?: (?:ns|us|ms|s|sec|secs|seconds?|minutes?|hours?|days?|[kMGT]i?B|[kMGT]?[bB]ytes?)\b)?",
)
_BY_KIND: Final = {
    "nginx": (r'^\S+ \S+ \S+ \[[^\]]*\]', r'"(?:https?://[^"]*|Mozilla[^"]*|[\w.-]+/\d[^"]*|-)"',),
    "java": (r"\[[\w.:/# -]*\d[\w.:/# -]*\]", r"@[0-9a-f]{5,}\b", r"\$\$Lambda[\w$/]*"),
    "python": (r"<[\w.]+ object at 0x[0-9a-f]+>", r"\bat 0x[0-9a-f]+"),
    "go": (r"\b[\w/-]+\.go:\d+\]?", r"\(0x[0-9a-f]+(?:, 0x[0-9a-f]+|, \.\.\.)*\)"),
    "windows": (r"\b[\w.-]+~[\w.-]+~[\w.~-]*", r"\{[0-9A-Fa-f-]{36}\}", r"@\d{4}/\d+/\d+:[\d:.]+"),
    "openstack": (r"\[(?:instance|req|tx)[-:][^\]]*\]", r"\[req-[^\]]*\]", r'"[A-Z]+ /v[\d.]+/[^"]*"'),
    "proxy": (r"\b[\w-]+(?:\.[\w-]+)+:\d+\b", r"<?\b\d+ sec\b", r"\([\d.]+ [KMG]?B\)"),
    "json": (r'"(?:trace|span|request|correlation)_?id":"[^"]*"',),
    "logfmt": (r"\b(?:trace|span|request|correlation|user)_?id=\S+",
               r'\b(?:ts|time|duration|elapsed|caller)="?[^"\s]+"?'),
    "node": (r"\bpid[=:]? ?\d+", r"\+\d+ms\b"),
}  # fmt: skip
_SIGNS: Final = {
    "proxy": r"\.exe(?: \*64)? - .*(?:proxy|open through)|close, \d+ bytes",
    "openstack": r"\breq-[0-9a-f]{8}-|\[instance: ",
    "windows": r"\b(?:CBS|CSI) {4}|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, (?:Info|Error|Warning)",
    "nginx": r'"(?:GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS) [^"]*HTTP/\d',
    "json": r"^\s*\{.*\}\s*$",
    "logfmt": r"\b(?:level|lvl)=\w+.*\bmsg=",
    "java": r"\b(?:[a-z]\w*\.){2,}[A-Z]\w*|\bat [\w.$]+\([\w.]+\.java:\d+\)",
    "python": r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+| object at 0x",
    "go": r"\b\w+\.go:\d+|^goroutine \d+",
    "node": r"\bat .*\.[cm]?[jt]s:\d+:\d+|\bnode:internal",
}
"""What the lines of a kind look like, the most specific kind first."""

EXCEPTION: Final = (
    r"(?m)^(?:Caused by: |Exception in thread \"[^\"]*\" |Uncaught |panic: )?"
    r"((?:[\w$]+[.:]{1,2})*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Failure|Fault|Warning)\b[^\n]{0,300})"
)
"""The line of a stack trace that names the error."""


def kind_of(sample: Sequence[str]) -> str:
    """What kind of log these lines come from, `plain` where no tenth of them looks like one."""
    import polars as pl

    lines = pl.Series("text", sample, dtype=pl.String)
    shares = {kind: lines.str.contains(sign).sum() or 0 for kind, sign in _SIGNS.items()}
    return next((kind for kind, count in shares.items() if count and count >= len(sample) / 10), "plain")


def masked(lines: "pl.Series") -> "pl.Series":
    """One service's lines, each as one line with its variable parts replaced. A stack trace is its first line and the
    error that it ends with."""
    import polars as pl

    step = max(1, len(lines) // 500)
    pieces = (*_TIMES, *_BY_KIND.get(kind_of(lines.gather_every(step).to_list()), ()), *_COMMON)
    frame = lines.alias("text").to_frame().with_row_index("row")
    many = pl.col("text").str.contains("\n", literal=True)
    whole = frame.filter(~many)
    traces = frame.filter(many).with_columns(_headline())
    joined = pl.concat([whole, traces]).sort("row") if len(traces) else whole
    return joined["text"].str.replace_all(f"{_KEPT}|{'|'.join(pieces)}", f"${{1}}{WILDCARD}")


def _headline() -> "pl.Expr":
    """The first line of a text, with the last error that a line of it names where that is another."""
    import polars as pl

    text = pl.col("text")
    first = text.str.extract(r"\A\s*([^\n]*)")
    error = text.str.extract_all(EXCEPTION).list.last()
    missing = error.is_null() | first.str.contains(error.fill_null(""), literal=True)
    return pl.when(missing).then(first).otherwise(first + " | " + error).fill_null("").alias("text")
