"""A migration on a terminal: its steps as they end, what changed and what is left."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from temporalio.client import Client, WorkflowHandle

from activities.migration.types import Leftover, MigrationInput, MigrationResult
from activities.reporting.migration import check_title
from activities.workspace.git import git
from bot.client import WorkflowClient
from bot.console import make_console
from bot.local_gate.folder import LocalHead
from bot.printable import printable
from workflows.migration import CodeMigrationWorkflow, MigrationProgress

MigrationHandle = WorkflowHandle[CodeMigrationWorkflow, MigrationResult]
_POLL_EVERY_S = 0.2
_MARKS = {
    "done": "[green]✓[/]",
    "nothing": "[dim]–[/]",
    "rolled_back": "[yellow]↺[/]",
    "skipped": "[dim]–[/]",
    "failed": "[red]✗[/]",
}
_WORDS = {"nothing": "nothing to change", "rolled_back": "rolled back"}


async def follow(
    workflows: WorkflowClient, client: Client, input: MigrationInput, head: LocalHead, *, quiet: bool
) -> MigrationResult:
    """Starts the migration, prints each step as it ends, and gives the result. A person's Ctrl-C ends it, and the
    processes that end with it are no errors to tell of."""
    try:
        return await _follow(workflows, client, input, head, quiet=quiet)
    except asyncio.CancelledError:
        logging.getLogger("temporalio").setLevel(logging.CRITICAL)
        raise


async def _follow(
    workflows: WorkflowClient, client: Client, input: MigrationInput, head: LocalHead, *, quiet: bool
) -> MigrationResult:
    workflow_id = await workflows.start_code_migration(input)
    handle = client.get_workflow_handle_for(CodeMigrationWorkflow.run, workflow_id)
    if quiet:
        return await handle.result()
    console = make_console(stderr=True)
    console.print(f"[bold]{escape(printable(str(head.root)))}[/] at {input.head.sha[:9]}: {escape(input.recipe)}")
    ending = asyncio.create_task(handle.result())
    shown: dict[str, str] = {}

    def show(progress: MigrationProgress) -> None:
        for name, state in progress.steps.items():
            if state != "waiting" and shown.get(name) != state:  # one that was done may be taken back
                shown[name] = state
                reason = (progress.reasons or {}).get(name, "")
                said = f": {reason}" if reason else ""
                console.print(f"{_MARKS[state]} {name} {_WORDS.get(state, state)}{escape(printable(said))}")

    with console.status("starting …") as line:
        while not ending.done():
            with contextlib.suppress(Exception):  # a query fails until a worker has the workflow
                progress = await handle.query(CodeMigrationWorkflow.get_progress)
                show(progress)
                line.update(f"{progress.stage} {escape(progress.running)} {await files_seen(client, handle)}…")
            await asyncio.wait({ending}, timeout=_POLL_EVERY_S)
    result = await ending
    steps = {step.name: step.status for step in result.steps}
    show(MigrationProgress("ended", steps, reasons={step.name: step.reason for step in result.steps}))
    return result


async def files_seen(client: Client, handle: MigrationHandle) -> str:
    """How far the running activity is, by its last heartbeat, which is in no history."""
    described = await handle.describe()
    for pending in described.raw_description.pending_activities:
        if pending.heartbeat_details.payloads:
            seen, total = await client.data_converter.decode(pending.heartbeat_details.payloads, [int, int])
            return f"({seen:,} of {total:,} files) " if total else ""
    return ""


async def print_diff(mirror: Path, before: str, after: str) -> None:
    """On standard output, as git prints it."""
    diff = await git(mirror, "diff", "--no-color", "--no-ext-diff", before, after)
    sys.stdout.write(printable(diff.decode("utf-8", "replace"), lines=True))
    sys.stdout.flush()


def print_result(result: MigrationResult, leftovers: Sequence[Leftover], *, applied: bool) -> None:
    """What is left as `path:line: reason`, the numbers before and after, and how it ended."""
    for each in leftovers:
        where = f"{each.file}:{each.line}" if each.line else each.file
        breaks = " (breaks the build)" if each.breaks_build else ""
        print(printable(f"{where}: {each.reason}{breaks}" + (f" {each.fix}" if each.fix else "")))
    for name, before in result.before.checks.items():
        after = result.after.checks.get(name, "")
        print(printable(f"{check_title(name)}: {before} before, {after} after"))
    print(printable(_summary(result, len(leftovers), applied)))


def _summary(result: MigrationResult, left: int, applied: bool) -> str:
    parts = [] if result.state == "done" else [result.reason]
    if result.files_changed:
        files = "1 file" if result.files_changed == 1 else f"{result.files_changed:,} files"
        parts.append(f"{files} changed." if applied else f"{files} would change.")
    if left:
        parts.append("1 place is left for a person." if left == 1 else f"{left:,} places are left for a person.")
    return " ".join(part for part in parts if part) or "Done."
