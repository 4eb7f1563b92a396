"""`/status` in words: from what workflows tell about themselves to lines of Markdown. Pure."""

from collections.abc import Mapping
from typing import Any

from activities.github.types.pulls import PullRequest
from activities.reporting.markdown import code, escape_markdown
from activities.workflow_activities import WorkflowQueryResult

_VERDICTS = {
    "passed": "passed", "failed": "failed", "refused": "waits for a maintainer", "error": "ended with an error",
    "cancelled": "was stopped", "superseded": "made way for a newer head",
}  # fmt: skip


def pull_status(told: Mapping[str, Any], pull: PullRequest) -> list[str]:
    """`told` is a `BranchOverview` as plain JSON, {} where the branch's workflow does not run."""
    head = pull.head_sha
    if told.get("head") != head:
        return [f"Nothing is known of `{head[:12]}` yet. `/retest` starts its gate."]
    lines = [_gate(told, head)]
    settled = not told.get("gating") and not told.get("waiting")
    if settled and (failing := [name for name, status in (told.get("checks") or {}).items() if status not in _FINE]):
        lines.append(f"- Not passed: {', '.join(f'`{name}`' for name in failing)}")
    lines += [f"- `{name}`: {_flat(why)}" for name, why in (told.get("overrides") or {}).items()]
    if told.get("draft"):
        lines.append("- It is a draft: its gate runs once it is ready for review.")
    if settled and told.get("merges"):
        waits = ", ".join(_flat(what) for what in told.get("waits_for") or ())
        lines.append(
            f"- It is merged by itself{f' once there is: {waits}' if waits else ' as soon as GitHub allows it'}."
        )
    return lines


_FINE = ("passed", "neutral", "skipped")


def issue_status(works: Mapping[str, WorkflowQueryResult]) -> list[str]:
    """Label → what its work says of itself."""
    lines = [f"- Label {code(label)}: {_flat(str(told.answer))}" for label, told in works.items() if told.there]
    return lines or ["No label of this issue asks for anything."]


def _gate(told: Mapping[str, Any], head: str) -> str:
    if told.get("gating"):
        return f"The gate of `{head[:12]}` runs."
    if told.get("halted"):
        return f"The gate of `{head[:12]}` was stopped. `/retry` starts it again."
    if (state := told.get("state")) and not told.get("waiting"):
        score = f", score {told.get('score', 0):g}" if state in ("passed", "failed") else ""
        reason = f": {_flat(str(told.get('reason') or ''))}" if told.get("reason") else ""
        return f"The gate of `{head[:12]}` {_VERDICTS.get(state, state)}{score}{reason}"
    if told.get("waiting") or told.get("draft"):
        return f"The gate of `{head[:12]}` waits for its turn."
    return f"The gate of `{head[:12]}` did not come to its end. `/retest` starts it again."


def _flat(text: str) -> str:
    return escape_markdown(text, 500)
