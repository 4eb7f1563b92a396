"""The gate on a terminal: what runs, what ended, and the verdict."""

import asyncio
from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from temporalio.client import Client, WorkflowHandle

from activities.model import CheckResult, QualityCheck
from activities.quality_gate.types import GateOutcome
from bot.cli.local_repo import LocalHead
from bot.client import WorkflowClient
from workflows.quality_gate import QualityGateWorkflow

_MARKS = {
    "passed": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "error": "[red]![/]",
    "timed_out": "[red]⏱[/]",
    "neutral": "[yellow]○[/]",
    "skipped": "[dim]–[/]",
    "cancelled": "[dim]×[/]",
}
_SHOWN_FINDINGS = 50
_LOOK_EVERY_S = 0.3


async def follow(workflows: WorkflowClient, client: Client, workflow_id: str, head: LocalHead) -> GateOutcome:
    """Prints each check as it ends, and gives the outcome."""
    console = Console(stderr=True, emoji=False)
    against = f"compared with {head.base_name} {head.base_sha[:9]}" if head.base_sha else "nothing to compare with"
    console.print(f"[bold]{escape(str(head.root))}[/] at {head.head_sha[:9]}, {escape(against)}")
    handle = client.get_workflow_handle_for(QualityGateWorkflow.run, workflow_id)
    ending = asyncio.create_task(workflows.wait_for_gate(workflow_id))
    told: set[str] = set()
    with console.status("starting …") as line:
        while not ending.done():
            progress = await _progress(handle)
            running = [name for name, state in progress.items() if state == "running"]
            line.update(f"running: {', '.join(running)}" if running else "starting …")
            for name in progress.keys() - told:
                if progress[name] != "running":
                    console.print(f"{_MARKS[progress[name]]} {name} {progress[name]}")
                    told.add(name)
            await asyncio.wait({ending}, timeout=_LOOK_EVERY_S)
    return await ending


async def _progress(handle: "WorkflowHandle[QualityGateWorkflow, GateOutcome]") -> Mapping[str, str]:
    try:
        return await handle.query(QualityGateWorkflow.get_progress)
    except Exception:
        return {}  # no worker has looked at it yet


def print_verdict(outcome: GateOutcome, judged: Mapping[str, CheckResult], head: LocalHead) -> None:
    """The checks, the new findings, the score line by line, and the verdict."""
    console = Console(emoji=False)
    table = Table(box=None, pad_edge=False)
    for title in ("", "check", "score", "new", "known", "s", "why"):
        table.add_column(title, overflow="fold")
    for check in outcome.result.checks:
        table.add_row(*_row(check))
    console.print(table)
    _print_findings(console, judged)
    for line in outcome.result.score_lines:
        console.print(f"  [dim]{escape(line)}[/]")
    word = "[bold green]can be merged[/]" if outcome.result.can_merge else "[bold red]cannot be merged[/]"
    console.print(f"{word}: {escape(outcome.result.reason)}")


def _row(check: QualityCheck) -> tuple[str, ...]:
    score = "" if check.score is None else f"{check.score:.0f}"
    cached = " (cached)" if check.cached else ""
    reason = escape(check.reason) + f"[dim]{cached}[/]"
    duration = f"{check.duration_s:.1f}"
    return _MARKS[check.status], check.name, score, str(check.new_findings), str(check.known_findings), duration, reason


def _print_findings(console: Console, judged: Mapping[str, CheckResult]) -> None:
    new = [finding for one in judged.values() for finding in one.findings if finding.new]
    for finding in new[:_SHOWN_FINDINGS]:
        where = f"{finding.path}:{finding.line}" if finding.line else finding.path
        text = f"{where}: {finding.severity}: {finding.message.splitlines()[0] if finding.message else ''}"
        console.print(escape(f"{text} [{finding.tool} {finding.rule}]"), highlight=False, soft_wrap=True)
    if len(new) > _SHOWN_FINDINGS:
        console.print(f"{len(new) - _SHOWN_FINDINGS} more; --json or --sarif shows all.")
