"""What a branch's workflow knows, and the rules by which events and requests change it: pure.

GitHub's events come in any order and any number, so each rule decides by GitHub's own times and shas.
"""

from dataclasses import dataclass, field, replace

from activities.model import SATISFIED, Head
from activities.quality_gate.types import GateInput, GateOutcome
from workflows.messages import BranchOverview, Override, PullChanged, Pushed, Rerun, SettledHead

_REMEMBERED = 200
"""How many old heads, closed pulls and attempts a branch remembers."""


@dataclass(frozen=True)
class GateTarget:
    """What a branch is to have gated. `rerun_count` grows with each re-run of the same head; `only` and `refresh` are
    as in `GateInput`."""

    head: Head
    rerun_count: int = 0
    only: tuple[str, ...] = ()
    refresh: bool = False

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Two with the same key need one gate."""
        return (self.head.sha, self.head.base_ref, self.head.base_sha, self.rerun_count)


@dataclass
class BranchState:
    """All that the branch's workflow knows, and what one run hands to the next (continue-as-new)."""

    target: GateTarget
    default_branch: str = ""
    done: GateTarget | None = None
    """The last target whose gate has ended."""
    outcome: GateOutcome | None = None
    draft: bool = False
    own_sha: str = ""
    """The newest head that the bot committed itself."""
    pushed_at: float = 0.0
    pull_at: float = 0.0
    closed_pulls: list[int] = field(default_factory=list)
    """Pulls of this branch that are closed: their `opened` may come later than that."""
    old_heads: list[str] = field(default_factory=list)
    attempts: dict[str, int] = field(default_factory=dict)
    outcomes: int = 0
    commented: tuple[int, int] = (0, 0)
    """(pull, outcomes) of the last comment."""
    stopped: bool = False
    """Somebody commented `/stop`: no gate runs before the next head or the next request."""
    overrides: dict[str, str] = field(default_factory=dict)
    """Check → why this head may pass without it; they end with the head."""
    merge_sha: str = ""
    """The head that is to be merged as soon as GitHub allows it."""
    merge_tries: int = 0
    merge_waits: tuple[str, ...] = ()

    @property
    def head(self) -> Head:
        return self.target.head

    @property
    def has_work(self) -> bool:
        """Whether the target's gate has not ended yet."""
        return bool(self.head.sha) and (self.done is None or self.target.key != self.done.key)

    @property
    def needs_comment(self) -> bool:
        """Whether the pull request does not show the newest verdict yet."""
        return bool(self.head.pull and self.outcomes) and self.commented != (self.head.pull, self.outcomes)

    @property
    def verdict(self) -> GateOutcome | None:
        """The verdict on the head as it is now."""
        return self.outcome if self.outcome and self.outcome.result.head_sha == self.head.sha else None

    def push(self, event: Pushed) -> bool:
        """A push. False, and nothing changes, for one that comes late: an older push, one of the same second whose
        successor is known, or one that is older than what the pull request said of its head (such a push may be sent
        again long after it was lost)."""
        head = event.head
        late = head.sha in self.old_heads if event.sent_at == self.pushed_at else event.sent_at < self.pushed_at
        before_pull = bool(self.head.pull) and 0 < event.sent_at < self.pull_at and head.sha != self.head.sha
        if late or before_pull:
            return False
        self.pushed_at = event.sent_at
        if event.before.strip("0") and event.before not in (self.head.sha, *self.old_heads):
            self.old_heads = [*self.old_heads, event.before][-_REMEMBERED:]
        self.move_to(head.sha)
        own_default = self.head.branch == self.default_branch and not self.head.fork
        base_ref, base_sha = self.head.base_ref, self.head.base_sha
        if head.base_sha or head.base_ref:  # a merge group knows what it will be merged onto
            base_ref, base_sha = head.base_ref, head.base_sha
        elif own_default and event.before != head.sha:  # the default branch is compared with what was there before
            base_sha = event.before if event.before.strip("0") else ""
        self.target = replace(self.target, head=replace(self.head, base_ref=base_ref, base_sha=base_sha))
        return True

    def change_pull(self, event: PullChanged) -> bool:
        """Anything but `closed`. False, and nothing changes, for an event of a closed pull request, or one that is
        older than what is known of it."""
        pull = event.head.pull
        if (event.action == "reopened" or event.from_api) and pull in self.closed_pulls:
            self.closed_pulls.remove(pull)
        if pull in self.closed_pulls or (event.sent_at and event.sent_at < self.pull_at):
            return False
        self.pull_at = max(event.sent_at, self.pull_at)
        is_new = self.head.pull != pull
        self.draft = event.draft
        self.target = replace(self.target, head=replace(self.head, pull=pull))
        # Its head is not the branch's where its successor is known, unless GitHub itself was asked after the last push
        # that was received: then that successor came late, or was taken back.
        if event.head.sha not in self.old_heads or (event.from_api and event.sent_at >= self.pushed_at):
            self.move_to(event.head.sha)
        left_out = self.outcome is not None and self.outcome.plan is not None and self.outcome.plan.left_out
        count = self.target.rerun_count
        if event.head.base_ref != (self.head.base_ref or self.default_branch):
            self.target = GateTarget(replace(self.head, base_ref=event.head.base_ref, base_sha=""), count)
        elif is_new and left_out:  # the configuration left the branch out while it had no pull request
            self.target = GateTarget(replace(self.head, base_sha=""), count + 1)
        return True

    def close_pull(self, number: int) -> bool:
        """Whether that was the branch's own pull request."""
        self.closed_pulls = [*self.closed_pulls[-_REMEMBERED:], number]
        return self.head.pull in (number, 0)

    def move_to(self, sha: str) -> None:
        """The branch is at `sha` now. A head that comes back (a force push) is no old one any more."""
        if sha == self.head.sha:
            return
        if sha in self.old_heads:
            self.old_heads.remove(sha)
        self.target = GateTarget(replace(self.head, sha=sha, base_sha="", approved=False))
        self.stopped, self.overrides = False, {}
        self.merge_sha, self.merge_tries, self.merge_waits = "", 0, ()

    def rerun(self, event: Rerun) -> bool:
        """False for a request on an older head: its verdict no longer matters."""
        if event.sha not in ("", self.head.sha):
            return False
        verdict = self._complete_verdict
        failed = tuple(one.name for one in verdict.result.checks if one.status not in SATISFIED) if verdict else ()
        self.stopped = False
        self.run_again(failed if event.checks == ("failed",) else event.checks, refresh=True)
        return True

    def trust(self, sha: str) -> bool:
        """A maintainer allows this head of a fork; the approval ends with the next push."""
        if sha != self.head.sha or (self.head.approved and not self.stopped):
            return False
        self.target = replace(self.target, head=replace(self.head, approved=True))
        self.stopped = False
        self.run_again(())
        return True

    def override(self, event: Override, reason: str) -> bool:
        """The head is judged again, without that check."""
        if event.sha != self.head.sha:
            return False
        self.overrides[event.check] = reason
        self.stopped = False
        self.run_again((event.check,))
        return True

    def run_again(self, checks: tuple[str, ...], *, refresh: bool = False) -> None:
        """The head once more: `checks` alone if the others have their verdict (() is all of them), and beside them what
        was to be run before and is not done: it waits, runs, or was stopped."""
        target, open_work = self.target, self.has_work
        only: tuple[str, ...] = ()
        if self._complete_verdict and checks and not (open_work and not target.only):
            only = tuple(dict.fromkeys((*target.only, *checks))) if open_work else checks
        refresh = refresh or (open_work and target.refresh)
        self.target = replace(target, only=only, refresh=refresh, rerun_count=target.rerun_count + 1)

    def run_all_again(self) -> None:
        """Every check of the head, by what is known of each."""
        self.target = replace(self.target, only=(), refresh=False, rerun_count=self.target.rerun_count + 1)

    @property
    def _complete_verdict(self) -> GateOutcome | None:
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
        )

    def gate_ended(self, input: GateInput, ended: GateTarget | None, outcome: GateOutcome | None) -> None:
        """One more gate of `input.head`; the check runs of its next one are others. `ended` is the target that is done
        now, None where it is to be gated still; `outcome` a verdict."""
        self.done = ended
        self.attempts[input.head.sha] = input.attempt + 1
        while len(self.attempts) > _REMEMBERED:
            self.attempts.pop(next(iter(self.attempts)))
        if outcome is None:
            return
        self.outcome, self.outcomes = outcome, self.outcomes + 1
        left_out = outcome.plan is not None and outcome.plan.left_out and not input.head.pull
        if left_out and self.head.pull and not self.has_work:  # the pull request came while the gate ran
            self.target = replace(self.target, rerun_count=self.target.rerun_count + 1)

    def settled(self, *, paused: bool) -> SettledHead:
        """The head with no gate to come. `paused`: no gate is run for it (a draft, a stop)."""
        return SettledHead(self.head.sha, self.attempts.get(self.head.sha, 0), paused)

    def overview(self, *, gating: bool, waiting: bool) -> BranchOverview:
        """The state of the branch, for a person."""
        result = self.verdict.result if self.verdict else None
        return BranchOverview(
            head=self.head.sha,
            gating=gating,
            waiting=waiting,
            state=result.state if result else "",
            score=result.overall_score if result else 0.0,
            reason=result.reason if result else "",
            checks={check.name: check.status for check in result.checks} if result else {},
            stopped=self.stopped,
            draft=self.draft,
            overrides=dict(self.overrides),
            merges=bool(self.merge_sha),
            waits_for=self.merge_waits,
        )


@dataclass(frozen=True)
class ContinuousQualityInput:
    """The argument of `ContinuousQualityWorkflow`. `branch` is a head without its sha; with `pull` for a fork, whose
    branch is known by that. `state` is only given by the workflow to itself."""

    branch: Head
    default_branch: str = ""
    state: BranchState | None = None

    @classmethod
    def of(cls, head: Head, default_branch: str) -> "ContinuousQualityInput":
        """The branch that this head is on."""
        pull = head.pull if head.fork else 0
        return cls(Head(head.repo, branch=head.branch, pull=pull, fork=head.fork), default_branch)
