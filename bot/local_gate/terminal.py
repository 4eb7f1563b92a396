"""The local gate on a terminal: which checks run, which ended, and the verdict."""

import asyncio
import contextlib
from collections.abc import Mapping

from rich.markup import escape
from rich.table import Table
from temporalio.client import Client

from activities.model import CheckResult, Finding
from activities.quality_gate.types import GateOutcome
from activities.reporting.configuration import config_text
from activities.reporting.wording import score_text
from bot.client import WorkflowClient
from bot.console import make_console
from bot.local_gate.folder import LocalHead
from bot.printable import printable
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
_POLL_EVERY_S = 0.3


def _shown(text: str) -> str:
    """Untrusted text in rich's markup."""
    return escape(printable(text))


async def follow(workflows: WorkflowClient, client: Client, workflow_id: str, head: LocalHead) -> GateOutcome:
    """Prints each check as it ends, and gives the outcome."""
    console = make_console(stderr=True)
    against = f"compared with {head.base_name} {head.base_sha[:9]}" if head.base_sha else "nothing to compare with"
    console.print(f"[bold]{_shown(str(head.root))}[/] at {head.head_sha[:9]}, {_shown(against)}")
    handle = client.get_workflow_handle_for(QualityGateWorkflow.run, workflow_id)
    ending = asyncio.create_task(workflows.wait_for_gate(workflow_id))
    shown: set[str] = set()
    with console.status("starting …") as line:
        while not ending.done():
            progress: Mapping[str, str] = {}
            with contextlib.suppress(Exception):  # a query fails until a worker has the workflow
                progress = await handle.query(QualityGateWorkflow.get_progress)
            running = [name for name, state in progress.items() if state == "running"]
            line.update(f"running: {', '.join(running)}" if running else "starting …")
            for name in progress.keys() - shown:
                if progress[name] != "running":
                    console.print(f"{_MARKS[progress[name]]} {name} {progress[name]}")
                    shown.add(name)
            await asyncio.wait({ending}, timeout=_POLL_EVERY_S)
    return await ending


def finding_line(finding: Finding) -> str:
    """As compilers print it, without the parts that the finding does not have."""
    where = f"{finding.path}:{finding.line}" if finding.path and finding.line else finding.path
    message = finding.message.splitlines()[0] if finding.message else ""
    source = " ".join(part for part in (finding.tool, finding.rule) if part)
    severity = "informational" if finding.informational else finding.severity
    text = ": ".join(part for part in (where, severity, message) if part)
    return f"{text} [{source}]" if source else text


def print_verdict(outcome: GateOutcome, results: Mapping[str, CheckResult]) -> None:
    """The checks, the new findings, the parts of the score, and the verdict."""
    console = make_console()
    table = Table(box=None, pad_edge=False)
    for title in ("", "check", "score", "new", "known", "s", "reason"):
        table.add_column(title, overflow="fold")
    for check in outcome.result.checks:
        score = "" if check.score is None else score_text(check.score)
        reason = _shown(check.reason) + ("[dim] (cached)[/]" if check.cached else "")
        counts = (str(check.new_findings), str(check.known_findings), f"{check.duration_s:.1f}")
        table.add_row(_MARKS[check.status], check.name, score, *counts, reason)
    console.print(table)
    new = [finding for result in results.values() for finding in result.findings if finding.new]
    for finding in new[:_SHOWN_FINDINGS]:
        console.print(_shown(finding_line(finding)), highlight=False, soft_wrap=True)
    if len(new) > _SHOWN_FINDINGS:
        console.print(f"{len(new) - _SHOWN_FINDINGS} more new findings. Use --json or --sarif to see all.")
    for line in (*outcome.result.lacking, *config_text(outcome.result.config)):
        console.print(_shown(line), highlight=False, soft_wrap=True)
    for line in outcome.result.score_lines:
        console.print(f"  [dim]{_shown(line)}[/]")
    verdict = "[bold green]can be merged[/]" if outcome.result.can_merge else "[bold red]cannot be merged[/]"
    console.print(f"{verdict}: {_shown(outcome.result.reason)}")
