"""The local gate on a terminal: which checks run, which ended, and the verdict."""

from rich.markup import escape
from rich.table import Table

from activities.model import Finding
from activities.reporting.configuration import config_text
from activities.reporting.gate import nothing_ran
from activities.reporting.wording import score_text
from bot.console import make_console
from bot.local_gate.folder import LocalHead
from bot.local_gate.known_verdicts import KnownVerdict
from bot.printable import printable

MARKS = {
    "passed": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "error": "[red]![/]",
    "timed_out": "[red]⏱[/]",
    "neutral": "[yellow]○[/]",
    "skipped": "[dim]–[/]",
    "cancelled": "[dim]×[/]",
}
_SHOWN_FINDINGS = 50


def _shown(text: str) -> str:
    """Untrusted text in rich's markup."""
    return escape(printable(text))


def print_head(head: LocalHead) -> None:
    """What is gated, and what it is compared with."""
    against = f"compared with {head.base_name} {head.base_sha[:9]}" if head.base_sha else "nothing to compare with"
    console = make_console(stderr=True)
    console.print(f"[bold]{_shown(str(head.root))}[/] at {head.head_sha[:9]}, {_shown(against)}")


def finding_line(finding: Finding) -> str:
    """As compilers print it, without the parts that the finding does not have."""
    where = f"{finding.path}:{finding.line}" if finding.path and finding.line else finding.path
    message = finding.message.splitlines()[0] if finding.message else ""
    source = " ".join(part for part in (finding.tool, finding.rule) if part)
    severity = "informational" if finding.informational else finding.severity
    text = ": ".join(part for part in (where, severity, message) if part)
    return f"{text} [{source}]" if source else text


def print_verdict(known: KnownVerdict) -> None:
    """The checks, the new findings, the parts of the score, and the verdict."""
    console = make_console()
    table = Table(box=None, pad_edge=False)
    for title in ("", "check", "score", "new", "known", "s", "reason"):
        table.add_column(title, overflow="fold")
    for check in known.result.checks:
        score = "" if check.score is None else score_text(check.score)
        reason = _shown(check.reason) + ("[dim] (cached)[/]" if check.cached else "")
        counts = (str(check.new_findings), str(check.known_findings), f"{check.duration_s:.1f}")
        table.add_row(MARKS[check.status], check.name, score, *counts, reason)
    console.print(table)
    new = [finding for finding in known.findings if finding.new]
    for finding in new[:_SHOWN_FINDINGS]:
        console.print(_shown(finding_line(finding)), highlight=False, soft_wrap=True)
    if len(new) > _SHOWN_FINDINGS:
        console.print(f"{len(new) - _SHOWN_FINDINGS} more new findings. Use --json or --sarif to see all.")
    for line in (*known.result.lacking, *config_text(known.result.config)):
        console.print(_shown(line), highlight=False, soft_wrap=True)
    for line in known.result.score_lines:
        console.print(f"  [dim]{_shown(line)}[/]")
    verdict = "[bold green]can be merged[/]" if known.result.can_merge else "[bold red]cannot be merged[/]"
    if nothing_ran(known.result):
        verdict = "[bold yellow]nothing was checked[/]"
    console.print(f"{verdict}: {_shown(known.result.reason)}")
