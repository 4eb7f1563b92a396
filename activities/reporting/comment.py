"""The pull request's one comment, and the hidden mark by which a comment of ours is found again."""

import re
from collections.abc import Mapping

from activities.model import QualityCheck, QualityGateResult
from activities.reporting.early_end import fork_text
from activities.reporting.gate import check_table, gate_title, next_steps
from activities.reporting.links import Links
from activities.reporting.markdown import cut_lines, escape_markdown
from activities.reporting.metrics import coverage_line, tests_line

GATE_MARK = "<!-- autobuild:gate -->"
COMMENT_LIMIT = 65_000
"""GitHub's limit is 65,536 characters (renovate and others met it; the API's description does not tell)."""

_HEADINGS = {"passed": "✅", "failed": "❌", "refused": "⚪", "error": "💥", "cancelled": "🚫", "superseded": "🚫"}


def gate_comment(result: QualityGateResult, places: Links, runs: Mapping[str, int]) -> str:
    """The whole body, cut already: the same verdict gives the same text, so that it can be compared."""
    head = f"### {_HEADINGS[result.state]} {escape_markdown(gate_title(result), 300)}"
    told = fork_text(result.head_sha).split("\n") if result.state == "refused" else _verdict(result, places, runs)
    while told and not told[-1]:
        told.pop()
    lines = [GATE_MARK, head, "", *told, "", f"<sub>{_compared(result, places)} `/help` lists the commands.</sub>"]
    return "\n".join(cut_lines(lines, COMMENT_LIMIT))


def reply(marker_key: str, body: str) -> str:
    """An answer with the hidden mark of what it answers."""
    lines = [reply_mark(marker_key), *body.split("\n")]
    return "\n".join(cut_lines(lines, COMMENT_LIMIT))


def reply_mark(marker_key: str) -> str:
    """Nothing in a key can end the HTML comment that hides it."""
    key = re.sub(r"[^A-Za-z0-9._:/#@-]|--", "_", marker_key)[:200]
    return f"<!-- autobuild:reply {key} -->"


def _verdict(result: QualityGateResult, places: Links, runs: Mapping[str, int]) -> list[str]:
    lines = [] if result.blocking else [escape_markdown(result.reason, 1000), ""]
    if result.checks:
        lines += [*check_table(result.checks, places, runs), ""]
    lines += _change(result)
    return [*lines, *(f"- {step}" for step in next_steps(result))]


def _change(result: QualityGateResult) -> list[str]:
    """What this change brings, in one line."""
    new = sum(check.new_findings for check in result.checks)
    known = sum(check.known_findings for check in result.checks)
    parts = (
        [f"{new:,} new finding{'' if new == 1 else 's'}", f"{known:,} known and not counted"] if new or known else []
    )
    parts += [said for check in result.checks for said in _numbers(check) if said]
    return [f"**This change:** {'; '.join(parts)}.", ""] if parts else []


def _numbers(check: QualityCheck) -> tuple[str, str]:
    tests, coverage = tests_line(check.metrics), coverage_line(check.metrics)
    name = escape_markdown(check.name.replace("_", " "))
    return f"{name}: {tests}" if tests else "", f"covered: {coverage}" if coverage else ""


def _compared(result: QualityGateResult, places: Links) -> str:
    head = places.commit(result.head_sha)
    return f"{head} compared with {places.commit(result.base_sha)}." if result.base_sha else f"{head}."
