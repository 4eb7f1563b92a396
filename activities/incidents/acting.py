"""What is done about an incident, and how far it is: inputs and results of its workflow's activities, and its view."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from activities.incidents.types import (
    ConsensusResult,
    Evidence,
    FetchResult,
    IncidentInput,
    IncidentResult,
    IncidentScope,
    IncidentStage,
    TimelineEntry,
)
from activities.model import RepoRef
from activities.quality_gate.types import Workspace


@dataclass(frozen=True)
class ReadScopeInput:
    """What has to be looked at for an incident: asked at `now` (seconds since 1970)."""

    incident: str
    input: IncidentInput
    now: float


@dataclass(frozen=True)
class ReadScopeResult:
    """`known` False: no configured service has the alert's name, and it names no repository. `diagnosers` take part at
    first, `later` look at what these found. `paths` are the service's own in its repository, `environment` that of its
    deployments. `problem` is a sentence where something of the deployment's file cannot be used."""

    scope: IncidentScope
    known: bool = True
    diagnosers: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    environment: str = ""
    problem: str = ""


@dataclass(frozen=True)
class StagingRules:
    """How a fix is tried before it is merged; no deployment where `deploy` is False."""

    environment: str = "staging"
    deploy: bool = False
    minutes: int = 30
    smoke: str = ""
    e2e: str = ""


@dataclass(frozen=True)
class IncidentRules:
    """What the repository's configuration says of incidents, as in `activities/repo_config/incident_settings.py`."""

    fix: bool = True
    merge: Literal["approved", "auto"] = "approved"
    culprit_hours: int = 72
    fixes_per_day: int = 4
    opt_out: str = "no-revert"
    wait_hours: int = 24
    recovery_minutes: int = 15
    postmortem: Literal["issue", "file", "both", "off"] = "issue"
    postmortems: str = "postmortems"
    staging: StagingRules = StagingRules()


@dataclass(frozen=True)
class Hotfix:
    """The fix: its branch, its pull request once there is one, and the commit that it was merged as."""

    culprit: str
    kind: Literal["revert", "patch"] = "revert"
    title: str = ""
    commit: str = ""
    branch: str = ""
    head: str = ""
    pull: int = 0
    url: str = ""
    paths: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    """The tests that fail with the culprit and pass without it."""
    gate: str = ""
    """What the gate says of it, a short sentence."""
    merged: str = ""
    reverted: int = 0
    """The pull request that brought the culprit, 0 for none."""


@dataclass(frozen=True)
class IncidentView:
    """All that the comment, the pull request, the post-mortem and the report of an incident are made from, beside what
    the host has in its files. `stage` is where it is, at `now`; `fetched` is view → what of its data is there;
    `evidence` all that diagnosers named. `waiting_for` is a sentence where a person has to do something."""

    input: IncidentInput
    scope: IncidentScope
    stage: IncidentStage
    began: float
    now: float
    alerts: int = 1
    duplicates: int = 0
    fetched: Mapping[str, FetchResult] = field(default_factory=dict)
    consensus: ConsensusResult | None = None
    evidence: tuple[Evidence, ...] = ()
    hotfix: Hotfix | None = None
    no_fix: str = ""
    """Why nothing is fixed."""
    waiting_for: str = ""
    timeline: tuple[TimelineEntry, ...] = ()
    issue: int = 0
    postmortem: int = 0
    dollars: float = 0.0
    result: IncidentResult | None = None


@dataclass(frozen=True)
class OpenHotfixInput:
    """Opens the pull request of `view.hotfix`, whose branch is pushed, from the host that has the data."""

    view: IncidentView
    repo: RepoRef
    base: str


@dataclass(frozen=True)
class PublishPostmortemInput:
    """Publishes the post-mortem of `view`, which ended for `reason`: as an issue, as a file below `folder` in a pull
    request into `base`, or both."""

    view: IncidentView
    reason: str
    base: str
    where: Literal["issue", "file", "both"] = "issue"
    folder: str = "postmortems"


@dataclass(frozen=True)
class PublishPostmortemResult:
    """The numbers of its issue and its pull request, 0 for none; `actions` are those of the issues of action items."""

    issue: int = 0
    pull: int = 0
    actions: tuple[int, ...] = ()


@dataclass(frozen=True)
class StoredReport:
    """`id` names it in the result store of the host."""

    id: str


@dataclass(frozen=True)
class RecoveryInput:
    """Are the metrics as they were before the onset? Looked at `now`, for what came after `since` (both in seconds
    since 1970)."""

    scope: IncidentScope
    since: float
    now: float


@dataclass(frozen=True)
class RecoveryResult:
    """`known` False: there are no metrics that could say it. `text` is a short sentence."""

    recovered: bool = False
    known: bool = False
    text: str = ""


@dataclass(frozen=True)
class CountHotfixesInput:
    """How many pull requests with fixes of incidents were opened since `since` (seconds since 1970)?"""

    repo: RepoRef
    since: float


@dataclass(frozen=True)
class CountHotfixesResult:
    """The answer to `CountHotfixesInput`."""

    count: int


@dataclass(frozen=True)
class GuardInput:
    """May this change be reverted here and now? `fixes_today` are those of the last 24 hours."""

    scope: IncidentScope
    workspace: Workspace
    rules: IncidentRules
    sha: str
    now: float
    fixes_today: int = 0


@dataclass(frozen=True)
class GuardResult:
    """`refusal` is a sentence why it may not be, "" where it may. `title` is the change's own."""

    refusal: str = ""
    title: str = ""
    pull: int = 0


@dataclass(frozen=True)
class StagingTestsInput:
    """Runs `command` at the commit `sha` of the fix, for `environment`, which is at `url` ("" where nobody says)."""

    workspace: Workspace
    sha: str
    command: str
    environment: str
    url: str = ""


@dataclass(frozen=True)
class StagingTestsResult:
    """`text` is a sentence: that they passed, or why they did not."""

    passed: bool
    text: str


@dataclass(frozen=True)
class FixApproval:
    """A person's `/approve` of a fix, at GitHub's time `at` (seconds since 1970)."""

    actor: str
    at: float
