"""What happened to each pull request, as GitHub's facts, and the verdict that follows from it. Pure, and independent: it
knows nothing of how the product decides."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["success", "failure", "stopped", "refused"]
Sure = Literal["no", "maybe", "yes"]

MAINTAINERS = ("octocat",)
"""Whose commands count in every repository of the test."""


@dataclass(frozen=True)
class PullEvent:
    """`sha` is the head at that moment, or the new one. `since` and `at` are GitHub's seconds at its start and its end."""

    kind: Literal["head", "comment", "closed", "reopened", "draft", "ready"]
    sha: str
    since: int
    at: int
    login: str = ""
    text: str = ""
    comment: int = 0


@dataclass
class PullHistory:
    """One pull request; `findings` says of every head whether it has a finding that its base has not."""

    repo: str
    number: int
    fork: bool
    findings: dict[str, bool]
    events: list[PullEvent] = field(default_factory=list)

    def __str__(self) -> str:
        what = (f"{one.since}-{one.at} {one.kind} {one.sha[:7]} {one.login} {one.text}".rstrip() for one in self.events)
        return "\n    ".join((f"{self.repo}#{self.number}:", *what))


@dataclass
class Claims:
    """What people said of one head in one pull request."""

    overridden: Sure = "no"
    approved: Sure = "no"
    stopped: Sure = "no"


def claims(history: PullHistory, sha: str, unheard: Collection[int]) -> Claims:
    """`unheard` are comments whose event GitHub lost.

    A command counts for the head that its author saw. It is not sure where GitHub's times do not tell (within one second
    of a push), and where the pull request was closed since: then the command may have come to a closed one, and a
    reopened one begins anew.
    """
    found = Claims()
    heads = [number for number, event in enumerate(history.events) if event.kind == "head"]
    start = max(number for number in heads if history.events[number].sha == sha)
    end = next((number for number in heads if number > start), len(history.events))
    for number, event in enumerate(history.events[:end]):
        if event.kind == "closed" and number > start:
            found = Claims(*(_doubted(one) for one in (found.overridden, found.approved, found.stopped)))
        elif event.kind == "comment" and event.login in MAINTAINERS and event.comment not in unheard:
            head = history.events[start]
            if number > start:
                _hear(found, event, sha, "yes" if event.at > head.at and _is_open(history.events[:number]) else "maybe")
            elif event.at >= head.since:
                _hear(found, event, sha, "maybe")
    return found


def _hear(found: Claims, event: PullEvent, sha: str, sure: Sure) -> None:
    """A later command makes an earlier stop void, if it is sure."""
    command, *words = event.text.split()
    match command:
        case "/override":
            found.overridden = max(found.overridden, sure, key=_RANK.index)
        case "/ok-to-test" if words == [sha]:
            found.approved = max(found.approved, sure, key=_RANK.index)
        case "/stop":
            found.stopped = "maybe"  # the gate may have ended before
            return
        case "/retest" | "/retry":
            pass
        case _:  # also the approval of another commit
            return
    if sure == "yes":
        found.stopped = "no"


_RANK: tuple[Sure, ...] = ("no", "maybe", "yes")


def _doubted(sure: Sure) -> Sure:
    return "no" if sure == "no" else "maybe"


def _is_open(events: Sequence[PullEvent]) -> bool:
    """Whether the pull request is open after these."""
    states = [one.kind for one in events if one.kind in ("closed", "reopened")]
    return not states or states[-1] == "reopened"


def outcomes(
    histories: Iterable[PullHistory], others: Iterable[PullHistory], sha: str, unheard: Collection[int]
) -> set[Outcome]:
    """How the gate of a head may end, whose open pull requests that are no drafts are `histories`; of `others` it was the
    head too. Check runs belong to the commit, so what is said in one counts for all; what was said in one that has
    left it may still count."""
    own = [(history, claims(history, sha, unheard)) for history in histories]
    left = [claims(history, sha, unheard) for history in others]
    overridden = max(
        (*(its.overridden for _, its in own), *(_doubted(its.overridden) for its in left)), key=_RANK.index
    )
    approved = max((its.approved for _, its in own), key=_RANK.index)
    found: set[Outcome] = (
        {"stopped"} if any(its.stopped != "no" for its in (*(its for _, its in own), *left)) else set()
    )
    all_forks = all(history.fork for history, _ in own)
    if all_forks and approved != "yes":
        found.add("refused")
    if not all_forks or approved != "no":
        has_finding = any(history.findings[sha] for history, _ in own)
        if not has_finding or overridden != "no":
            found.add("success")
        if has_finding and overridden != "yes":
            found.add("failure")
    return found
