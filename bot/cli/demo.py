"""`autobuild demo`: two sample repositories, a pull request on each, and all that GitHub would show."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from activities.errors import UserError
from bot.processes.local_stack import LocalStack, local_stack

_SAMPLES = Path(__file__).parents[2] / "simulator" / "samples"
_WITHIN_S = 600.0
_BRANCH = "change"
_MARKS = {"success": "[green]✓[/]", "failure": "[red]✗[/]", "timed_out": "[red]⏱[/]", "neutral": "[yellow]○[/]"}


@dataclass(frozen=True)
class DemoPull:
    """A pull request of the demo."""

    repository: str
    number: int
    head_sha: str

    def page(self, stack: LocalStack) -> str:
        return f"{stack.github}/{self.repository}/pull/{self.number}"


async def run(environ: Mapping[str, str], *, keep: bool) -> int:
    """0 when both pull requests have all check runs, a verdict and a comment."""
    console = Console(emoji=False, highlight=False)
    console.print("Starting Temporal, the pretend GitHub, the web process and a worker …")
    data = Path(environ.get("AUTOBUILD_DATA", ".autobuild")) / "demo"
    async with local_stack(data, environ) as stack:
        pulls = [await _open_pull(stack, language) for language in ("python", "typescript")]
        await asyncio.wait_for(_follow(console, stack, pulls), _WITHIN_S)
        for pull in pulls:
            await _show(console, stack, pull)
        if keep:
            console.print(f"\nTemporal: {stack.temporal_ui}   Log: {stack.log}   Ctrl-C ends it.")
            await asyncio.Event().wait()
    return 0


async def _open_pull(stack: LocalStack, language: str) -> DemoPull:
    """The repository with its first commits, then a push to a branch and a pull request, as a person does it."""
    name = f"octocat/{language}-sample"
    await stack.do("add_repository", full_name=name, files=_files(_SAMPLES / language / "main"))
    pushed = await stack.do(
        "push_commit", full_name=name, branch=_BRANCH, files=_files(_SAMPLES / language / "change"), message="Change"
    )
    opened = await stack.do("open_pull", full_name=name, head=_BRANCH, title="A change with planted defects")
    return DemoPull(name, int(opened["number"]), pushed["sha"])


def _files(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    if not paths:
        raise UserError(f"The sample {folder} is not installed.")
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}


async def _follow(console: Console, stack: LocalStack, pulls: list[DemoPull]) -> None:
    """Prints each check run as it ends, until everything is there."""
    told: set[int] = set()
    version = 0
    while True:
        finished = [await _news(console, stack, pull, told) for pull in pulls]
        if all(finished):
            return
        version = await stack.changed(version)


async def _news(console: Console, stack: LocalStack, pull: DemoPull, told: set[int]) -> bool:
    runs = await _runs(stack, pull)
    for run in runs:
        if run["status"] == "completed" and run["id"] not in told:
            told.add(run["id"])
            mark = _MARKS.get(run["conclusion"], "[dim]–[/]")
            console.print(f"{mark} {pull.repository} {run['name']}: {escape(run['output']['title'] or '')}")
    comments = await stack.get(f"/repos/{pull.repository}/issues/{pull.number}/comments")
    return bool(runs) and all(run["status"] == "completed" for run in runs) and bool(comments)


async def _runs(stack: LocalStack, pull: DemoPull) -> list[dict[str, Any]]:
    found = await stack.get(f"/repos/{pull.repository}/commits/{pull.head_sha}/check-runs?per_page=100")
    return list(found["check_runs"])


async def _show(console: Console, stack: LocalStack, pull: DemoPull) -> None:
    table = Table(title=f"{pull.repository} #{pull.number}", box=None, title_justify="left", title_style="bold")
    for title in ("", "check run", "conclusion", "annotations", "what it says"):
        table.add_column(title, overflow="fold")
    for run in sorted(await _runs(stack, pull), key=lambda run: run["name"]):
        output = run["output"]
        mark = _MARKS.get(run["conclusion"], "[dim]–[/]")
        annotations = str(output["annotations_count"] or "")
        table.add_row(mark, run["name"], run["conclusion"], annotations, escape(output["title"] or ""))
    console.print()
    console.print(table)
    console.print(f"Its page: {pull.page(stack)}")
