"""The check runs of the demo's pull requests: one line for each as it ends, and a table at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.printable import printable
from bot.processes.local_stack import LocalStack

_MARKS = {"success": "[green]✓[/]", "failure": "[red]✗[/]", "timed_out": "[red]⏱[/]", "neutral": "[yellow]○[/]"}
_OTHER_MARK = "[dim]–[/]"


@dataclass(frozen=True)
class DemoPull:
    """A pull request of the demo."""

    repository: str
    number: int
    head_sha: str

    async def check_runs(self, stack: LocalStack) -> list[dict[str, Any]]:
        found = await stack.get(f"/repos/{self.repository}/commits/{self.head_sha}/check-runs?per_page=100")
        return sorted(found["check_runs"], key=lambda run: str(run["name"]))


async def follow(console: Console, stack: LocalStack, pulls: Sequence[DemoPull]) -> None:
    """Prints each check run as it completes, until all have, and all pull requests have their comment."""
    shown: set[int] = set()
    version, complete = 0, False
    while not complete:
        complete = True
        for pull in pulls:
            runs = await pull.check_runs(stack)
            for run in runs:
                if run["status"] == "completed" and run["id"] not in shown:
                    shown.add(run["id"])
                    mark = _MARKS.get(run["conclusion"], _OTHER_MARK)
                    title = escape(printable(run["output"]["title"] or ""))
                    console.print(f"{mark} {pull.repository} {run['name']}: {title}")
            comments = await stack.get(f"/repos/{pull.repository}/issues/{pull.number}/comments")
            complete &= bool(runs) and all(run["status"] == "completed" for run in runs) and bool(comments)
        if not complete:
            version = await stack.changed(version)


async def print_table(console: Console, stack: LocalStack, pull: DemoPull) -> None:
    """All check runs of the pull request, and the address of its page."""
    table = Table(title=f"{pull.repository} #{pull.number}", box=None, title_justify="left", title_style="bold")
    for title in ("", "check run", "conclusion", "annotations", "summary"):
        table.add_column(title, overflow="fold")
    for run in await pull.check_runs(stack):
        output = run["output"]
        mark = _MARKS.get(run["conclusion"], _OTHER_MARK)
        annotations = str(output["annotations_count"] or "")
        table.add_row(mark, run["name"], run["conclusion"], annotations, escape(printable(output["title"] or "")))
    console.print()
    console.print(table)
    console.print(f"Page: {stack.github}/{pull.repository}/pull/{pull.number}")
