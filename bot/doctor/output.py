"""The lines as a person reads them, or as one JSON document."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.doctor.results import DoctorResult, Status

_SIGNS: dict[Status, tuple[str, str, str]] = {
    "right": ("✓", "+", "green"),
    "look": ("!", "!", "yellow"),
    "wrong": ("✗", "x", "red"),
    "left out": ("·", "-", "dim"),
}


def show(lines: Sequence[DoctorResult], as_json: bool = False, console: Console | None = None) -> None:
    """On standard output. Piped it has no colours, and every line is one line."""
    console = console or Console(highlight=False)
    if as_json:
        right = not any(line.mark == "wrong" for line in lines)
        document = {"right": right, "lines": [asdict(line) for line in lines]}
        console.file.write(json.dumps(document, indent=2) + "\n")
        return
    width = max((len(line.subject) for line in lines), default=0)
    for line in _fewer(lines) if console.is_terminal else lines:
        _show(line, width, console)
    console.print(_sum(lines), soft_wrap=True)


def _fewer(lines: Sequence[DoctorResult]) -> Iterator[DoctorResult]:
    """What is left out for one and the same reason as one line: a screen has no more than two dozen."""
    for (mark, what), same in groupby(lines, key=lambda line: (line.mark, line.what)):
        first, *others = same
        if mark == "left out" and others:
            first = replace(first, what=f"{what} So do {', '.join(line.subject for line in others)}.")
            others = []
        yield from (first, *others)


def _show(line: DoctorResult, width: int, console: Console) -> None:
    sign = Text(_sign(line.mark, console), style=_SIGNS[line.mark][2])
    if not console.is_terminal:
        console.print(Text(f"{sign.plain} {line.subject:<{width}}  {line.what}"), soft_wrap=True)
        if line.mend:
            console.print(Text(f"  {'':<{width}}  {line.mend}"), soft_wrap=True)
        return
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(width=width)
    table.add_column(ratio=1)
    table.add_row(sign, Text(line.subject), Text(line.what, style="dim" if line.mark == "left out" else ""))
    console.print(table)
    if line.mend:
        console.print(Padding(Text(line.mend, style="bold"), (0, 0, 0, width + 3)))


def _sign(mark: Status, console: Console) -> str:
    pretty, ascii_only, _ = _SIGNS[mark]
    return pretty if console.encoding.lower().startswith("utf") else ascii_only


def _sum(lines: Sequence[DoctorResult]) -> Text:
    count = sum(line.mark == "wrong" for line in lines)
    if not count:
        return Text("All is right.", style="green")
    return Text("One thing is wrong." if count == 1 else f"{count} things are wrong.", style="red")
