"""The pull request's one comment, and the hidden mark by which a comment of ours is found again."""

import re
from collections.abc import Mapping, Sequence

from activities.model import Finding, GateState, QualityGateResult
from activities.reporting.check_run import worst_first
from activities.reporting.configuration import config_lines
from activities.reporting.gate import check_table, fork_text, gate_title, next_steps, pull_lines
from activities.reporting.linked_content import lacking_lines
from activities.reporting.links import Links
from activities.reporting.markdown import code, cut_lines, escape_markdown, folded, one_line
from activities.reporting.metrics import coverage_line, tests_line
from activities.reporting.red_branch import red_base_lines
from activities.reporting.wording import plural

GATE_MARK = "<!-- autobuild:gate -->"
COMMENT_LIMIT = 65_000
"""GitHub's limit is 65,536 characters (seen by renovate and others; the API's description does not name it)."""

CHECKING = "⏳ Checking"
_LISTED = 10

_NO_CONFIGURATION = (
    "This repository has no `.github/autobuild.yml`. Comment `/init` to get a pull request with what was found."
)

_HEADINGS: Mapping[GateState, str] = {
    "passed": "✅", "failed": "❌", "refused": "⚪", "unchecked": "⚪",
    "error": "💥", "cancelled": "🚫", "superseded": "🚫",
}  # fmt: skip


def gate_comment(
    result: QualityGateResult,
    links: Links,
    runs: Mapping[str, int],
    findings: Sequence[Finding] = (),
    conflicts_with: str | None = None,
    *,
    fork: bool = False,
) -> str:
    """The whole body, cut already: the same verdict gives the same text, so that it can be compared.

    `findings` are the new ones behind it; `conflicts_with` is the branch that GitHub cannot merge the pull request
    into, "" where it can, None where that is unknown. `fork`: its author can write nothing here.
    """
    lines = [GATE_MARK, f"### {_headline(result, conflicts_with)}", ""]
    if conflicts_with and result.state == "passed":
        lines += [f"Resolve the conflicts with {code(conflicts_with)} and push; the checks of this commit passed.", ""]
    lines += red_base_lines(result.red_base, links)
    lines += _verdict(result, links, runs)
    if result.state != "refused":
        lines += _first_findings(findings, result, links)
        lines += _change(result)
        lines += lacking_lines(result)
        lines += config_lines(result.config, links)
        steps = [f"- {step}" for step in next_steps(result, fixable=any(each.fixable for each in findings))]
        lines += [*steps, ""] if steps else []
    if result.config.branch and not fork and not (result.config.blob or result.config.edited):
        lines += [_NO_CONFIGURATION, ""]
    compared = links.commit(result.head_sha)
    if result.base_sha:
        compared += f" compared with {links.commit(result.base_sha)}"
    lines.append(f"<sub>{compared}. `/help` lists the commands.</sub>")
    return "\n".join(cut_lines(lines, COMMENT_LIMIT))


def checking_comment(result: QualityGateResult | None, links: Links, runs: Mapping[str, int]) -> str:
    """While a gate of the head `links.sha` runs; `result` is the last verdict, of that head or an older one."""
    lines = [GATE_MARK, f"### {CHECKING} {links.commit(links.sha)}", ""]
    if result is None:
        lines += ["This comment will show the verdict.", ""]
    else:
        lines += [f"The last verdict, about {links.commit(result.head_sha)}: **{_headline(result)}**", ""]
        lines += folded("Its checks", check_table(result.checks, links, runs)) if result.checks else []
    lines += ["", "<sub>`/status` says how far it is, `/stop` ends it.</sub>"]
    return "\n".join(cut_lines(lines, COMMENT_LIMIT))


def _headline(result: QualityGateResult, conflicts_with: str | None = None) -> str:
    if result.state == "passed" and conflicts_with:
        return f"⚠️ Conflicts with {code(conflicts_with)}"
    passed = "Passed" if conflicts_with is None else "Can merge"
    return f"{_HEADINGS[result.state]} {escape_markdown(gate_title(result, passed=passed), 300)}"


def _verdict(result: QualityGateResult, links: Links, runs: Mapping[str, int]) -> list[str]:
    lines = pull_lines(result)
    if result.state == "refused":
        return [*lines, *fork_text(result.head_sha).split("\n"), ""]
    lines += [] if result.blocking else [escape_markdown(result.reason, 1000), ""]
    return [*lines, *check_table(result.checks, links, runs), ""] if result.checks else lines


def _first_findings(findings: Sequence[Finding], result: QualityGateResult, links: Links) -> list[str]:
    """The worst new findings of the checks that did not pass; the check runs have all."""
    rows = []
    for finding in worst_first(findings, _LISTED):
        rule = " ".join(part for part in (finding.tool, finding.rule) if part)
        where = f"{links.finding(finding)} " if finding.path else ""
        rows.append(f"- {where}{escape_markdown(one_line(finding.message, 200))} ({code(rule, 80)})")
    if not rows:
        return []
    more = sum(check.new_findings for check in result.checks if check.status == "failed") - len(rows)
    rows += [f"- … {more:,} more, in the check runs."] if more > 0 else []
    return [*rows, ""]


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
