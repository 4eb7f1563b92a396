"""The types that all packages share: frozen, standard library only, small enough for a history.

Nothing here holds a token, a diff or a log. What is big lives in a file of the result store and is
named here by its id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from activities.history import FlakyTest, RedBranch

Severity = Literal["notice", "warning", "error", "critical"]
"""Worst last. GitHub's annotation levels are notice, warning, failure; `critical` is for security."""
SEVERITIES: tuple[Severity, ...] = ("notice", "warning", "error", "critical")

Status = Literal["passed", "failed", "neutral", "skipped", "timed_out", "cancelled", "error"]
"""How a check ended. `neutral`: it ran, and only informs. `skipped`: it does not apply.
`error`: the tool itself could not run, which is a failure of that check and of no other."""

SATISFIED: frozenset[Status] = frozenset({"passed", "neutral", "skipped"})
"""The statuses that satisfy a required check, as on GitHub."""

GateState = Literal["passed", "failed", "cancelled", "superseded", "refused", "unchecked", "error"]
"""How a gate ended. `refused`: a fork's head that nobody has approved. `unchecked`: the configuration leaves the branch
out, so nothing was looked at."""


CONFIG_PATH = ".github/autobuild.yml"
CONFIG_PATHS = (CONFIG_PATH, ".github/autobuild.yaml")
"""Where a repository's configuration is; the second is read where the first is not there."""


@dataclass(frozen=True)
class RepoRef:
    """A repository: on GitHub (`installation_id` > 0) or a folder on this machine (`path`).

    `id` is GitHub's own, 0 where it is not known: a rename changes the name and not the id.
    """

    owner: str
    name: str
    installation_id: int = 0
    path: str = ""
    id: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True)
class Head:
    """A commit to be checked: where it is, and what it is compared with.

    `branch` is the head's, in somebody else's repository for a `fork`. `pull` is its open pull request, 0 without one.
    `base_ref` is the branch that it goes into ("" is the default branch); `base_sha` the commit that it is compared
    with, where that is known already. `approved`: a maintainer has allowed this commit of a fork to run.
    """

    repo: RepoRef
    sha: str = ""
    branch: str = ""
    base_ref: str = ""
    base_sha: str = ""
    pull: int = 0
    fork: bool = False
    approved: bool = False

    @property
    def trusted(self) -> bool:
        """Whether its code may run."""
        return self.approved or not self.fork


@dataclass(frozen=True)
class BranchTrust:
    """What a branch may decide about a head. `config_branch` is the branch whose configuration judges it, always the
    default or a protected one; "" for a folder, which is judged by the commit that it is compared with.
    `protected_head` and `protected_base`: those branches are the default or a protected one themselves."""

    config_branch: str = ""
    protected_head: bool = False
    protected_base: bool = False


@dataclass(frozen=True)
class Finding:
    """One thing a tool says about one place.

    `path` is relative to the repository's root with forward slashes; `line` is 1-based, 0 for the
    whole file; `column` likewise. `confidence` is the tool's own word for how sure it is ("high"), where it has one.
    `informational`: the repository did not ask for the tool, so the finding is shown and never blocks. `in_tree`: not
    known to name no file of the tree.
    """

    check: str
    tool: str
    rule: str
    path: str
    line: int
    message: str
    severity: Severity
    column: int = 0
    end_line: int = 0
    fixable: bool = False
    fingerprint: str = ""
    new: bool = True
    title: str = ""
    details: str = ""
    confidence: str = ""
    informational: bool = False
    in_tree: bool = True


@dataclass(frozen=True)
class TestCase:
    """One test. `id` is what the runner calls it, stable between runs (pytest: the node id)."""

    __test__ = False

    id: str
    outcome: Literal["passed", "failed", "skipped", "flaky"]
    path: str = ""
    line: int = 0
    message: str = ""
    duration_s: float = 0.0


@dataclass(frozen=True)
class FileCoverage:
    """Which lines of one file can run, and which did. `unclear`: the report's own name for a file that may be this one
    or another; then its lines are not known."""

    path: str
    covered: frozenset[int]
    missing: frozenset[int]
    unclear: str = ""


@dataclass(frozen=True)
class Benchmark:
    """One benchmark's rounds, in seconds a call."""

    id: str
    rounds: tuple[float, ...]


@dataclass(frozen=True)
class ToolReport:
    """What one tool said about one tree, in absolute terms: nothing is compared yet.

    `problem` is empty when the tool checked everything that it was to check; else it says in one
    sentence what it could not do. `completed` is False when the tool gave no usable answer at all.
    `advice` (for instance "3 packages were not on the index") makes the check neutral, never green. `partial`: only
    named tests were run. `coverage_problem` says why a test run was not measured: that concerns the coverage alone.
    `coverage_whole`: what its coverage does not name was left out on purpose.
    `found_in` is the place in the repository that the command was learnt from ("tox.ini [testenv]"), "" for a default.
    `asked_in` is where the repository asks for the tool ("[tool.ruff] in pyproject.toml"); `informational`: nowhere, so
    it never blocks. `version_from` is what decided the version ("uv.lock"); `wanted` the repository's own version and
    where it is named, where another one ran: what that says only informs. `no_tests`: its `advice` is that there are
    none.
    """

    tool: str
    version: str = ""
    findings: tuple[Finding, ...] = ()
    tests: tuple[TestCase, ...] = ()
    coverage: tuple[FileCoverage, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    completed: bool = True
    problem: str = ""
    advice: str = ""
    timed_out: bool = False
    partial: bool = False
    coverage_problem: str = ""
    coverage_whole: bool = False
    command: str = ""
    found_in: str = ""
    output_tail: str = ""
    duration_s: float = 0.0
    asked_in: str = ""
    informational: bool = False
    version_from: str = ""
    wanted: str = ""
    no_tests: bool = False

    @property
    def lasting(self) -> bool:
        """Whether the same tree gives the same again: nothing was missing, cut short or out of reach."""
        return self.completed and not (self.timed_out or self.problem or self.advice)


@dataclass(frozen=True)
class QualityCheck:
    """The verdict of one check, small enough for a history; the findings are in `result_id`'s file.

    `score` is 0 to 100, None where the check did not apply. `duration_s` is wall time. `overridden_by` is the login of
    who lets the head pass without the check.
    """

    name: str
    status: Status
    score: float | None
    required: bool
    reason: str
    weight: float = 1.0
    duration_s: float = 0.0
    cached: bool = False
    new_findings: int = 0
    known_findings: int = 0
    metrics: Mapping[str, Any] = field(default_factory=dict)
    result_id: str = ""
    overridden_by: str = ""


@dataclass(frozen=True)
class CheckResult:
    """One check's verdict with everything a person may want to see of it: what the result store keeps."""

    check: QualityCheck
    findings: tuple[Finding, ...] = ()
    reports: tuple[ToolReport, ...] = ()


@dataclass(frozen=True)
class Mistake:
    """What is wrong in a configuration. `line` is 1-based. As text: `12: what is wrong and how to fix it`."""

    line: int
    message: str
    path: str = CONFIG_PATH

    def __str__(self) -> str:
        return f"{self.line}: {self.message}"


@dataclass(frozen=True)
class ConfigChange:
    """A key of the configuration and what it means before and after a change, as short texts."""

    key: str
    before: str
    after: str


@dataclass(frozen=True)
class ConfigNotes:
    """What is to be said of the configuration that judged a head.
    `branch` is whose file judges ("" for a folder), `blob` that file's id in git, "" where there is none; `unprotected`
    the base that has no say, "" where there is none. `broken`: the file has these mistakes since the commit
    `broken_since`, so its version of the commit `judged_by` judges, the defaults where that is "".
    `edited`: the head changes the file; `in_effect`: it is the head of `branch` itself. `mistakes` are those of the new
    file, and of files that only look like it; `changes` is what is different with it, without the `more` that are left
    out. `unread` are files of that name in the root.
    """

    branch: str = ""
    blob: str = ""
    unprotected: str = ""
    broken: tuple[Mistake, ...] = ()
    broken_since: str = ""
    judged_by: str = ""
    edited: bool = False
    in_effect: bool = False
    mistakes: tuple[Mistake, ...] = ()
    changes: tuple[ConfigChange, ...] = ()
    more: int = 0
    unread: tuple[str, ...] = ()

    @property
    def says_something(self) -> bool:
        """Whether there is more than whose file judges."""
        return bool(self.broken or self.edited or self.mistakes or self.unread)


@dataclass(frozen=True)
class HeadPull:
    """An open pull request whose head is the commit that is spoken of: from `branch` (of a `fork`) into `base_ref`.
    `approved`: a maintainer has allowed this commit of the fork to run, in this pull request."""

    number: int
    branch: str
    base_ref: str
    fork: bool = False
    approved: bool = False


@dataclass(frozen=True)
class PullVerdict:
    """What a gate says about one pull request of its head. `number` 0 is none: the head as if it went into the default
    branch `base_ref`, beside pull requests into a branch that anybody with write access may push to."""

    pull: HeadPull
    state: GateState
    blocking: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class QualityGateResult:
    """The verdict on one head: the worst of those on its open pull requests, `pulls`. `score_lines` explains the score,
    a line a check; `lacking` says what the checks did not have. `red_base`: the default branch, if it is red."""

    head_sha: str
    base_sha: str
    state: GateState
    can_merge: bool
    overall_score: float
    checks: tuple[QualityCheck, ...] = ()
    blocking: tuple[str, ...] = ()
    score_lines: tuple[str, ...] = ()
    reason: str = ""
    config: ConfigNotes = ConfigNotes()
    pulls: tuple[PullVerdict, ...] = ()
    red_base: RedBranch | None = None
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Acceptance:
    """Findings of one `check` that a person accepted as known: by `/baseline accept`, or the button.

    It holds for the pull request `pull` into `base`, and once that is `merged` for whatever goes into `base`; without a
    pull request for `branch` alone. `created` and `until`, its last day ("" has none), are days in UTC (2026-12-31);
    with `issue` it ends when that is closed. `ended` is what ended it. `fork`: the pull's branch is in one.
    """

    id: str
    repo: RepoRef
    check: str
    fingerprints: tuple[str, ...]
    actor: str
    reason: str
    created: str
    branch: str = ""
    base: str = ""
    pull: int = 0
    fork: bool = False
    merged: bool = False
    until: str = ""
    issue: int = 0
    ended: Literal["", "date", "issue", "pull"] = ""


@dataclass(frozen=True)
class CheckPlan:
    """How one check is to be run and judged. `applies` False: `reason` says why it is skipped, or neutral where nobody
    looked at a language that is there (`not_looked_at`).

    `tool_options` decide what the tools do (and so are part of a stored report's key); `judging` and `accepted`, what
    people accepted of this check that concerns the head, decide only the verdict: a changed threshold starts no tool
    again. The options hold plain JSON. `timeout_s` is wall time. `asked`: the folders of projects for which the
    configuration says something of the check, "" for all: then its tools are asked for, whatever else names them.
    `unfixed` are names of tests and fingerprints that were new in the base's own verdict and failed it: they stay new.
    `flaky` are tests that the repository remembers as such.
    """

    name: str
    applies: bool
    required: bool
    reason: str = ""
    weight: float = 1.0
    timeout_s: float = 900.0
    tool_options: Mapping[str, Any] = field(default_factory=dict)
    judging: Mapping[str, Any] = field(default_factory=dict)
    accepted: tuple[Acceptance, ...] = ()
    asked: tuple[str, ...] = ()
    unfixed: tuple[str, ...] = ()
    flaky: tuple[FlakyTest, ...] = ()
    not_looked_at: bool = False

    def not_applying(self) -> "QualityCheck":
        """The verdict where it does not apply."""
        status: Status = "neutral" if self.not_looked_at else "skipped"
        return QualityCheck(self.name, status, None, self.required, self.reason, weight=self.weight)


@dataclass(frozen=True)
class GatePlan:
    """What a gate does. `problem` is a mistake in the repository's configuration (`line` 1-based, 0 unknown):
    then the gate fails with that sentence and no check runs. `folders` are the configured projects. `left_out`: the
    configuration names branches, and the head's is not among them. `merge_method` is GitHub's, "" for any.
    `agent_fixes`: where fixes are made, an agent makes those that no tool can. `schedule_s`: the default branch is
    gated so often without a push; an issue is opened where its score falls by more than `schedule_fall`; 0: never."""

    checks: tuple[CheckPlan, ...]
    threshold: float = 85.0
    autofix: Literal["request", "commit", "off"] = "request"
    agent_fixes: bool = False
    folders: tuple[str, ...] = ()
    problem: str = ""
    line: int = 0
    left_out: bool = False
    auto_merge: bool = False
    merge_method: str = ""
    config: ConfigNotes = ConfigNotes()
    schedule_s: float = 0.0
    schedule_fall: float = 0.0
