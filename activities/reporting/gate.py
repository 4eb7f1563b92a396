"""What the gate's own check run shows, and what all runs show that end without a verdict of their own."""

from collections.abc import Mapping, Sequence

from activities.model import GateState, PullVerdict, QualityCheck, QualityGateResult
from activities.reporting.check_run import FIX_BUTTON, ICONS, RETEST_BUTTON, SUMMARY_LIMIT, CheckRunOutput, Conclusion
from activities.reporting.configuration import config_annotations, config_lines
from activities.reporting.gate_states import overrides
from activities.reporting.linked_content import lacking_lines
from activities.reporting.links import Links
from activities.reporting.markdown import code, cut_bytes, cut_lines, escape_markdown, one_line, table
from activities.reporting.red_branch import red_base_lines
from activities.reporting.wording import score_text

# GitHub lets `success`, `neutral` and `skipped` satisfy a required check: only a verdict may end in one of them.
_CONCLUSIONS: Mapping[GateState, Conclusion] = {
    "passed": "success", "failed": "failure", "cancelled": "cancelled", "superseded": "cancelled",
    "refused": "action_required", "unchecked": "cancelled", "error": "failure",
}  # fmt: skip
_WAITING = "Waiting for maintainer approval (fork)"
REPLACED = CheckRunOutput("cancelled", "Incomplete", "A newer run replaced this one.")

# Of a check that did not come to its own verdict, by the state of its gate.
_NOT_RUN: Mapping[GateState, tuple[Conclusion, str]] = {
    "passed": ("cancelled", "Not run"),
    "failed": ("cancelled", "Not run"),
    "cancelled": ("cancelled", "Cancelled"),
    "superseded": ("cancelled", "Superseded by a newer commit"),
    "refused": ("action_required", _WAITING),
    "unchecked": ("cancelled", "Not checked"),
    "error": ("cancelled", "Incomplete"),
}


def gate_output(
    result: QualityGateResult, links: Links, runs: Mapping[str, int], newer_sha: str = "", fixable: bool = False
) -> CheckRunOutput:
    """`runs` maps a check to its run's id; `fixable`: a tool can fix a new finding."""
    buttons = (*((FIX_BUTTON,) if fixable else ()), *((RETEST_BUTTON,) if result.state in ("failed", "error") else ()))
    if result.state == "refused" and not result.checks:
        lines = [*pull_lines(result), *fork_text(result.head_sha).split("\n")]
    else:
        first = (
            superseded_text(newer_sha, links)
            if newer_sha
            else f"**{escape_markdown(result.reason or gate_title(result), 1000)}**"
        )
        lines = [
            first,
            "",
            *red_base_lines(result.red_base, links),
            *pull_lines(result),
            *_blocking(result, links, runs),
        ]
        lines += [*check_table(result.checks, links, runs), ""] if result.checks else []
        lines += lacking_lines(result)
        lines += config_lines(result.config, links)
        if result.score_lines:
            lines += ["### Score", "", *(f"- {escape_markdown(line, 500)}" for line in result.score_lines), ""]
        if steps := next_steps(result, fixable=fixable):
            lines += ["### Next steps", "", *(f"- {step}" for step in steps)]
    return CheckRunOutput(
        conclusion="neutral" if nothing_ran(result) else _CONCLUSIONS[result.state],
        title=gate_title(result, newer_sha),
        summary="\n".join(cut_lines(lines, SUMMARY_LIMIT)),
        annotations=config_annotations(result.config),
        buttons=buttons,
    )


def unfinished_output(state: GateState, reason: str, newer_sha: str, links: Links) -> CheckRunOutput:
    """For a check's run whose gate ended in this state before the check had a verdict. `reason` is untrusted."""
    conclusion, title = _NOT_RUN[state]
    if newer_sha:
        return CheckRunOutput(conclusion, f"Superseded by {newer_sha[:7]}", superseded_text(newer_sha, links))
    if state == "refused":
        return CheckRunOutput(conclusion, title, fork_text(links.sha))
    return CheckRunOutput(conclusion, title, cut_bytes(escape_markdown(reason, 5000), 60_000) or f"{title}.")


def fork_text(head_sha: str) -> str:
    """What the check runs of a fork say until a maintainer has approved the head."""
    return (
        "Checks did not run: this pull request comes from a fork and needs approval.\n\n"
        f"After reviewing the change, a maintainer can comment {code(f'/ok-to-test {head_sha}')}. "
        "The approval is for this commit only."
    )


def pull_lines(result: QualityGateResult) -> list[str]:
    """What holds for each pull request of a commit that is the head of several; nothing for one alone."""
    if len(result.pulls) < 2:
        return []
    real = [each for each in result.pulls if each.pull.number]
    lines = []
    if len(real) > 1:
        lines += [f"This commit is the head of {len(real)} open pull requests. Its gate is the worst of theirs:", ""]
    else:
        lines += [
            f"{code(real[0].pull.base_ref)} is not a protected branch, and this pull request could be retargeted. "
            "So the commit is also checked as if it went into the default branch, which requires checks:",
            "",
        ]
    for each in result.pulls:
        pull, where = each.pull, f"into {code(each.pull.base_ref)}"
        what = f"#{pull.number} {where}" if pull.number else f"As if it went {where}"
        lines.append(f"- {what}: {_pull_state(each, result.head_sha)}")
    return [*lines, ""]


def _pull_state(verdict: PullVerdict, head_sha: str) -> str:
    if verdict.state == "passed":
        return "can merge."
    if verdict.state == "unchecked":
        return "not checked. " + escape_markdown(verdict.reason, 300)
    if verdict.state == "refused":
        return f"needs approval. A maintainer can comment {code(f'/ok-to-test {head_sha}')} there."
    if verdict.blocking:
        return f"cannot merge: {', '.join(map(code, verdict.blocking))}."
    return f"cannot merge. {escape_markdown(verdict.reason, 300)}"


def superseded_text(newer_sha: str, links: Links) -> str:
    """Why an older head's run ends without a verdict."""
    return f"Superseded by a newer commit: {links.commit(newer_sha)}. Its check runs have the verdict."


def nothing_ran(result: QualityGateResult) -> bool:
    """Whether nothing blocks the change because nobody looked at it."""
    checks = result.checks
    ran = any(one.result_id or one.overridden_by or one.score is not None or one.status == "passed" for one in checks)
    return result.state == "passed" and bool(checks) and not ran


def gate_title(result: QualityGateResult, newer_sha: str = "", *, passed: str = "Passed") -> str:
    """One line, shown beside the gate's name in a pull request."""
    if result.state == "superseded":
        return f"Superseded by {newer_sha[:7]}" if newer_sha else "Superseded by a newer commit"
    if result.state == "refused":
        return _WAITING
    if nothing_ran(result):
        return "Nothing was checked"
    if result.state == "passed":
        people = {check.name: check.overridden_by for check in result.checks if check.overridden_by}
        overridden = f"; overridden: {overrides(people)}" if people else ""
        scored = not result.checks or any(check.score is not None for check in result.checks)
        score = f"score {score_text(result.overall_score)}" if scored else "no check has a score"
        return one_line(f"{passed}, {score}{overridden}", 200)
    if result.blocking:
        return one_line(f"Cannot merge: {', '.join(result.blocking)}", 200)
    return one_line(result.reason or result.state.capitalize(), 200)


def _blocking(result: QualityGateResult, links: Links, runs: Mapping[str, int]) -> list[str]:
    lines = [
        f"- {ICONS[check.status]} {_linked(check, links, runs)}: {escape_markdown(check.reason, 500) or check.status}"
        for check in result.checks
        if check.name in result.blocking
    ]
    return ["### Blocking checks", "", *lines, ""] if lines else []


def check_table(checks: Sequence[QualityCheck], links: Links, runs: Mapping[str, int]) -> list[str]:
    """One row a check, in the order of the checks."""
    rows = []
    for check in checks:
        score = "–" if check.score is None else score_text(check.score)
        reason = escape_markdown(check.reason, 300)
        rows.append((ICONS[check.status], _linked(check, links, runs), score, reason))
    return table(("", "Check", "Score", "Result"), rows, "llrl")


def _linked(check: QualityCheck, links: Links, runs: Mapping[str, int]) -> str:
    """The check's name, linked to its run where there is one."""
    run_id = runs.get(check.name)
    name = f"[{code(check.name)}]({links.run(run_id)})" if run_id else code(check.name)
    return name if check.required else f"{name} (optional)"


def next_steps(result: QualityGateResult, *, fixable: bool) -> list[str]:
    """What a person can do now, the likeliest first; nothing when nothing is to be done. `fixable`: some check run has
    the button."""
    if result.state in ("passed", "superseded", "refused"):
        return []
    if result.state == "unchecked":
        return ["A pull request into a branch that the configuration includes is checked."]
    if result.state in ("cancelled", "error"):
        return ["`/retest` starts the gate again."]
    if result.config.mistakes:
        return ["Fix the configuration and push. `autobuild validate` checks the file."]
    steps = []
    if any(check.new_findings for check in result.checks if check.status == "failed"):
        if fixable:
            steps += [
                "**Fix**, on a check run that has this button, commits safe automatic fixes.",
                "`autobuild gate --fix` applies the same fixes in your checkout.",
            ]
        steps.append("**Accept baseline**, on a failed check's run, counts its findings as known.")
    return [*steps, "`/retest` runs the checks that did not pass again; a push runs all checks."]
