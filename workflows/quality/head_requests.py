"""What people ask of a branch's head: the rules by which a request changes the branch's state. Pure.

A request is about the head that its author could see, and what was said later is never undone by what was said earlier,
in whatever order the two arrive.
"""

from dataclasses import replace

from activities.model import SATISFIED
from activities.quality_gate.types import GateOverride
from activities.reporting import baseline, command_replies, gate_states
from workflows.messages import HeadRequest, Said
from workflows.quality.branch_state import BranchState

_JUDGED = ("override", "accept_baseline", "fix")
"""What lets a head pass, or writes to it: within one second GitHub's times cannot tell whether its author saw that
head, so then it does not count. What only starts or ends a gate does."""

_START, _STOP = "start", "stop"


def apply(state: BranchState, request: HeadRequest, *, gating: bool, waiting: bool) -> str:
    """Changes the state. Why nothing is done, or less than what was asked for, as a sentence; "" for neither.

    `gating`: a gate of this head runs; `waiting`: its next one has not begun. `fix` and `accept_baseline` are
    kept until the branch has time for them.
    """
    kind = request.what.kind
    # Without a head the branch ended just before.
    if refusal := _too_late(state, request) if state.head.sha else command_replies.PULL_IS_CLOSED:
        return refusal
    if kind == "stop":
        return _stop(state, request, gating=gating, waiting=waiting)
    if kind == "trust" and state.head.approved and not state.stopped:
        return ""  # said twice
    stopped_since = is_older_than_stop(state, request)
    if stopped_since and kind in ("rerun", "fix"):
        return command_replies.stopped_since(request.shown)
    if (refusal := _record(state, request)) or stopped_since:
        return refusal or command_replies.counts_after_stop(request.shown)
    _note(state, _START, request)
    if kind in ("rerun", "override", "trust"):
        start(state)
        run = rerun if kind == "rerun" else BranchState.run_again
        run(state, request.what.checks)
    return ""


def is_older_than_stop(state: BranchState, request: HeadRequest) -> bool:
    """Whether a `/stop` was said later, and carried out. Of a button's press the time is not known so well: one that is
    still to be seen as not stopped was pressed later."""
    older = request.said < state.newest.get(_STOP, Said())
    return older and (bool(state.stopped) or not request.pressed)


def start(state: BranchState) -> None:
    """A gate of the head may start, also of one that was stopped."""
    state.stopped, state.stop_is_shown = "", True


def rerun(state: BranchState, checks: tuple[str, ...]) -> None:
    """The head again, with new check runs: these checks, or what did not pass, or all."""
    verdict = state.complete_verdict
    failed = tuple(one.name for one in verdict.result.checks if one.status not in SATISFIED) if verdict else ()
    state.run_again(failed if checks == ("failed",) else checks, refresh=True)


def _note(state: BranchState, what: str, request: HeadRequest) -> None:
    state.newest[what] = max(request.said, state.newest.get(what, Said()))


def _too_late(state: BranchState, request: HeadRequest) -> str:
    """The sentence for a request whose author may have seen another head than this one."""
    kind, at, head = request.what.kind, request.said.at, state.head.sha
    if request.pressed:
        if not request.sha or request.sha == head:
            return ""
        return (
            baseline.NEWER_HEAD if kind == "accept_baseline" else command_replies.newer_than_button(request.shown, head)
        )
    if kind == "trust" and request.what.sha != head:
        return command_replies.not_the_head(request.what.sha, head)
    since = state.head_since
    others = max((known for sha, known in state.heads if sha != head), default=0.0)
    if _knows_less_than_github(state, request) and request.pushed_at > others:
        since = min(since or request.pushed_at, request.pushed_at)
    if since and (since < at or (since == at and (kind not in _JUDGED or state.opened_with == head))):
        return ""
    if kind == "trust":
        return command_replies.head_since_comment(head)
    return baseline.NEWER_HEAD if kind == "accept_baseline" else command_replies.newer_than_comment(request.shown, head)


def is_unsure(state: BranchState, request: HeadRequest) -> bool:
    """Whether GitHub has to be asked when the head was pushed: its event has not been heard."""
    asked = request.pressed or request.pushed_at
    return not asked and _knows_less_than_github(state, request) and bool(_too_late(state, request))


def _knows_less_than_github(state: BranchState, request: HeadRequest) -> bool:
    """Nothing but that the head was there when GitHub was asked for this request."""
    return request.sha == state.head.sha and not 0 < state.head_since < request.seen_at


def _stop(state: BranchState, request: HeadRequest, *, gating: bool, waiting: bool) -> str:
    if request.said < state.newest.get(_START, Said()):
        return command_replies.STARTED_SINCE
    _note(state, _STOP, request)
    if not (gating or waiting):
        return command_replies.NO_GATE_RUNS
    state.stopped = gate_states.stopped_by(request.actor)
    # The verdict before a run that has not begun stands; nothing else may be expected for ever.
    state.stop_is_shown = not gating and state.verdict is not None
    return ""


def _record(state: BranchState, request: HeadRequest) -> str:
    """What holds for the head from now on, whether a gate is started or not. Of two overrides of a check the one that
    was said later counts."""
    kind = request.what.kind
    if kind == "trust":
        state.target = replace(state.target, head=replace(state.head, approved=True))
    if kind in ("fix", "accept_baseline"):
        state.requests.append(replace(request, sha=state.head.sha))
    if kind != "override":
        return ""
    (check,) = request.what.checks
    if request.said < state.newest.get(f"override {check}", Said()):
        return command_replies.overridden_since(check)
    _note(state, f"override {check}", request)
    bases = state.target.bases or (state.head.base_ref or state.default_branch,)
    state.overrides[check] = GateOverride(
        request.actor, gate_states.overridden_by(request.actor, request.what.reason), bases
    )
    return ""
