"""`autobuild demo`"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from bot.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

    from bot.processes.local_stack import LocalStack

_WITHIN_S = 600.0
_MARKS = {"success": "[green]✓[/]", "failure": "[red]✗[/]", "timed_out": "[red]⏱[/]", "neutral": "[yellow]○[/]"}
_OTHER_MARK = "[dim]–[/]"


@click.command(name="demo")
@click.option("--keep", is_flag=True, help="Keep everything running afterwards.")
def command(keep: bool) -> int:
    """Run the gate on two sample pull requests. GitHub is simulated."""
    from bot.cli.signals import run_to_end

    run_to_end(_run(os.environ, keep=keep))
    return 0


@dataclass(frozen=True)
class DemoPull:
    """A pull request of the demo."""

    repository: str
    number: int
    head_sha: str

    async def check_runs(self, stack: "LocalStack") -> list[dict[str, Any]]:
        found = await stack.get(f"/repos/{self.repository}/commits/{self.head_sha}/check-runs?per_page=100")
        return sorted(found["check_runs"], key=lambda run: str(run["name"]))


async def _run(environ: Mapping[str, str], *, keep: bool) -> None:
    """Ends when both pull requests have all check runs, a verdict and a comment."""
    from bot.console import make_console
    from bot.processes.local_stack import local_stack
    from bot.settings import data_folder_of
    from bot.settings.data_folder import mention_earlier_folder

    console = make_console(highlight=False)
    console.print("Starting Temporal, a simulated GitHub, the webhook server and a worker …")
    mention_earlier_folder(environ)
    async with local_stack(data_folder_of(environ) / "demo", environ) as stack, stack.parts().watched():
        pulls = [await _open_pull(stack, language) for language in ("python", "typescript")]
        await asyncio.wait_for(_follow(console, stack, pulls), _WITHIN_S)
        for pull in pulls:
            await _show(console, stack, pull)
        if keep:
            console.print(f"\nTemporal UI: {stack.temporal_ui}   Log: {stack.log}   Press Ctrl-C to stop.")
            await asyncio.Event().wait()


async def _open_pull(stack: "LocalStack", language: str) -> DemoPull:
    """The simulated GitHub has the samples: the product does not import it, and reads none of its files."""
    opened = await stack.do("add_sample", name=language)
    return DemoPull(opened["full_name"], int(opened["number"]), opened["head_sha"])


async def _follow(console: "Console", stack: "LocalStack", pulls: list[DemoPull]) -> None:
    """Prints each check run as it completes, until all have, and both pull requests have their comment."""
    from rich.markup import escape

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


async def _show(console: "Console", stack: "LocalStack", pull: DemoPull) -> None:
    from rich.markup import escape
    from rich.table import Table

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
