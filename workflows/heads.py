"""Which head of a branch is the newest, whatever the order in which its events arrive: pure."""

from dataclasses import replace

from workflows.messages import BranchState, PullChanged, Pushed, Wanted

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


def new_head(state: BranchState, sha: str) -> None:
    """The branch is at `sha` now. A head that comes back (a force push) is no old one any more."""
    if sha != state.wanted.sha:
        remember_old(state, state.wanted.sha)
        if sha in state.old_heads:
            state.old_heads.remove(sha)
        state.wanted = Wanted(sha, base_ref=state.wanted.base_ref)


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
