"""What the gate's own check run says: what blocks first, then the score line by line, then what to do."""

from collections.abc import Mapping, Sequence

from activities.model import QualityCheck, QualityGateResult
from activities.reporting.check_run import FIX_BUTTON, ICONS, RETEST_BUTTON, SUMMARY_LIMIT, CheckRunOutput, Conclusion
from activities.reporting.early_end import fork_text, superseded_text
from activities.reporting.links import Links
from activities.reporting.markdown import code, cut_lines, escape_markdown, one_line, table

_CONCLUSIONS: Mapping[str, Conclusion] = {
    "passed": "success", "failed": "failure", "cancelled": "cancelled", "superseded": "cancelled",
    "refused": "neutral", "error": "failure",
}  # fmt: skip


def gate_ending(
    result: QualityGateResult, places: Links, runs: Mapping[str, int], newer_sha: str = "", fixable: bool = False
) -> CheckRunOutput:
    """`runs` maps a check to its run's id; `fixable`: a tool can mend something that is new."""
    buttons = (*((FIX_BUTTON,) if fixable else ()), *((RETEST_BUTTON,) if result.state in ("failed", "error") else ()))
    lines = _forked(result) if result.state == "refused" else _summary(result, places, runs, newer_sha)
    return CheckRunOutput(
        conclusion=_CONCLUSIONS[result.state],
        title=gate_title(result, newer_sha),
        summary="\n".join(cut_lines(lines, SUMMARY_LIMIT)),
        buttons=buttons,
    )


def gate_title(result: QualityGateResult, newer_sha: str = "") -> str:
    """One line, as it stands beside the gate's name in a pull request."""
    if result.state == "superseded":
        return f"Superseded by {newer_sha[:7]}" if newer_sha else "Superseded by a newer head"
    if result.state == "refused":
        return "A fork's head waits for a maintainer"
    if result.state == "passed":
        return f"Can merge, score {result.overall_score:g}"
    if result.blocking:
        return one_line(f"Cannot merge: {', '.join(result.blocking)}", 200)
    return one_line(result.reason or result.state.capitalize(), 200)


def _forked(result: QualityGateResult) -> list[str]:
    return fork_text(result.head_sha).split("\n")


def _summary(result: QualityGateResult, places: Links, runs: Mapping[str, int], newer_sha: str) -> list[str]:
    superseded = [superseded_text(newer_sha, places), ""] if newer_sha else []
    return [
        *(superseded or [f"**{escape_markdown(result.reason or gate_title(result), 1000)}**", ""]),
        *_blocking(result, places, runs),
        *_checks(result, places, runs),
        *_score(result),
        *_next(result),
    ]


def _blocking(result: QualityGateResult, places: Links, runs: Mapping[str, int]) -> list[str]:
    by_name = {check.name: check for check in result.checks}
    blocking = [by_name[name] for name in result.blocking if name in by_name]
    lines = [
        f"- {ICONS[check.status]} {named(check, places, runs)}: {escape_markdown(check.reason, 500) or check.status}"
        for check in blocking
    ]
    return ["### What blocks", "", *lines, ""] if lines else []


def _checks(result: QualityGateResult, places: Links, runs: Mapping[str, int]) -> list[str]:
    return [*check_table(result.checks, places, runs), ""] if result.checks else []


def check_table(checks: Sequence[QualityCheck], places: Links, runs: Mapping[str, int]) -> list[str]:
    """One row a check, in the order of the checks."""
    rows = [
        (ICONS[check.status], named(check, places, runs), _points(check), escape_markdown(check.reason, 300))
        for check in checks
    ]
    return table(("", "Check", "Score", "Why"), rows, "llrl")


def named(check: QualityCheck, places: Links, runs: Mapping[str, int]) -> str:
    """The check's name, linked to its run where there is one."""
    run_id = runs.get(check.name)
    name = f"[{code(check.name)}]({places.run(run_id)})" if run_id else code(check.name)
    return name if check.required else f"{name} (optional)"


def _points(check: QualityCheck) -> str:
    return "–" if check.score is None else f"{check.score:.0f}"


def _score(result: QualityGateResult) -> list[str]:
    if not result.score_lines:
        return []
    return ["### The score, line by line", "", *(f"- {escape_markdown(line, 500)}" for line in result.score_lines), ""]


def _next(result: QualityGateResult) -> list[str]:
    lines = [f"- {step}" for step in next_steps(result)]
    return ["### What next", "", *lines] if lines else []


def next_steps(result: QualityGateResult) -> list[str]:
    """What a person can do now, the likeliest first; nothing when nothing is to be done."""
    if result.state in ("passed", "superseded", "refused"):
        return []
    if result.state in ("cancelled", "error"):
        return ["`/retest` starts it again."]
    steps = []
    if any(check.new_findings for check in result.checks if check.status == "failed"):
        steps += [
            "**Fix**, on a check run that has the button, commits what tools can mend safely.",
            "`autobuild gate --fix` does the same in your own checkout.",
            "**Accept baseline** on a check run counts what it found as known.",
        ]
    return [*steps, "`/retest` runs again what did not pass; a push runs everything."]
