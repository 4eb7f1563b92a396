"""Answers to comments, buttons and labels: lines of Markdown. What comes from elsewhere is escaped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from activities.model import CONFIG_PATH, SATISFIED
from activities.reporting.markdown import code, escape_markdown, inert

RESERVED_SHARE = 0.1
"""Of an hour's requests to GitHub: only what check runs need may use it."""

_COUNTED = {"core": "REST requests", "graphql": "GraphQL points"}

PULL_IS_CLOSED = "This pull request is closed, so nothing was run."
PULL_IS_DRAFT = "This pull request is a draft. The command takes effect once it is ready for review."
NO_GATE_RUNS = "No gate is running for this pull request."
STARTED_SINCE = "`/stop` stopped nothing: the gate was started again by what was said later. `/stop` ends it now."
NO_WORK_RUNS = "Nothing is running for this issue."
WORK_STARTED_SINCE = "`/stop` stopped nothing: the work was asked for again later. `/stop` ends it now."
WORK_STOPPED_SINCE = "`/retry` started nothing: `/stop` was said later. `/retry` starts it now."
NO_WORK_TO_RETRY = "There is nothing to retry."
NOT_A_FORK = "This branch is in the repository itself, so its checks run without approval."
NO_VERDICT_TO_FIX = "This commit has no verdict yet, so nothing was fixed. `/status` shows its gate."
FIX_NEWER_HEAD = "Nothing was fixed: there is a newer commit. Press Fix on its check run."
FIX_OFF = "Fixes are disabled here (`autofix: off` in .github/autobuild.yml)."
FIX_FORK = "The branch is in a fork, where the bot cannot write."

_VERDICTS = {
    "passed": "passed", "failed": "failed", "refused": "is waiting for maintainer approval",
    "unchecked": "checked nothing",
    "error": "ended with an error", "cancelled": "was cancelled", "superseded": "was superseded",
}  # fmt: skip


@dataclass(frozen=True)
class RequestsLeft:
    """Of an hour's requests to GitHub. `resource` in GitHub's words; `reset` is its end, in seconds since 1970."""

    resource: str
    left: int
    limit: int
    reset: int

    @property
    def is_reserve(self) -> bool:
        """Whether only check runs are written: the client's rule, for a person."""
        return self.left <= RESERVED_SHARE * self.limit


def paragraphs(replies: Sequence[Sequence[str]]) -> str:
    """Each reply once, as a paragraph of its own: a line right below a list would belong to its last item."""
    different = dict.fromkeys("\n".join(lines) for lines in replies if lines)
    return "\n\n".join(different)


def broken_configuration(line: int, judged_by: str) -> str:
    """The default branch's configuration is broken. `judged_by` is the commit whose version is used, "" for none."""
    where = f"{code(CONFIG_PATH)}{f' (line {line})' if line else ''} of the default branch is broken"
    instead = f"its version of {code(judged_by[:12])} applies" if judged_by else "the defaults apply"
    return f"{where}; {instead} until it is repaired."


def needs_permission(what: str, needed: str, level: str) -> str:
    """`what` is Markdown. `level` is "unknown" where GitHub does not say."""
    if level == "unknown":
        return f"{what} needs {escape_markdown(needed)} access; yours could not be looked up. Comment again later."
    return f"{what} needs {escape_markdown(needed)} access; you have {escape_markdown(level)}."


def wrong_place(command: str, on_pull: bool) -> str:
    """A command of issues on a pull request, or the other way round."""
    return f"{code(f'/{command}')} works on {'issues' if on_pull else 'pull requests'} only."


def help_lines(texts: Sequence[str], level: str) -> list[str]:
    """`texts`, which are Markdown, are those of the commands that the person may use here."""
    if not texts:
        return ["No such command is available to you here."]
    return [f"You have {escape_markdown(level)} access here:", "", *(f"- {text}" for text in texts)]


def not_the_head(named: str, head_sha: str) -> str:
    """A commit that somebody approved and that is not the head."""
    return f"{code(named)} is not the head of this pull request any more; the head is {code(head_sha)}."


def whole_sha_needed(head_sha: str) -> str:
    """An approval that names no commit, or only its first digits."""
    command = code(f"/ok-to-test {head_sha}")
    return f"Name the commit that you have read in full. For the present head of this pull request, comment {command}."


def head_since_comment(head_sha: str) -> str:
    """An approval that was made before the commit was the head, as far as GitHub's times tell."""
    command = code(f"/ok-to-test {head_sha}")
    return f"{code(head_sha)} became the head after that comment. After reading it, comment {command} again."


def newer_than_comment(command: str, head_sha: str) -> str:
    """A command that was written before its author could see the head."""
    late = f"{code(command)} came too late: {code(head_sha[:12])} was pushed since, or just then."
    return f"{late} Look at it, and comment again."


def newer_than_button(button: str, head_sha: str) -> str:
    """A button of a commit that is not the head any more."""
    late = f"{code(button)} came too late: {code(head_sha[:12])} was pushed since."
    return f"{late} Look at it, and use the buttons of its check runs."


def stopped_since(command: str) -> str:
    """A command or a button that came after a newer `/stop`."""
    return f"{code(command)} started nothing: `/stop` was said later. `/retry` starts the gate."


def counts_after_stop(command: str) -> str:
    """The same, of a command that is more than a start."""
    counts = f"{code(command)} counts from the next run on; none was started, because `/stop` was said later."
    return f"{counts} `/retry` starts it."


def overridden_since(check: str) -> str:
    """An override that came after a newer one of the same check."""
    return f"A later `/override` of {code(check)} counts, so this one changed nothing."


def merge_failed(reason: str) -> str:
    """Automatic merging needs a person first. `reason` is Markdown, one of `github_errors`."""
    return f"Auto-merge failed. {reason}"


FIX_WORKER_DIED = "Nothing was fixed: the worker died each time that it tried. Comment /fix to try again."


def fix_failed(workflow_id: str) -> str:
    """A failure that is not the repository's."""
    return f"The fix failed: internal error (workflow {code(workflow_id)})."


def fix_nothing(left_out: Sequence[str]) -> str:
    """`left_out` are sentences about files that a tool left in a form that no commit takes over."""
    return "No tool has a safe fix for these findings." + _not_taken_over(left_out, escape_markdown)


def fix_worse(checks: Sequence[str]) -> str:
    """The fixed tree has more findings."""
    return f"The fixes were not committed: they would make {', '.join(map(code, checks))} worse."


def fix_commit_message(
    lines: Sequence[str], actor: str, left_out: Sequence[str] = (), *, by_agent: bool = False
) -> str:
    """`lines` say what each tool, or an agent, fixed; `actor` is "" for an automatic fix; `left_out` as for
    `fix_nothing`."""
    headline = "Fix findings of the gate" if by_agent else "Apply tool-safe fixes"
    requested = f"\n\nRequested by {inert(actor)}." if actor else ""
    without = f"\n\n{_not_taken_over(left_out, inert).strip()}" if left_out else ""
    return f"{headline}\n\n" + "\n".join(f"- {inert(line)}" for line in lines) + without + requested


def _not_taken_over(left_out: Sequence[str], shown: Callable[[str], str]) -> str:
    return f" Not taken over from the fix: {' '.join(map(shown, left_out))}" if left_out else ""


def label_on_pull(label: str) -> str:
    """A label that asks for something on issues, put on a pull request."""
    return f"The label {code(label)} works on issues only. Pull requests are checked without one; `/help` says how."


def what_asks(label: str) -> str:
    """The label that asks for work, "" where a comment does."""
    return f"The label {code(label)}" if label else "`/autobuild`"


def work_not_served(label: str, does: str) -> str:
    """A label, or with "" a comment, asks for a workflow that this deployment does not have."""
    return f"{what_asks(label)} {escape_markdown(does)}, which this installation does not support yet."


def work_failed(label: str, workflow_id: str) -> str:
    """The work that a label, or with "" a comment, asked for has failed and could not say so itself."""
    by = f"the label {code(label)}" if label else "`/autobuild`"
    return f"The work started by {by} failed (workflow {code(workflow_id)}). `/retry` tries again."


def issue_status(works: Mapping[str, str]) -> list[str]:
    """Label ("" for a comment) → the status of what it started."""
    lines = [
        f"- {f'Label {code(label)}' if label else '`/autobuild`'}: {escape_markdown(status, 500)}"
        for label, status in works.items()
    ]
    return lines or ["Nothing was started for this issue."]


def requests_left(found: Sequence[RequestsLeft]) -> list[str]:
    """None where there are no limits."""
    if not found:
        return []
    left = ", ".join(f"{one.left:,} of {one.limit:,} {_COUNTED.get(one.resource, 'requests')}" for one in found)
    lines = [f"- Left of GitHub's limits for this hour: {left}."]
    if reserved := [one for one in found if one.is_reserve]:
        until = datetime.fromtimestamp(max(one.reset for one in reserved), UTC)
        lines.append(f"- A tenth or less is left, so only check runs are written until {until:%H:%M} UTC.")
    return lines


def pull_status(overview: Mapping[str, Any], head_sha: str) -> list[str]:
    """`overview` is a `BranchOverview` as plain JSON, {} where the branch's workflow does not run."""
    if overview.get("head") != head_sha:
        return [f"Nothing is known about {code(head_sha[:12])} yet. `/retest` starts its gate."]
    lines = [_gate_status(overview, head_sha)]
    settled = not overview.get("gating") and not overview.get("waiting")
    checks: Mapping[str, str] = overview.get("checks") or {}
    if settled and (failing := [name for name, status in checks.items() if status not in SATISFIED]):
        lines.append(f"- Not passed: {', '.join(map(code, failing))}")
    lines += [f"- {code(name)}: {escape_markdown(why, 500)}" for name, why in (overview.get("overrides") or {}).items()]
    if overview.get("draft"):
        lines.append("- The pull request is a draft: its gate runs once it is ready for review.")
    if settled and overview.get("merges"):
        waits_for = ", ".join(escape_markdown(what, 500) for what in overview.get("waits_for") or ())
        lines.append(f"- Auto-merge is enabled.{f' It waits for: {waits_for}.' if waits_for else ''}")
    return lines


def _gate_status(overview: Mapping[str, Any], head_sha: str) -> str:
    gate = f"The gate of {code(head_sha[:12])}"
    if overview.get("gating"):
        return f"{gate} is running."
    if overview.get("stopped"):
        return f"{gate} was stopped. `/retry` starts it again."
    if (state := overview.get("state")) and not overview.get("waiting"):
        score = f", score {overview.get('score', 0):g}" if state in ("passed", "failed") else ""
        reason = f": {escape_markdown(str(overview.get('reason') or ''), 500)}" if overview.get("reason") else ""
        return f"{gate} {_VERDICTS.get(state) or escape_markdown(state)}{score}{reason}"
    if overview.get("waiting") or overview.get("draft"):
        return f"{gate} is queued."
    return f"{gate} did not finish. `/retest` starts it again."
