"""Inputs and results of an incident: ids, shas, counts and short sentences. What was measured, logged and changed is in
files of the host that works on it (`activities/incidents/store.py`), under the incident's id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from activities.model import RepoRef
from activities.quality_gate.types import Workspace

AlertSeverity = Literal["info", "warning", "error", "critical"]
ALERT_SEVERITIES: tuple[AlertSeverity, ...] = ("info", "warning", "error", "critical")
"""Worst last."""

DataView = Literal["metrics", "logs", "changes", "topology", "model"]
"""The data that a diagnosis was drawn from. Agreement is evidence only between different ones."""
VIEWS: tuple[DataView, ...] = ("metrics", "logs", "changes", "topology")
"""Those that data is fetched for."""

FaultClass = Literal[
    "cpu", "memory", "disk", "network", "latency", "errors", "traffic", "configuration", "dependency", "code", "unknown"
]
"""What kind of fault it is. `errors`: calls fail. `traffic`: there is more or less of it than usual. `dependency`: a
package that the service uses was changed. `unknown`: the data does not say."""

IncidentStage = Literal[
    "preparing", "gathering", "diagnosing", "verifying", "fixing", "checking", "publishing", "approval", "watching",
    "writing", "ended",
]  # fmt: skip

IncidentState = Literal[
    "fixed", "proposed", "reported", "no_cause", "recovered", "rolled_back", "unknown_service", "stopped", "failed"
]
"""How it ended. `fixed`: a fix was merged, and the alert is resolved or the metrics are as before. `proposed`: a fix
waits in an open pull request. `reported`: there are ranked causes, and none is sure enough to act on. `no_cause`: the
data shows no fault, or none that a change could have brought. `recovered`: the alert was resolved before anything was
changed. `rolled_back`: the fix was taken back. `unknown_service`: no configured service has this name. `stopped`: a
person ended it."""


@dataclass(frozen=True)
class Alert:
    """What one source says about one thing, at `starts_at` (seconds since 1970, 0 where it does not say).

    `group` is the source's own key of what belongs together: the same key is the same incident. `id` is that of this
    notification, by which one that comes twice is known. `labels` are the source's, at most fifty short ones."""

    source: str
    group: str
    name: str
    service: str = ""
    severity: AlertSeverity = "error"
    status: Literal["firing", "resolved"] = "firing"
    summary: str = ""
    starts_at: float = 0.0
    ends_at: float = 0.0
    id: str = ""
    url: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    repo: RepoRef | None = None
    """The repository that it is about, where the source is GitHub itself."""
    sha: str = ""
    """The commit that it is about, where the source names one: of a deployment, or of a red branch's head."""


@dataclass(frozen=True)
class AlertBatch:
    """What `ContinuousMonitoringWorkflow` is sent: alerts that came at about the same time, `dropped` more without."""

    alerts: tuple[Alert, ...]
    dropped: int = 0


@dataclass(frozen=True)
class IncidentInput:
    """The argument of `IncidentSwarmWorkflow`. `issue` is the one that reports it, 0: one is opened. `actor` labelled
    it or commented. `folder` is a folder with the data instead of servers, and `prometheus` a server's address (both
    on a laptop). `report_only`: nothing is written anywhere, the report is the result."""

    alert: Alert
    repo: RepoRef | None = None
    issue: int = 0
    actor: str = ""
    asked_at: float = 0.0
    folder: str = ""
    prometheus: str = ""
    report_only: bool = False


@dataclass(frozen=True)
class IncidentRequest:
    """What `/incident` asks for: a start, for the service that it names if any, or that the cause which was named is
    recorded as `right`, or as `wrong` with what it was instead."""

    what: Literal["start", "right", "wrong"]
    service: str = ""
    cause: str = ""


@dataclass(frozen=True)
class IncidentOutcome:
    """What `actor` says of the cause that the incident (its workflow's id) named: `right`, or what it was instead, as
    far as is known."""

    incident: str
    right: bool
    cause: str = ""
    actor: str = ""


@dataclass(frozen=True)
class IncidentScope:
    """What is looked at: `service` and its neighbours, from `begin` to `end` (seconds since 1970), where `onset` is
    when the alert says that it began. `incident` is the workflow's id, `queue` that of the host with the data."""

    incident: str
    service: str
    services: tuple[str, ...]
    onset: float
    begin: float
    end: float
    repo: RepoRef | None = None
    folder: str = ""
    prometheus: str = ""
    queue: str = ""


@dataclass(frozen=True)
class FetchInput:
    """Fetches data of this scope into the host's files."""

    scope: IncidentScope


@dataclass(frozen=True)
class FetchResult:
    """How much there is now: `items` series, lines, services or changes. `problem` is a sentence where there is less
    than was asked for, or nothing."""

    items: int = 0
    problem: str = ""
    sources: tuple[str, ...] = ()


ChangeSort = Literal["commit", "merge", "deployment", "release", "configuration", "dependency"]


@dataclass(frozen=True)
class RecentChange:
    """Something that was changed before the onset. `id` is its sha, or `deployment:7`, `release:v1.2`. `paths` are at
    most 200 of the files that it touches, `hunks` what it touches in them: path → ranges of lines after the change."""

    id: str
    sort: ChangeSort
    at: float
    title: str = ""
    repository: str = ""
    service: str = ""
    sha: str = ""
    pull: int = 0
    paths: tuple[str, ...] = ()
    hunks: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    additions: int = 0
    deletions: int = 0
    only_remarks: bool = False
    """Every line that it changes is blank or a comment."""
    by_bot: bool = False
    labels: tuple[str, ...] = ()
    url: str = ""
    deployment: str = ""
    """The id of the deployment that brought it; `at` is that deployment's time then."""
    base: str = ""
    """The commit before it, or before the first one of its pull request."""


@dataclass(frozen=True)
class Evidence:
    """Something that was seen, in one short sentence. `id` is unique in its incident: `metrics:3`. `at` is when it
    began, 0 where that has no sense."""

    id: str
    view: DataView
    text: str
    at: float = 0.0
    url: str = ""


@dataclass(frozen=True)
class Hypothesis:
    """A possible cause: `entity` is a service (or `service/instance`), `change` the id of the change that brought it.
    `log_odds` (natural logarithm) is how much the data speaks for it; 0 is as likely as not."""

    entity: str
    fault: FaultClass
    log_odds: float
    evidence: tuple[str, ...] = ()
    change: str = ""
    text: str = ""


@dataclass(frozen=True)
class StackFrame:
    """A place in the code that an error names: `path` as the program wrote it, with `/` (it may be absolute, or that of
    a built file), `line` 0 where it is not known, `function` "" likewise."""

    path: str
    line: int = 0
    function: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """What one diagnoser says. `coverage` (0 to 1) is how much of the data it needs was there. `abstained` is the
    sentence why it has no opinion, with no hypotheses then. `no_change` is how much its data speaks for that no change
    brought it, in log-odds; None for no opinion on that. `healthy`: its data is there, and shows no fault at all.
    `frames` are at most 20 of the errors that are new, the innermost of the commonest error first."""

    agent: str
    view: DataView
    hypotheses: tuple[Hypothesis, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    coverage: float = 0.0
    abstained: str = ""
    no_change: float | None = None
    healthy: bool = False
    dollars: float = 0.0
    frames: tuple[StackFrame, ...] = ()
    based_on: tuple[DataView, ...] = ()
    """The other views whose data it judged by, where it had none of its own: then both see the same."""


@dataclass(frozen=True)
class LogAnalysis:
    """What the log lines of one service say: how many there are before and after the onset (`left_out` of all services
    are not there), how many of them are errors, when the first new error was (0 for none), and at most ten sentences on
    what is new, gone, or more or less frequent. `problem` is the sentence why it says less or nothing."""

    service: str
    before: int = 0
    after: int = 0
    errors_before: int = 0
    errors_after: int = 0
    left_out: int = 0
    templates: int = 0
    first_error: float = 0.0
    findings: tuple[str, ...] = ()
    frames: tuple[StackFrame, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class DiagnoseInput:
    """One diagnoser's turn: a plug-in of `activities/diagnosers/`, or `model:<name>#<sample>`."""

    scope: IncidentScope
    alert: Alert
    agent_id: str


@dataclass(frozen=True)
class RankedCause:
    """One of the competing causes, with `probability` (0 to 1, calibrated) and the views that support it. `verified`:
    the change was shown to be the cause, not only to fit."""

    entity: str
    fault: FaultClass
    probability: float
    change: str = ""
    views: tuple[DataView, ...] = ()
    evidence: tuple[str, ...] = ()
    text: str = ""
    verified: str = ""
    """How, a short sentence; "" where it is not."""
    raw: float = 0.0
    """Its share before it was calibrated: what labelled outcomes are kept with."""
    independent: int = 0
    """How many of the views are data of their own."""
    change_odds: float = 0.0
    """How much speaks for `change`, in log-odds."""
    suspects: tuple[str, ...] = ()
    """The changes that may have brought it, at most five, the likeliest first."""


@dataclass(frozen=True)
class ConsensusResult:
    """The causes, the likeliest first. `act`: something may be fixed; `why_not` says why nothing may. `tells_apart` are
    sentences on what would separate the first two. `abstained` maps a diagnoser to its reason."""

    causes: tuple[RankedCause, ...] = ()
    act: bool = False
    why_not: str = ""
    tells_apart: tuple[str, ...] = ()
    no_change: float = 0.0
    healthy: bool = False
    abstained: Mapping[str, str] = field(default_factory=dict)

    @property
    def confidence(self) -> float:
        return self.causes[0].probability if self.causes else 0.0


@dataclass(frozen=True)
class VerifyInput:
    """Whether `change` brought it: does its diff touch the frame of an error, or do the repository's own tests fail
    with it and pass without it? `candidates` are the shas of the other changes, the oldest first."""

    scope: IncidentScope
    workspace: Workspace
    change: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class VerifyResult:
    """`verified` is a short sentence, "" where nothing shows it; `culprit` is the sha that was found, which may be
    another than the suspected one. `tests` fail with it and pass without it."""

    culprit: str = ""
    verified: str = ""
    tests: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class GenerateFixInput:
    """`generate_fix`: reverts the culprit `sha` on top of the workspace's head, as a commit of the host's mirror."""

    scope: IncidentScope
    workspace: Workspace
    sha: str
    title: str = ""


@dataclass(frozen=True)
class GeneratedFix:
    """The commit `sha` with the fix, "" where there is none: `reason` says why. `kind` says what it is."""

    sha: str = ""
    kind: Literal["revert", "patch"] = "revert"
    paths: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class NotifyInput:
    """`notify_team`: one message to the channel `channel` of the deployment ("" for every one), once for each `key`.
    Messages of one `thread` are about the same incident: Jira has one issue for them."""

    message: str
    severity: AlertSeverity = "info"
    channel: str = ""
    title: str = ""
    url: str = ""
    key: str = ""
    service: str = ""
    thread: str = ""


@dataclass(frozen=True)
class NotifyResult:
    """The channels that took the message, and for those that did not a sentence why."""

    sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened, for the post-mortem; `source` is what says so."""

    at: float
    text: str
    source: str = ""


@dataclass(frozen=True)
class IncidentResult:
    """The end of an incident: `reason` is a sentence, `pull` the hotfix, `postmortem` the issue with the post-mortem,
    `report` the id of the whole report in the result store. `seconds` is the time to the diagnosis."""

    state: IncidentState
    reason: str = ""
    service: str = ""
    consensus: ConsensusResult = ConsensusResult()
    issue: int = 0
    pull: int = 0
    postmortem: int = 0
    alerts: int = 1
    seconds: float = 0.0
    dollars: float = 0.0
    report: str = ""
    timeline: tuple[TimelineEntry, ...] = ()
