"""Sentences about accepted findings. Reasons and names are untrusted: what is Markdown here has them escaped."""

from collections.abc import Sequence

from activities.model import Acceptance
from activities.reporting.markdown import code, escape_markdown, table
from activities.reporting.wording import plural, shortened

_NAMED, _LISTED = 3, 100
_REASON = 160

NOTHING_TO_ACCEPT = "This check has no new findings, so there is nothing to accept."
NEWER_HEAD = "Nothing was accepted: the commit is newer than the request. Look at its findings, then ask again."
NO_VERDICT = "Nothing was accepted: this commit has no verdict yet. `/status` shows its gate."
RESULT_IS_GONE = "Nothing was accepted: the findings are not available any more. `/retest` finds them again."
BUTTON = "**Accept baseline**"
EMPTY = "Nothing is accepted in this repository."


def by_button(pull: int, branch: str) -> str:
    """The reason of an acceptance for which nobody could give one."""
    return f"accepted with the button on {f'#{pull}' if pull else branch}"


def date_out_of_range(until: str, today: str) -> str:
    """An acceptance until a day that has passed, or that is as good as no end. `until` is a day."""
    return f"Nothing was accepted: {code(until)} is not between today ({code(today)}) and a year from now."


def no_open_issue(number: int) -> str:
    """An acceptance that would end with an issue that does not run."""
    return f"Nothing was accepted: {code(f'#{number}')} is no open issue of this repository."


def too_many_findings(count: int, most: int, most_in_all: int) -> str:
    """There are limits to what can be accepted."""
    return (
        f"Nothing was accepted: {plural(count, 'finding')}; at most {most:,} can be accepted at once, and "
        f"{most_in_all:,} in a repository. `ignore` in .github/autobuild.yml leaves out whole paths; "
        "`/baseline revoke` makes room."
    )


def needs_end(check: str, example_day: str) -> str:
    """The button, or the command without an end, on findings that must have one."""
    example = f"/baseline accept {check} --until {example_day} <reason>"
    return (
        "Nothing was accepted: failing tests and critical findings are only accepted until a date, or until an issue "
        f"is closed. Comment {code(example)}, or `--issue <number>` instead of the date."
    )


def several_pulls(check: str) -> str:
    """The button of a commit that is the head of several pull requests."""
    return (
        "Nothing was accepted: this commit is the head of several pull requests. "
        f"Comment {code(f'/baseline accept {check} <reason>')} in the one that is meant."
    )


def not_complete(check: str) -> str:
    """A check whose tools failed: what they did not look at cannot be known."""
    return f"Nothing was accepted: {code(check)} did not complete. Fix that first."


def nothing_to_revoke(target: str) -> str:
    """Neither an id nor a check of which anything is accepted."""
    return f"Nothing is accepted by the name {code(target)}. `/baseline` lists what is."


def revoked(gone: Sequence[Acceptance]) -> list[str]:
    """What is not accepted any more."""
    lines = [f"- {code(each.id)}: {plural(len(each.fingerprints), 'finding')} of {code(each.check)}" for each in gone]
    return ["Not accepted any more; the affected commits are judged again:", "", *lines[:_LISTED]]


def listed(acceptances: Sequence[Acceptance]) -> list[str]:
    """What is accepted in a repository, newest first."""
    if not acceptances:
        return [EMPTY]
    newest = sorted(acceptances, key=lambda each: each.created, reverse=True)
    head = ("Id", "Check", "Findings", "By", "On", "Until", "Counts in", "Why")
    rows = [
        (
            code(each.id),
            code(each.check),
            f"{len(each.fingerprints):,}",
            code(each.actor),
            escape_markdown(each.created),
            _until_cell(each),
            _scope_cell(each),
            escape_markdown(each.reason, 200),
        )
        for each in newest[:_LISTED]
    ]
    more = len(newest) - _LISTED
    return [*table(head, rows, "llr"), *(["", f"… {more:,} more."] if more > 0 else [])]


def _until_cell(acceptance: Acceptance) -> str:
    end = f"{code(f'#{acceptance.issue}')} is closed" if acceptance.issue else escape_markdown(acceptance.until) or "–"
    return f"{end} (ended)" if acceptance.ended else end


def _scope_cell(acceptance: Acceptance) -> str:
    if acceptance.merged:
        return f"{code(acceptance.base)} (merged in {code(f'#{acceptance.pull}')})"
    return code(f"#{acceptance.pull}" if acceptance.pull else acceptance.branch)


def rests_on(counts: Sequence[tuple[Acceptance, int]]) -> str:
    """Plain text, for a check's reason: what was accepted of the findings that the head has, by whom, and why."""
    sentences = [_accepted(acceptance, count) for acceptance, count in counts[:_NAMED]]
    if more := len(counts) - _NAMED:
        sentences += [f"{plural(more, 'more acceptance')}: see /baseline."] if more > 0 else []
    return " ".join(sentences)


def no_longer(ended: Sequence[Acceptance]) -> str:
    """Plain text: what was accepted and is not any more, of the findings that the head has."""
    return " ".join(
        f"The acceptance {acceptance.id} by @{acceptance.actor} has ended: {_end_reached(acceptance)}."
        for acceptance in ended[:_NAMED]
    )


def _accepted(acceptance: Acceptance, count: int) -> str:
    where = f"#{acceptance.pull}" if acceptance.pull else acceptance.branch
    end = _end(acceptance) or "without an end"
    reason = shortened(acceptance.reason, _REASON).rstrip(".")
    what = plural(count, "finding")
    return f"{what} accepted by @{acceptance.actor} on {acceptance.created} {end} ({where}, {acceptance.id}): {reason}."


def _end(acceptance: Acceptance) -> str:
    if acceptance.until:
        return f"until {acceptance.until}"
    return f"until issue #{acceptance.issue} is closed" if acceptance.issue else ""


def _end_reached(acceptance: Acceptance) -> str:
    if acceptance.ended == "issue":
        return f"issue #{acceptance.issue} is not open"
    return f"it was until {acceptance.until}" if acceptance.ended == "date" else f"#{acceptance.pull} was closed"
