"""Which head of a branch is the newest, whatever the order in which its events arrive: pure."""

from dataclasses import replace

from activities.quality_gate.types import GateInput, GateOutcome
from workflows.messages import BranchOverview, BranchState, ContinuousQualityInput, GateTarget, PullChanged, Pushed

GOOD = ("passed", "neutral", "skipped")
"""How a check ends that holds nobody up."""

REMEMBERED = 200
"""How many old heads, closed pulls and attempts a branch keeps in mind."""


def comes_late(state: BranchState, event: Pushed) -> bool:
    """An older push, or one of the same second whose successor is known."""
    if event.sent_at == state.pushed_at:
        return event.sha in state.old_heads
    return event.sent_at < state.pushed_at


def pull_comes_late(state: BranchState, event: PullChanged) -> bool:
    """Of a closed pull, or older than what was heard of it."""
    return event.number in state.closed_pulls or bool(event.sent_at and event.sent_at < state.pull_at)


def before_pull(state: BranchState, event: Pushed) -> bool:
    """Older than what the pull request said of its head. Such a push may be sent again long after it was lost."""
    return bool(state.pull) and 0 < event.sent_at < state.pull_at and event.sha != state.wanted.sha


def is_newest(state: BranchState, event: PullChanged) -> bool:
    """Whether the pull's head is the branch's. It is not where its successor is known, unless GitHub itself was asked
    after the last push that was heard of: then that successor came late, or was taken back."""
    return event.head_sha not in state.old_heads or (event.asked and event.sent_at >= state.pushed_at)


def new_head(state: BranchState, sha: str) -> None:
    """The branch is at `sha` now. A head that comes back (a force push) is no old one any more."""
    if sha != state.wanted.sha:
        remember_old(state, state.wanted.sha)
        if sha in state.old_heads:
            state.old_heads.remove(sha)
        state.wanted = GateTarget(sha, base_ref=state.wanted.base_ref)
        state.halted, state.overrides = False, {}
        state.merge_sha, state.merge_tries, state.merge_waits = "", 0, ()


def remember_old(state: BranchState, sha: str) -> None:
    """`sha` was the head before; all zeros is git's word for none."""
    if sha.strip("0") and sha != state.wanted.sha and sha not in state.old_heads:
        state.old_heads.append(sha)
        del state.old_heads[:-REMEMBERED]


def based_on(state: BranchState, event: Pushed, is_default: bool) -> None:
    """What the pushed head is compared with: what the event says, or on the default branch what was there before."""
    if event.base_sha or event.base_ref:
        state.wanted = replace(state.wanted, base_sha=event.base_sha, base_ref=event.base_ref)
    elif is_default and state.wanted.sha == event.sha and event.before != event.sha:
        state.wanted = replace(state.wanted, base_sha=event.before if event.before.strip("0") else "")


def count(state: BranchState, request: GateInput) -> None:
    """One more gate of this head; its next one's check runs are others."""
    state.attempts[request.head_sha] = request.attempt + 1
    while len(state.attempts) > REMEMBERED:
        state.attempts.pop(next(iter(state.attempts)))


def pull_came_meanwhile(state: BranchState, request: GateInput, outcome: GateOutcome) -> bool:
    """The configuration left the branch out while it had no pull request, and now it has one."""
    left_out = outcome.plan is not None and outcome.plan.left_out and not request.pull
    return left_out and bool(state.pull) and state.wanted.key == state.done.key


def verdict(state: BranchState) -> GateOutcome | None:
    """The verdict on the head as it is now."""
    outcome = state.outcome
    return outcome if outcome and outcome.result.head_sha == state.wanted.sha else None


def failed(state: BranchState) -> tuple[str, ...]:
    """The checks that did not pass on this head; () where nothing is known, which stands for every check."""
    outcome = _whole_verdict(state)
    return tuple(check.name for check in outcome.result.checks if check.status not in GOOD) if outcome else ()


def once_more(state: BranchState, checks: tuple[str, ...], *, refresh: bool = False) -> GateTarget:
    """The head again: `checks` alone if the others have their verdict (() is all of them), and beside them what was
    wanted before and is not done: it waits, runs, or was stopped."""
    wanted = state.wanted
    to_do = wanted.key != state.done.key
    if not _whole_verdict(state) or not checks or (to_do and not wanted.only):
        only: tuple[str, ...] = ()
    else:
        only = tuple(dict.fromkeys((*wanted.only, *checks))) if to_do else checks
    return replace(wanted, only=only, refresh=refresh or (to_do and wanted.refresh), round=wanted.round + 1)


def _whole_verdict(state: BranchState) -> GateOutcome | None:
    """The verdict on the head, if each check has a part in it."""
    outcome = verdict(state)
    whole = outcome and outcome.result.checks and outcome.result.state in ("passed", "failed")
    return outcome if whole else None


def gate_request(branch: ContinuousQualityInput, state: BranchState, wanted: GateTarget, owner_key: str) -> GateInput:
    """What the gate of a head is asked to do."""
    return GateInput(
        repo=branch.repo,
        head_sha=wanted.sha,
        base_ref=wanted.base_ref or branch.default_branch,
        base_sha=wanted.base_sha,
        owner_key=owner_key,
        trusted=not branch.fork or state.trusted_sha == wanted.sha,
        attempt=state.attempts.get(wanted.sha, 0),
        only=wanted.only,
        refresh=wanted.refresh,
        pull=state.pull,
        branch=branch.branch,
        overrides=dict(state.overrides),
    )


def overview(state: BranchState, *, gating: bool, waiting: bool) -> BranchOverview:
    """How the branch stands, for a person."""
    outcome = verdict(state)
    result = outcome.result if outcome else None
    return BranchOverview(
        head=state.wanted.sha,
        gating=gating,
        waiting=waiting,
        state=result.state if result else "",
        score=result.overall_score if result else 0.0,
        reason=result.reason if result else "",
        checks={check.name: check.status for check in result.checks} if result else {},
        halted=state.halted,
        draft=state.draft,
        overrides=dict(state.overrides),
        merges=bool(state.merge_sha),
        waits_for=state.merge_waits,
    )
