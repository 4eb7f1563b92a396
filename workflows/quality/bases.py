"""One commit and the branches that it may be merged into: what its gate is judged against, and the worst of it. Pure.

A check run belongs to a commit, so whatever makes it green opens every pull request with that head. The gate of a
commit is therefore the worst over its open pull requests. A pull request into a branch that is not protected can be
retargeted by its author, so such a head is judged as if it went into the default branch as well, if that one
requires checks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from activities.history import FlakyTest
from activities.model import (
    Acceptance,
    CheckPlan,
    GatePlan,
    GateState,
    Head,
    HeadPull,
    PullVerdict,
    QualityCheck,
    QualityGateResult,
    Status,
)
from activities.quality_gate.types import Workspace
from activities.reporting import gate_states
from workflows.quality.scoring import Score, overall

# The worst first.
_CHECKS: tuple[Status, ...] = ("error", "timed_out", "failed", "cancelled", "passed", "neutral", "skipped")
_GATES: tuple[GateState, ...] = ("error", "failed", "refused", "passed", "unchecked")


@dataclass
class Base:
    """The head against one base: the pull requests that go into it, where it can be checked, and how it ended."""

    head: Head
    pulls: tuple[HeadPull, ...]
    workspace: Workspace
    plan: GatePlan
    checks: dict[str, QualityCheck] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.head.base_ref

    @property
    def left_out(self) -> bool:
        """Nothing is looked at, and no rule of GitHub can require it: the base is none that is protected."""
        return self.plan.left_out and not (self.head.pull and self.workspace.protected_base)

    @property
    def is_judged(self) -> bool:
        return not (self.left_out or self.plan.problem)

    def plan_of(self, check: str) -> CheckPlan | None:
        """How a check is run against this base."""
        return next((one for one in self.plan.checks if one.name == check and self.is_judged), None)

    @property
    def score(self) -> Score:
        """The sum over this base's checks."""
        ended = [self.checks[one.name] for one in self.plan.checks if one.name in self.checks]
        return overall(ended, self.plan.threshold)

    def verdict(self) -> tuple[GateState, str, tuple[str, ...]]:
        """How it ended, why, and the checks that block."""
        if self.plan.problem:
            path = self.plan.config.mistakes[0].path
            return "failed", gate_states.invalid_configuration(self.plan.problem, self.plan.line, path), ()
        if self.left_out:
            return "unchecked", self.plan.checks[0].reason, ()
        score = self.score
        return "passed" if score.can_merge else "failed", score.reason, score.blocking


def heads_by_base(own: Head, pulls: Iterable[HeadPull]) -> dict[Head, tuple[HeadPull, ...]]:
    """The head once for each base. `own` is what the branch's workflow knows: it counts unless GitHub shows other open
    pull requests of the commit and its own is not among them."""
    found = tuple(pulls)
    heads: dict[str, Head] = {}
    if not own.pull or not found or own.pull in {pull.number for pull in found}:
        heads[own.base_ref] = own
    for pull in found:
        heads.setdefault(pull.base_ref, replace(own, pull=pull.number, base_ref=pull.base_ref, base_sha=""))
    return {head: tuple(pull for pull in found if pull.base_ref == base) for base, head in heads.items()}


def head_into_default(bases: Sequence[Base], default_branch: str) -> Head | None:
    """The head as if it went into the default branch, where a pull request goes into a branch that is not protected and
    none into the default branch."""
    unprotected = [base for base in bases if base.pulls and not base.workspace.protected_base and base.is_judged]
    if not unprotected or default_branch in {base.name for base in bases}:
        return None
    return replace(unprotected[0].head, base_ref=default_branch, base_sha="")


def worst_check(name: str, bases: Sequence[Base]) -> tuple[Base, QualityCheck]:
    """The check's worst verdict, and the base that it is against."""

    def badness(judged: tuple[Base, QualityCheck]) -> tuple[int, float, int]:
        check = judged[1]
        return _CHECKS.index(check.status), 100.0 if check.score is None else check.score, -check.new_findings

    judged = [(base, base.checks[name]) for base in bases if name in base.checks]
    base, check = min(judged, key=badness)
    if len(judged) > 1 and any(other.status != check.status for _, other in judged):
        check = replace(check, reason=gate_states.against(base.name, check.reason))
    return base, check


def worst_of(
    sha: str, bases: Sequence[Base], unapproved: Sequence[HeadPull], checks: Sequence[QualityCheck]
) -> QualityGateResult:
    """The verdict on the commit; `checks` are the worst of each, and at least one base was looked at."""
    ended = sorted(((base, *base.verdict()) for base in bases), key=lambda each: _GATES.index(each[1]))
    base, state, reason, _ = ended[0]
    named = [PullVerdict(pull, state, blocking, why) for base, state, why, blocking in ended for pull in _named(base)]
    named += [PullVerdict(pull, "refused", (), gate_states.NOT_APPROVED) for pull in unapproved]
    if unapproved and state in ("passed", "unchecked"):
        state, reason = "refused", gate_states.NOT_APPROVED
    elif len(bases) > 1 and state != "unchecked":
        reason = gate_states.against(base.name, reason)
    scores = [each.score for each in bases if each.checks]
    blocking = {name for *_, names in ended for name in names}
    return QualityGateResult(
        head_sha=sha,
        base_sha=base.workspace.base_sha,
        state=state,
        can_merge=state == "passed",
        overall_score=min((score.overall for score in scores), default=0.0),
        checks=tuple(checks),
        blocking=tuple(check.name for check in checks if check.name in blocking),
        score_lines=min(scores, key=lambda score: (score.can_merge, score.overall)).lines if scores else (),
        reason=reason,
        config=next((each.plan.config for each, *_ in ended if each.plan.config.says_something), base.plan.config),
        pulls=tuple(sorted(named, key=lambda each: (not each.pull.number, each.pull.number))),
    )


def _named(base: Base) -> tuple[HeadPull, ...]:
    """The pull requests of a base; the one that stands for none where there is none, but a head without pull requests
    names nothing."""
    return base.pulls or ((HeadPull(0, base.head.branch, base.name),) if base.head.pull else ())


def with_accepted(plan: GatePlan, accepted: Iterable[Acceptance]) -> GatePlan:
    """The plan, each of its checks with what people accepted of it."""
    given = tuple(accepted)
    checks = (replace(one, accepted=tuple(each for each in given if each.check == one.name)) for one in plan.checks)
    return replace(plan, checks=tuple(checks))


def with_history(plan: GatePlan, unfixed: Mapping[str, tuple[str, ...]], flaky: Iterable[FlakyTest]) -> GatePlan:
    """The plan, each check with what failed it in the base, for a head of a red branch, and with its flaky tests."""
    tests = tuple(flaky)

    def checks(one: CheckPlan) -> CheckPlan:
        own = tuple(each for each in tests if each.check == one.name)
        return replace(one, unfixed=tuple(unfixed.get(one.name, ())), flaky=own)

    return replace(plan, checks=tuple(map(checks, plan.checks)))


def accepted_checks(bases: Iterable[Base]) -> dict[str, str]:
    """The ids of what was accepted for any base, each with its check."""
    return {each.id: one.name for base in bases for one in base.plan.checks for each in one.accepted}
