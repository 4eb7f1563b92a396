"""What a branch's workflow knows, and the rules by which events and requests change it: pure.

GitHub's events come in any order and any number, so each rule decides by GitHub's own times and shas.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from activities.model import Head
from activities.quality_gate.types import GateInput, GateOutcome, GateOverride
from activities.reporting import gate_states
from workflows.config import WorkflowTimeouts
from workflows.messages import (
    BaseJudged,
    ConfigChanged,
    HeadRequest,
    PullChanged,
    Pushed,
    Said,
    SettledHead,
)
from workflows.quality.default_branch import JudgedHeads

_REMEMBERED = 200
"""How many old heads, closed pulls and attempts a branch remembers."""


@dataclass(frozen=True)
class GateTarget:
    """What a branch is to have gated. `rerun_count` grows with each re-run of the same head; `only` and `refresh` are
    as in `GateInput`. `bases` are the branches that its pull requests go into, () for the default branch alone."""

    head: Head
    rerun_count: int = 0
    only: tuple[str, ...] = ()
    refresh: bool = False
    bases: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str, int, tuple[str, ...]]:
        """Two with the same key need one gate."""
        return (self.head.sha, self.head.base_ref, self.head.base_sha, self.rerun_count, self.bases)


@dataclass
class BranchPull:
    """An open pull request of the branch. `at`: GitHub's time of the newest event; `commented`: how many verdicts there
    were when its comment was written."""

    number: int
    base_ref: str
    draft: bool = False
    at: float = 0.0
    commented: int = 0


@dataclass
class BranchState:
    """All that the branch's workflow knows, and what one run hands to the next (continue-as-new)."""

    target: GateTarget
    default_branch: str = ""
    done: GateTarget | None = None
    """The last target whose gate has ended."""
    outcome: GateOutcome | None = None
    pulls: list[BranchPull] = field(default_factory=list)
    """The open pull requests of the branch, by number: one branch may go into several others."""
    own_sha: str = ""
    """The newest head that the bot committed itself."""
    pushed_at: float = 0.0
    pull_at: float = 0.0
    closed_pulls: list[int] = field(default_factory=list)
    """Pulls of this branch that are closed: their `opened` may come later than that."""
    heads: list[tuple[str, float]] = field(default_factory=list)
    """What GitHub said of the branch's head, (sha, its time), by time: each head once for each time it became that."""
    opened_with: str = ""
    """The head, where a pull request was opened with it: whoever comments there has seen no other one."""
    old_heads: list[str] = field(default_factory=list)
    attempts: dict[str, int] = field(default_factory=dict)
    outcomes: int = 0
    shared: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Head → the workflows of other branches whose verdict on it counts a pull request of this branch."""
    approved: tuple[int, ...] = ()
    """Pull requests of other forks with this head in which it was approved; they end with the head."""
    config_sha: str = ""
    """The last head of which it is known whether it changed the configuration."""
    config_blob: str | None = None
    """The configuration's file on this branch, where that judges pull requests; None where it does not, or nobody has
    asked yet."""
    config_heard: tuple[str, str] = ("", "")
    """(branch, file) of the last new configuration that this branch heard of."""
    config_unread: bool = False
    """The gate that runs, or the next one, may have been judged by an older file than that."""
    requests: list[HeadRequest] = field(default_factory=list)
    """Fixes and acceptances that wait until the branch has time for them."""
    newest: dict[str, Said] = field(default_factory=dict)
    """The newest that people said about this head: `start` what starts its gate, `stop`, and each check's override."""
    stopped: str = ""
    """Who commented `/stop`, as a sentence: no gate runs before the next head or the next request."""
    stop_is_shown: bool = True
    """The head's check runs say so, or show an earlier verdict that stands."""
    stopped_gate: GateOutcome | None = None
    """The gate of this head that was stopped, until the next verdict."""
    comment_ids: dict[int, int] = field(default_factory=dict)
    """Pull request → the gate's comment there, as far as is known."""
    overrides: dict[str, GateOverride] = field(default_factory=dict)
    """Check → why this head may pass without it; they end with the head."""
    accepts: bool = False
    """Something was accepted as known for this branch."""
    died_sha: str = ""
    """The last head that was gated again because workers had died while they checked it: that is done once for each."""
    merge_sha: str = ""
    """The head that is to be merged as soon as GitHub allows it."""
    merge_tries: int = 0
    merge_waits: tuple[str, ...] = ()
    judged: JudgedHeads = field(default_factory=JudgedHeads)
    """Of the default branch alone."""
    base_heard: BaseJudged | None = None
    """What was heard of the default branch while a gate was to come, or ran, which may have read what was before."""

    @property
    def head(self) -> Head:
        return self.target.head

    @property
    def has_work(self) -> bool:
        """Whether the target's gate has not ended yet."""
        return bool(self.head.sha) and (self.done is None or self.target.key != self.done.key)

    @property
    def needs_comment(self) -> bool:
        """Whether a pull request does not show the newest verdict yet."""
        return any(pull.commented != self.outcomes for pull in self.pulls)

    @property
    def draft(self) -> bool:
        """Whether the branch has pull requests and all are drafts: then no gate is run."""
        return bool(self.pulls) and all(pull.draft for pull in self.pulls)

    @property
    def is_default(self) -> bool:
        """Whether this is the repository's default branch."""
        return self.head.branch == self.default_branch and not self.head.fork

    @property
    def judges_pulls(self) -> bool:
        """Whether pull requests are judged by the branch's configuration, as far as is known."""
        return self.head.branch == self.default_branch or self.config_blob is not None

    @property
    def may_end(self) -> bool:
        """Whether the branch's next event can begin anew from what GitHub knows. It cannot where the branch judges pull
        requests (what file did that last?), or where others have to hear that it leaves its head."""
        return not self.pulls and not self.judges_pulls and not self.shared

    @property
    def verdict(self) -> GateOutcome | None:
        """The verdict on the head as it is now."""
        return self.outcome if self.outcome and self.outcome.result.head_sha == self.head.sha else None

    @property
    def head_since(self) -> float:
        """GitHub's time at which the branch had this head at the latest, 0 where that is unknown."""
        sha, at = self.heads[-1] if self.heads else ("", 0.0)
        return at if sha == self.head.sha else 0.0

    def had_head(self, sha: str, at: float) -> None:
        """GitHub says so, perhaps late: the branch was at `sha` at `at`. Within one second the head comes last."""
        if not at:
            return
        heads = sorted([*self.heads, (sha, at)], key=lambda one: (one[1], one[0] == self.head.sha))
        firsts = [one for before, one in zip([("", 0.0), *heads], heads, strict=False) if before[0] != one[0]]
        self.heads = firsts[-_REMEMBERED:]

    def is_unsure(self, event: Pushed | PullChanged) -> bool:
        """Whether the head that an event names may be older than the known one, or newer: of one second GitHub's times
        tell nothing, and what was between the two has not been heard of."""
        sha, one_second = event.head.sha, event.sent_at in (self.pushed_at, self.pull_at)
        if isinstance(event, Pushed):
            return one_second and sha not in (self.head.sha, *self.old_heads) and event.before != self.head.sha
        return one_second and sha != self.head.sha and event.sent_at > 0

    def push(self, event: Pushed) -> bool:
        """A push. False, and nothing changes, for one that comes late: an older push, one of the same second whose
        successor is known, the newest one a second time, or one that is older than what the pull request said of its
        head (such a push may be sent again long after it was lost)."""
        head = event.head
        late = head.sha in self.old_heads if event.sent_at == self.pushed_at else event.sent_at < self.pushed_at
        before_pull = bool(self.head.pull) and 0 < event.sent_at < self.pull_at and head.sha != self.head.sha
        twice = head.sha == self.head.sha and 0 < event.sent_at == self.pushed_at
        if late or before_pull or twice:
            self.had_head(head.sha, event.sent_at)
            return False
        self.pushed_at = event.sent_at
        if self.pulls and all(pull.number in self.closed_pulls for pull in self.pulls):
            # The branch had not ended yet after its pull request was closed: from now on it is one without.
            self.pulls = []
            self.target = GateTarget(replace(self.head, pull=0, base_ref="", base_sha=""), self.target.rerun_count)
        if event.before.strip("0") and event.before not in (self.head.sha, *self.old_heads):
            self.old_heads = [*self.old_heads, event.before][-_REMEMBERED:]
        self.move_to(head.sha)
        self.had_head(head.sha, event.sent_at)
        base_ref, base_sha = self.head.base_ref, self.head.base_sha
        if head.base_sha or head.base_ref:  # a merge group knows what it will be merged onto
            base_ref, base_sha = head.base_ref, head.base_sha
        elif self.is_default and event.before != head.sha:
            base_sha = self.judged.compared_with(head.sha, event.before)
        self.target = replace(self.target, head=replace(self.head, base_ref=base_ref, base_sha=base_sha))
        return True

    def change_pull(self, event: PullChanged) -> bool:
        """Anything but `closed`. False, and nothing changes, for an event of a closed pull request, or one that is
        older than what is known of it."""
        number = event.head.pull
        known = next((pull for pull in self.pulls if pull.number == number), None)
        if (event.action == "reopened" or event.from_api) and number in self.closed_pulls:
            self.closed_pulls.remove(number)
        if number in self.closed_pulls or (event.sent_at and known and event.sent_at < known.at):
            self.had_head(event.head.sha, event.sent_at)
            return False
        newest = not event.sent_at or event.sent_at >= self.pull_at
        self.pull_at = max(event.sent_at, self.pull_at)
        at, commented = (known.at, known.commented) if known else (0.0, 0)
        pull = BranchPull(number, event.head.base_ref, event.draft, max(event.sent_at, at), commented)
        self._set_pulls([*(one for one in self.pulls if one.number != number), pull])
        # Its head is not the branch's where its successor is known, unless GitHub itself was asked after the last push
        # that was received: then that successor came late, or was taken back.
        if newest and (event.head.sha not in self.old_heads or (event.from_api and event.sent_at >= self.pushed_at)):
            self.move_to(event.head.sha)
        self.had_head(event.head.sha, event.sent_at)
        if event.action == "opened" and event.head.sha == self.head.sha:
            self.opened_with = self.head.sha
        if event.from_api and self._worker_died and self.died_sha != self.head.sha:
            self.died_sha = self.head.sha
            self.run_all_again()
        left_out = self.outcome is not None and self.outcome.plan is not None and self.outcome.plan.left_out
        if known is None and left_out:  # the configuration left the branch out while it had no pull request
            target = self.target
            self.target = GateTarget(replace(self.head, base_sha=""), target.rerun_count + 1, bases=target.bases)
        return True

    def close_pull(self, number: int) -> bool:
        """Whether the branch has no open pull request any more."""
        self.closed_pulls = [*self.closed_pulls[-_REMEMBERED:], number]
        self.comment_ids.pop(number, None)
        if all(pull.number == number for pull in self.pulls):
            return True
        self._set_pulls(self.pulls)
        return False

    def _set_pulls(self, pulls: Iterable[BranchPull]) -> None:
        """These are open, and what is gated follows. The branch's own is the first that is no draft."""
        self.pulls = sorted((one for one in pulls if one.number not in self.closed_pulls), key=lambda one: one.number)
        own = min(self.pulls, key=lambda one: (one.draft, one.number))
        bases = tuple(sorted({one.base_ref for one in self.pulls}))
        bases = () if bases == (self.default_branch,) else bases
        before = (self.target.bases, self.head.base_ref or self.default_branch)
        self.target = replace(self.target, head=replace(self.head, pull=own.number))
        if before != (bases, own.base_ref):
            head = replace(self.head, base_ref=own.base_ref, base_sha="")
            self.target = GateTarget(head, self.target.rerun_count, bases=bases)

    def move_to(self, sha: str) -> None:
        """The branch is at `sha` now. A head that comes back (a force push) is no old one any more."""
        if sha == self.head.sha:
            return
        if sha in self.old_heads:
            self.old_heads.remove(sha)
        self.target = GateTarget(replace(self.head, sha=sha, base_sha="", approved=False), bases=self.target.bases)
        self.overrides, self.approved, self.newest = {}, (), {}
        self.stopped, self.stop_is_shown, self.stopped_gate, self.opened_with = "", True, None, ""
        self.merge_sha, self.merge_tries, self.merge_waits = "", 0, ()

    def config_changed(self, event: ConfigChanged) -> None:
        """The configuration that judges a pull request of the branch is another file now. A gate that runs may have
        read either, so it is waited for."""
        change = (event.branch, event.blob)
        if change != self.config_heard and self.pulls:
            self.config_heard = change
            self.config_unread = True
            if not self.has_work:
                self._judge_by_new_config()

    def _judge_by_new_config(self) -> None:
        """Once for each change, unless the last verdict is by that file already."""
        self.config_unread = False
        plan = self.outcome.plan if self.outcome and self.verdict else None
        known = plan is not None and (plan.config.branch, plan.config.blob) == self.config_heard
        if not (known and len({pull.base_ref for pull in self.pulls}) == 1):
            self.run_all_again()

    def base_judged(self, event: BaseJudged) -> None:
        """The default branch, into which pull requests of the branch go, is red, or is not any more."""
        self.base_heard = event
        if not self.has_work:
            self._show_base()

    def _show_base(self) -> None:
        """In the comments, without another gate."""
        event, self.base_heard = self.base_heard, None
        if event and self.outcome and not self.is_default and self.outcome.result.red_base != event.red:
            self.outcome = replace(self.outcome, result=replace(self.outcome.result, red_base=event.red))
            self.outcomes += 1

    def run_again(self, checks: tuple[str, ...], *, refresh: bool = False) -> None:
        """The head once more: `checks` alone if the others have their verdict (() is all of them), and beside them what
        was to be run before and is not done: it waits, runs, or was stopped."""
        target, open_work = self.target, self.has_work
        only: tuple[str, ...] = ()
        if self.complete_verdict and checks and not (open_work and not target.only):
            only = tuple(dict.fromkeys((*target.only, *checks))) if open_work else checks
        refresh = refresh or (open_work and target.refresh)
        self.target = replace(target, only=only, refresh=refresh, rerun_count=target.rerun_count + 1)

    def gate_was_stopped(self, outcome: GateOutcome | None) -> None:
        """The gate of this head has ended while the branch is stopped. One that ended for another reason, to be run
        again, does not show that; None is one that ended without a result."""
        if outcome and outcome.result.reason != self.stopped:
            return
        self.stop_is_shown = True
        if outcome:
            self.stopped_gate, self.outcomes = outcome, self.outcomes + 1

    def run_all_again(self) -> None:
        """Every check of the head, by what is known of each."""
        self.target = replace(self.target, only=(), refresh=False, rerun_count=self.target.rerun_count + 1)

    @property
    def _worker_died(self) -> bool:
        """Whether the head has no whole verdict because workers died while they worked on it."""
        if not self.verdict or self.has_work:
            return False
        result = self.verdict.result
        return gate_states.WORKER_DIED in (result.reason, *(check.reason for check in result.checks))

    @property
    def complete_verdict(self) -> GateOutcome | None:
        """The verdict on the head, if every check is part of it."""
        verdict = self.verdict
        complete = verdict and verdict.result.checks and verdict.result.state in ("passed", "failed")
        return verdict if complete else None

    def gate_input(self, owner_key: str) -> GateInput:
        """The argument of the target's gate."""
        head = replace(self.head, base_ref=self.head.base_ref or self.default_branch)
        return GateInput(
            head=head,
            owner_key=owner_key,
            attempt=self.attempts.get(head.sha, 0),
            only=self.target.only,
            refresh=self.target.refresh,
            overrides=dict(self.overrides),
            pulls=tuple(pull.number for pull in self.pulls),
            approved=tuple(sorted({*self.approved, *([head.pull] if head.approved else ())})),
            default_branch=self.default_branch,
            red=self.judged.red,
            unfixed=dict(self.judged.unfixed),
        )

    def gate_ended(self, input: GateInput, ended: GateTarget | None, outcome: GateOutcome | None) -> None:
        """One more gate of `input.head`. `ended` is the target that is done now, None for one that is not yet."""
        self.done = ended
        self.attempts[input.head.sha] = input.attempt + 1
        while len(self.attempts) > _REMEMBERED:
            self.attempts.pop(next(iter(self.attempts)))
        if outcome is None:
            return
        self.outcome, self.outcomes, self.stopped_gate = outcome, self.outcomes + 1, None
        if self.is_default:
            self.judged.ended(outcome.result)
        self._show_base()
        if self.config_unread and ended:
            self._judge_by_new_config()
        self.accepts = self.accepts or bool(outcome.accepted)
        left_out = outcome.plan is not None and outcome.plan.left_out and not input.head.pull
        if left_out and self.head.pull and not self.has_work:  # the pull request came while the gate ran
            self.target = replace(self.target, rerun_count=self.target.rerun_count + 1)

    def settled(self, *, paused: bool) -> SettledHead:
        """The head with no gate to come. `paused`: no gate is run for it (a draft, a stop)."""
        return SettledHead(self.head.sha, self.attempts.get(self.head.sha, 0), paused)


@dataclass(frozen=True)
class ContinuousQualityInput:
    """The argument of `ContinuousQualityWorkflow`. `branch` is a head without its sha; with `pull` for a fork, whose
    branch is known by that. `state` is only given by the workflow to itself. Without an open pull request it ends
    `idle_s` seconds after its last event. `schedule_s` replaces `schedule.every` of a configuration that has one."""

    branch: Head
    default_branch: str = ""
    state: BranchState | None = None
    idle_s: float = WorkflowTimeouts.BRANCH_IDLE.total_seconds()
    schedule_s: float | None = None

    @classmethod
    def of(cls, head: Head, default_branch: str) -> "ContinuousQualityInput":
        """The branch that this head is on."""
        pull = head.pull if head.fork else 0
        return cls(Head(head.repo, branch=head.branch, pull=pull, fork=head.fork), default_branch)
