"""Signals, queries' answers and requests: one frozen dataclass each, never more than GitHub's facts.

Optional fields only may be added: a message may be in a history for a year.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from activities.github.patch_requests.types import SaidIn
from activities.history import RedBranch
from activities.incidents.types import Alert, IncidentRequest
from activities.migration.types import Split
from activities.model import Head, RepoRef
from activities.quality_gate.types import GateOverride


@dataclass(frozen=True)
class Pushed:
    """The signal `pushed`: the branch is at `head` now, and was at `before`. `sent_at` is GitHub's time in seconds
    since 1970. Only a merge group's head has a base."""

    SIGNAL: ClassVar[str] = "pushed"

    head: Head
    before: str = ""
    delivery: str = ""
    sent_at: float = 0.0


@dataclass(frozen=True)
class PullChanged:
    """The signal `pull_changed`. `action` is GitHub's. `from_api`: no event said so, GitHub's API did: the pull request
    is open, and this is its head."""

    SIGNAL: ClassVar[str] = "pull_changed"

    action: Literal["opened", "reopened", "synchronize", "ready_for_review", "converted_to_draft", "closed", "edited"]
    head: Head
    draft: bool = False
    delivery: str = ""
    sent_at: float = 0.0
    from_api: bool = False


@dataclass(frozen=True)
class Rerun:
    """The signal `rerun` of an operator: run the head again, with new check runs. `checks` empty means every check,
    `("failed",)` those that did not pass."""

    SIGNAL: ClassVar[str] = "rerun"

    checks: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Said:
    """When a person said something, in GitHub's order: the time in seconds since 1970, the comment's id, and the place
    among the commands of that comment.

    Of a button GitHub tells neither: its `at` is when the check suite was written last before the press, and in that
    second it counts as the last thing said (`BY_BUTTON`)."""

    BY_BUTTON: ClassVar[int] = 2**53

    at: float = 0.0
    comment: int = 0
    place: int = 0

    @property
    def name(self) -> str:
        """The same however often it is heard; "automatic" for what nobody said."""
        if not self.comment:
            return "automatic"
        where = "button" if self.comment == self.BY_BUTTON else f"comment-{self.comment}"
        return f"{where}-{self.at:.0f}-{self.place}"


@dataclass(frozen=True)
class HeadGated:
    """The signal `head_gated`: the workflow of another branch has gated the commit `sha`, which is this one's head too.
    `approved` are pull requests of forks whose head may run, `overrides` as in `GateInput`, `by` that workflow's id."""

    SIGNAL: ClassVar[str] = "head_gated"

    sha: str
    by: str = ""
    approved: tuple[int, ...] = ()
    overrides: Mapping[str, GateOverride] = field(default_factory=dict)


@dataclass(frozen=True)
class HeadLeft:
    """The signal `head_left`: a pull request that counted in the gate of `sha` has another head now, or is closed."""

    SIGNAL: ClassVar[str] = "head_left"

    sha: str


@dataclass(frozen=True)
class ConfigChanged:
    """The signal `config_changed`: the configuration on `branch` is the file `blob` (its id in git, "" for none) since
    the commit `sha`. The argument of `ConfigChangeWorkflow` too, which signals it to the pull requests that it
    judges."""

    SIGNAL: ClassVar[str] = "config_changed"

    repo: RepoRef
    branch: str
    sha: str
    blob: str = ""
    delivery: str = ""


@dataclass(frozen=True)
class BaselineChanged:
    """The signal `baseline_changed`: the acceptances of these ids do not count any more."""

    SIGNAL: ClassVar[str] = "baseline_changed"

    ids: tuple[str, ...]


@dataclass(frozen=True)
class DefaultBranchJudged:
    """The signal `default_branch_judged` of a repository's history: its default branch is red now, or (None) is not.
    `news` is what is new in that and nobody has heard of, found in the comparison with `base_sha`."""

    SIGNAL: ClassVar[str] = "default_branch_judged"

    repo: RepoRef
    branch: str
    red: RedBranch | None = None
    news: RedBranch | None = None
    base_sha: str = ""


@dataclass(frozen=True)
class RunOfTests:
    """One run of a check's tests on a tree: the names of those that failed, and that passed on a retry only. `fresh`: a
    person asked for it, so no stored report was used."""

    __test__ = False

    check: str
    tree: str
    failed: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    fresh: bool = False


@dataclass(frozen=True)
class TestsRan:
    """The signal `tests_ran` of a repository's history: what a gate saw of tests that failed, or that are flaky."""

    __test__ = False
    SIGNAL: ClassVar[str] = "tests_ran"

    repo: RepoRef
    runs: tuple[RunOfTests, ...]


@dataclass(frozen=True)
class BaseJudged:
    """The signal `base_judged`: the default branch, which a pull request goes into, is red now, or (None) is not."""

    SIGNAL: ClassVar[str] = "base_judged"

    branch: str
    red: RedBranch | None = None


@dataclass(frozen=True)
class ClosedPull:
    """The signal `pull_closed` of the accepted baseline: what was accepted for it ends, unless it was merged."""

    SIGNAL: ClassVar[str] = "pull_closed"

    number: int


BranchMessage = Pushed | PullChanged | ConfigChanged
"""What is signalled to a branch's workflow, and starts it where it does not run."""


@dataclass(frozen=True)
class SettledHead:
    """The answer of the query `get_settled`: the head that has no gate to come, "" while its gate runs or is about to;
    `attempts` are the gates of that head so far. `paused`: no gate is run for it (a draft, a stop)."""

    sha: str = ""
    attempts: int = 0
    paused: bool = False


@dataclass(frozen=True)
class BranchOverview:
    """The answer of the query `get_overview`. `state` is the verdict on `head`, "" without one; `checks` is check →
    status, of that verdict. `waiting`: the next gate has not begun. `merges`: the head is to be merged, and `waits_for`
    is what that waits for."""

    head: str = ""
    gating: bool = False
    state: str = ""
    score: float = 0.0
    reason: str = ""
    checks: Mapping[str, str] = field(default_factory=dict)
    stopped: bool = False
    draft: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    merges: bool = False
    waits_for: tuple[str, ...] = ()
    waiting: bool = False


@dataclass(frozen=True)
class HelpLine:
    """One command for `/help`: shown to who has `permission` on what it is `on`."""

    command: str
    text: str
    permission: str
    on: tuple[str, ...] = ("pull",)


@dataclass(frozen=True)
class BranchRequest:
    """What a command asks of the pull request's `ContinuousQualityWorkflow`. `checks` empty means every check,
    `("failed",)` those that did not pass. `sha` is a head that the person names, perhaps not in full, `until` a day and
    `issue` an issue with which it ends."""

    kind: Literal["rerun", "fix", "stop", "override", "trust", "accept_baseline"]
    checks: tuple[str, ...] = ()
    reason: str = ""
    sha: str = ""
    until: str = ""
    issue: int = 0


@dataclass(frozen=True)
class HeadRequest:
    """The argument of the update `request`: what a person asks of the head that could be seen when it was said.

    `shown` is what the person typed or pressed. `pressed`: by a button, which belongs to the commit `sha`. A comment
    means the head at its time; `sha` is the one that GitHub shows now: it did so at `seen_at` already, and says that it
    was pushed at `pushed_at` (0: not asked). An acceptance counts in `pull` into `base` (0: on the
    branch), and `answer` names the comment that answers it later.
    """

    what: BranchRequest
    actor: str = ""
    said: Said = Said()
    shown: str = ""
    sha: str = ""
    pressed: bool = False
    seen_at: float = 0.0
    pushed_at: float = 0.0
    pull: int = 0
    base: str = ""
    answer: str = ""
    delivery: str = ""


@dataclass(frozen=True)
class InitRequest:
    """The signal `asked` of a repository's first configuration: the comment, and the issue or pull request where it is
    answered."""

    number: int
    comment_id: int


@dataclass(frozen=True)
class MigrationRequest:
    """What `/migrate` asks for: see `MigrationInput`."""

    recipe: str
    path: str = "."
    only: tuple[str, ...] = ()
    to: str = ""
    dry_run: bool = False
    batch: bool = False
    stop: bool = False
    split: Split = ""


@dataclass(frozen=True)
class AskedPatch:
    """What `/patch` asks for. The instruction stays in the comment."""

    dry_run: bool = False


@dataclass(frozen=True)
class AskedWork:
    """The signal `asked` of `LabelWorkflow`: the comment `said.comment` asks for the work, so no label has to. The
    flags are those of `PlanPatchPRInput`; `service` is that of an incident, "" where it names none."""

    SIGNAL: ClassVar[str] = "asked"

    actor: str
    said: Said
    dry_run: bool = False
    anyway: bool = False
    service: str = ""


@dataclass(frozen=True)
class PlannedRequest:
    """What a command asks of an issue's planned change. `digest` is the beginning of that of the plan, "" for whichever
    waits. The text of `revise` stays in the comment."""

    what: Literal["start", "approve", "revise", "cancel"]
    dry_run: bool = False
    anyway: bool = False
    digest: str = ""


@dataclass(frozen=True)
class CommandAction:
    """One parsed command of a comment: data, so that a new command is one file and changes no workflow.

    `do`: `reply` answers with `lines` of Markdown; `help` with those of `entries` that the person may use here;
    `status` with the state of the pull request's gate or the issue's work; `signal` sends `request` to the pull
    request's workflow, or the signal `work_signal` to the work that a label of an issue started; `baseline` lists what
    is accepted in the repository, and `revoke` takes back `target` of it, an id or a check; `init` proposes a first
    configuration; `patch` starts what `patch` asks for; `migrate` starts `migration`, and `migration` sends
    `migration_signal` to the ones that run in this thread, with the step `target`; `planned` asks what `planned` says
    of the issue's planned change, and `incident` what `incident` says of its incident; `budget` shows what agents
    spent here, or with `dollars` sets what they may spend.

    `permission` is what the person needs unless the repository's configuration says otherwise, `at_least` whatever it
    says; `needs` names another command whose permission is needed too. `on` says where it can be used: `pull`,
    `issue`. With `running` it applies only while something runs.
    """

    do: Literal[
        "reply", "help", "status", "signal", "baseline", "revoke", "init", "migrate", "migration", "budget", "patch",
        "planned", "incident",
    ]  # fmt: skip
    command: str = ""
    permission: str = "write"
    on: tuple[str, ...] = ("pull",)
    lines: tuple[str, ...] = ()
    entries: tuple[HelpLine, ...] = ()
    request: BranchRequest | None = None
    work_signal: str = ""
    running: bool = False
    needs: str = ""
    target: str = ""
    migration: MigrationRequest | None = None
    migration_signal: str = ""
    dollars: float = 0.0
    at_least: str = ""
    patch: AskedPatch | None = None
    planned: PlannedRequest | None = None
    incident: IncidentRequest | None = None


@dataclass(frozen=True)
class CommandInput:
    """The argument of `CommandWorkflow`: what a person asked for, when somebody or something must be
    looked up first (their permission, the pull's branch, a suite's runs).

    `kind`: `comment` (with its `actions`; `comment_id` gets the reaction), `rerun_check`, `rerun_suite`, `button`
    (`command` is the button's identifier, `actions` the command that it stands for, if any), `label` (`command` is
    `added` or `removed`, `label` its name), `alert` (GitHub says that something failed, or works again; `alert` says
    what). `check` is a check run's name as GitHub shows it, `external_id` what we
    gave that run. `pull` is the number of what was commented or labelled, which is an issue unless `on_pull`. `at`
    is GitHub's time in seconds since 1970: of the comment, of the label, and of a button that of its check suite.
    `default_branch` is that of the repository, as the event names it. `said_in` says what `comment_id` is the id of,
    `body_sha256` is the digest of its text (`body_digest`).
    """

    kind: Literal["comment", "rerun_check", "rerun_suite", "button", "label", "alert"]
    repo: RepoRef
    actor: str
    pull: int = 0
    comment_id: int = 0
    command: str = ""
    sha: str = ""
    branch: str = ""
    check: str = ""
    external_id: str = ""
    delivery: str = ""
    actions: tuple[CommandAction, ...] = ()
    on_pull: bool = True
    label: str = ""
    at: float = 0.0
    default_branch: str = ""
    said_in: SaidIn = "comment"
    body_sha256: str = ""
    alert: Alert | None = None
