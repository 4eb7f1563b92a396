"""A check's results: one line each for a person, or one JSON document."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Literal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from activities.redaction import redact
from bot.console import make_console
from bot.printable import printable, separated

Status = Literal["ok", "warning", "error", "skipped"]

_LONGEST = 600
# (sign, sign in ASCII, colour)
_SIGNS: dict[Status, tuple[str, str, str]] = {
    "ok": ("✓", "+", "green"),
    "warning": ("!", "!", "yellow"),
    "error": ("✗", "x", "red"),
    "skipped": ("·", "-", "dim"),
}


@dataclass(frozen=True)
class DoctorResult:
    """`message` and `fix` are sentences for a person; `fix` is "" where there is nothing to do."""

    status: Status
    subject: str
    message: str
    fix: str = ""


class DoctorError(Exception):
    """Ends a check with an error: what is wrong, and its fix."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class DoctorSkipped(Exception):
    """Ends a check that depends on something that is an error of another check."""


def ok(subject: str, message: str) -> DoctorResult:
    return DoctorResult("ok", subject, one_line(message))


def warn(subject: str, message: str, fix: str = "") -> DoctorResult:
    return DoctorResult("warning", subject, one_line(message), one_line(fix))


def fail(subject: str, message: str, fix: str = "") -> DoctorResult:
    return DoctorResult("error", subject, one_line(message), one_line(fix))


def skip(subject: str, why: str) -> DoctorResult:
    return DoctorResult("skipped", subject, one_line(why))


def one_line(text: str) -> str:
    """Untrusted text for a terminal: without credentials, and not too long."""
    shown = printable(redact(" ".join(separated(text[:5000]).split())))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def show(results: Sequence[DoctorResult], as_json: bool = False, console: Console | None = None) -> None:
    """Prints to standard output. Piped it has no colours."""
    console = console or make_console(highlight=False)
    errors = sum(result.status == "error" for result in results)
    if as_json:
        document = {"ok": not errors, "results": [asdict(result) for result in results]}
        console.file.write(json.dumps(document, indent=2) + "\n")
        return
    width = max((len(result.subject) for result in results), default=0)
    for result in _with_skips_joined(results) if console.is_terminal else results:
        _show_one(result, width, console)
    summary = f"{errors} error{'s' if errors > 1 else ''}." if errors else "No errors."
    console.print(Text(summary, style="red" if errors else "green"), soft_wrap=True)


def _with_skips_joined(results: Sequence[DoctorResult]) -> Iterator[DoctorResult]:
    """Checks that are skipped for one reason take one line of a terminal."""
    for (status, message), same in groupby(results, key=lambda result: (result.status, result.message)):
        first, *others = same
        if status == "skipped" and others:
            yield replace(first, message=f"{message} Also skipped: {', '.join(one.subject for one in others)}.")
        else:
            yield from (first, *others)


def _show_one(result: DoctorResult, width: int, console: Console) -> None:
    sign, ascii_sign, colour = _SIGNS[result.status]
    sign = sign if console.encoding.lower().startswith("utf") else ascii_sign
    if not console.is_terminal:
        console.print(Text(f"{sign} {result.subject:<{width}}  {result.message}"), soft_wrap=True)
        if result.fix:
            console.print(Text(f"  {'':<{width}}  {result.fix}"), soft_wrap=True)
        return
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(width=width)
    table.add_column(ratio=1)
    message = Text(result.message, style="dim" if result.status == "skipped" else "")
    table.add_row(Text(sign, style=colour), Text(result.subject), message)
    console.print(table)
    if result.fix:
        console.print(Padding(Text(result.fix, style="bold"), (0, 0, 0, width + 3)))
