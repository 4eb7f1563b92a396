"""The pull request's one comment, and the hidden mark by which a comment of ours is found again."""

import re
from collections.abc import Mapping

from activities.model import GateState, QualityGateResult
from activities.reporting.configuration import config_lines
from activities.reporting.gate import check_table, fork_text, gate_title, next_steps, pull_lines
from activities.reporting.links import Links
from activities.reporting.markdown import cut_lines, escape_markdown
from activities.reporting.metrics import coverage_line, tests_line
from activities.reporting.red_branch import red_base_lines
from activities.reporting.wording import plural

GATE_MARK = "<!-- autobuild:gate -->"
COMMENT_LIMIT = 65_000
"""GitHub's limit is 65,536 characters (seen by renovate and others; the API's description does not name it)."""

_HEADINGS: Mapping[GateState, str] = {
    "passed": "✅", "failed": "❌", "refused": "⚪", "unchecked": "⚪",
    "error": "💥", "cancelled": "🚫", "superseded": "🚫",
}  # fmt: skip


def gate_comment(result: QualityGateResult, links: Links, runs: Mapping[str, int]) -> str:
    """The whole body, cut already: the same verdict gives the same text, so that it can be compared."""
    lines = [GATE_MARK, f"### {_HEADINGS[result.state]} {escape_markdown(gate_title(result), 300)}", ""]
    lines += red_base_lines(result.red_base, links)
    lines += pull_lines(result)
    if result.state == "refused":
        lines += [*fork_text(result.head_sha).split("\n"), ""]
    else:
        lines += [] if result.blocking else [escape_markdown(result.reason, 1000), ""]
        lines += [*check_table(result.checks, links, runs), ""] if result.checks else []
        lines += _change(result)
        lines += config_lines(result.config, links)
        steps = [f"- {step}" for step in next_steps(result)]
        lines += [*steps, ""] if steps else []
    compared = links.commit(result.head_sha)
    if result.base_sha:
        compared += f" compared with {links.commit(result.base_sha)}"
    lines.append(f"<sub>{compared}. `/help` lists the commands.</sub>")
    return "\n".join(cut_lines(lines, COMMENT_LIMIT))


def reply(marker_key: str, body: str) -> str:
    """An answer with the hidden mark of what it answers."""
    lines = [reply_mark(marker_key), *body.split("\n")]
    return "\n".join(cut_lines(lines, COMMENT_LIMIT))


def reply_mark(marker_key: str) -> str:
    """Nothing in a key can end the HTML comment that hides it."""
    key = re.sub(r"[^A-Za-z0-9._:/#@-]|--", "_", marker_key)[:200]
    return f"<!-- autobuild:reply {key} -->"


def _change(result: QualityGateResult) -> list[str]:
    """What this change brings, in one line."""
    new = sum(check.new_findings for check in result.checks)
    known = sum(check.known_findings for check in result.checks)
    parts = [plural(new, "new finding"), f"{known:,} known (not counted)"] if new or known else []
    for check in result.checks:
        if tests := tests_line(check.metrics):
            parts.append(f"{escape_markdown(check.name.replace('_', ' '))}: {tests}")
        if coverage := coverage_line(check.metrics):
            parts.append(f"coverage: {coverage}")
    return [f"**This change:** {'; '.join(parts)}.", ""] if parts else []
