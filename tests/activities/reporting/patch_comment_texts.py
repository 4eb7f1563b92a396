"""What `/patch` says, for the page of all texts: its reasons, comment, check run and answers."""

from collections.abc import Iterator
from typing import get_args

from activities.agent_runs.types import AgentEnding, ModelCost
from activities.model import RepoRef
from activities.patching import report, texts
from activities.patching.types import IncrementalPatchInput, PatchOutcome, PatchResult, PatchState, PatchView

_ASKED = IncrementalPatchInput(RepoRef("octocat", "hello"), 42, 7, actor="octocat")
_COSTS = (ModelCost("coder", "small", 12, 41_000, 2_300, 0.04), ModelCost("coder", "own", 3, 900, 80, priced=False))
_DONE = PatchOutcome(
    "comment-7", "instruction", "the comment", "t", state="done", ending="done", pushed_sha="b" * 40, rounds=2, files=1
)
_FAILED = PatchOutcome("c", "check", "unit-tests", "t", state="failed", reason="1 test newly failed.", rounds=3)
_WAITING = PatchOutcome("T_1", "thread", "octocat's remark", "t", "src/a.py", 12)


def patch_comment_texts() -> Iterator[tuple[str, str]]:
    """Each text by its name."""
    yield "Reasons of patches", "\n".join(_reasons())
    yield "The comment of a patch that waits", report.comment(PatchView(_ASKED, "waiting"))
    working = PatchView(_ASKED, "working", (_DONE, _FAILED, _WAITING), "T_1", 1, _COSTS, 1.2, 10.0, ("small", "own"))
    yield "The comment of a patch while it works", report.comment(working)
    for state in get_args(PatchState):
        outcomes = (_DONE, _FAILED) if state == "partly" else (_FAILED,) if state == "failed" else (_DONE,)
        reason = {"refused": texts.PULL_IS_FORK, "stopped": texts.STOPPED, "nothing": texts.NOTHING_TO_DO}.get(
            state, ""
        )
        result = PatchResult(state, reason, outcomes, _COSTS)
        view = PatchView(_ASKED, "ended", outcomes if state not in ("refused", "nothing") else (), costs=_COSTS, spent=1.24, cap=10.0,
                         result=result)  # fmt: skip
        yield f"The comment of a patch at the end: {state}", report.comment(view)
    yield "The check run of a dry run", "\n\n".join((report.diff_title(working), report.diff_summary("-old()\n+new()")))


def _reasons() -> Iterator[str]:
    yield from (
        texts.PULL_IS_CLOSED, texts.at_place("a.py", 3, "Why."), texts.left_out(3), texts.left_out(0), texts.STOPPED_BEFORE,
        texts.WORKER_DIED, texts.HOST_GONE, texts.SAME_FAILURES, texts.MOVED_AND_CHANGED,
        texts.MOVED_AGAIN, texts.MOVED_AND_WORSE, texts.INTERNAL_STEP, texts.rounds_used(3), texts.timed_out(75),
        texts.internal_error("incremental-patch:octocat/hello#42"), texts.running("working", 1, 3, 2, 0.4, 1),
        texts.running("preparing", 0, 0, 0, 0, 0), texts.commit_message("instruction", "the comment", 42, "octocat", 7),
        texts.commit_headline("thread", "src/a.py"), texts.commit_headline("check", "unit-tests"),
        texts.still_fails(("1 test newly failed.",)),
    )  # fmt: skip
    for outcome in (_DONE, _FAILED):
        yield report.answer_to_thread(outcome)
    for ending in get_args(AgentEnding):
        yield report.reason_of(PatchOutcome("c", "check", "x", "t", state="failed", ending=ending, reason="Why."))
