"""Where an incident is: everything that its comment, its pull request and its queries show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.incidents.acting import Hotfix, IncidentRules, IncidentView, ReadScopeResult
    from activities.incidents.types import (
        Alert,
        ConsensusResult,
        Diagnosis,
        FetchResult,
        IncidentInput,
        IncidentResult,
        IncidentScope,
        IncidentStage,
        TimelineEntry,
    )
    from activities.quality_gate.types import Workspace
    from activities.reporting.wording import shortened

_MOST_ENTRIES = 60
_MOST_IDS = 2_000
_LONGEST = 200


@dataclass(frozen=True)
class IncidentProgress:
    """What `get_progress` answers. `waiting_for` is a sentence where a person has to do something,
    `repo` the full name of the repository that its issue is in."""

    stage: str
    service: str
    alerts: int
    confidence: float = 0.0
    cause: str = ""
    issue: int = 0
    pull: int = 0
    waiting_for: str = ""
    repo: str = ""


@dataclass
class IncidentRun:
    """Of one incident. `resolved` is when the last of its alerts was resolved (seconds since 1970), 0 before."""

    input: IncidentInput
    incident: str
    began: datetime
    stage: IncidentStage = "preparing"
    found: ReadScopeResult | None = None
    workspace: Workspace | None = None
    rules: IncidentRules | None = None
    fetched: dict[str, FetchResult] = field(default_factory=dict)
    diagnoses: tuple[Diagnosis, ...] = ()
    consensus: ConsensusResult = field(default_factory=ConsensusResult)
    hotfix: Hotfix | None = None
    no_fix: str = ""
    waiting_for: str = ""
    issue: int = 0
    postmortem: int = 0
    diagnosed: float = 0.0
    timeline: list[TimelineEntry] = field(default_factory=list)
    tests: tuple[str, ...] = ()
    alerts: int = 0
    duplicates: int = 0
    resolved: float = 0.0
    _open: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.issue = self.input.issue
        self.took((self.input.alert,))

    @property
    def scope(self) -> IncidentScope:
        """What is looked at; before that is known, what the alert alone says."""
        if self.found:
            return self.found.scope
        alert = self.input.alert
        onset, service = alert.starts_at or self.began.timestamp(), alert.service or alert.name
        return IncidentScope(self.incident, service, (), onset, onset, onset, self.input.repo or alert.repo)

    @property
    def queue(self) -> str:
        """Of the host that works on it, "" before there is one."""
        return self.found.scope.queue if self.found else ""

    def note(self, text: str, source: str = "", at: float = 0.0) -> None:
        """One more entry of the time line; of very many the middle is left out."""
        entry = TimelineEntry(at or workflow.now().timestamp(), shortened(text, _LONGEST), source)
        self.timeline.append(entry)
        if len(self.timeline) > _MOST_ENTRIES:
            del self.timeline[_MOST_ENTRIES // 2]

    def took(self, alerts: Sequence[Alert], dropped: int = 0) -> None:
        """Alerts of this incident: each counts once."""
        self.alerts += dropped
        for alert in alerts:
            id = f"{alert.source}|{alert.group}|{alert.id}|{alert.status}|{alert.starts_at:.0f}"
            if id in self._seen:
                self.duplicates += 1
                continue
            if len(self._seen) < _MOST_IDS:
                self._seen.add(id)
            self._count(alert)

    def _count(self, alert: Alert) -> None:
        name = f"{alert.source}|{alert.group}"
        if alert.status == "resolved":
            self._open.discard(name)
            if not self._open and not self.resolved:
                self.resolved = alert.ends_at or workflow.now().timestamp()
                self.note(f"{alert.name} is resolved.", alert.source, self.resolved)
            return
        self.alerts += 1
        self.resolved = 0.0
        if name not in self._open and len(self._open) < _MOST_IDS:
            self._open.add(name)
            self.note(f"{alert.name}: {alert.summary}".strip(": "), alert.source, alert.starts_at)

    def forget_work(self) -> None:
        """Its host is gone: everything is looked at again by another."""
        self.found = self.workspace = self.rules = self.hotfix = None
        self.fetched, self.diagnoses, self.consensus, self.no_fix, self.tests = {}, (), ConsensusResult(), "", ()

    def change_hotfix(self, **fields: object) -> None:
        """The fix is further now."""
        assert self.hotfix
        self.hotfix = replace(self.hotfix, **fields)  # type: ignore[arg-type]

    def view(self, result: IncidentResult | None = None) -> IncidentView:
        """All of it as one value."""
        evidence = {one.id: one for diagnosis in self.diagnoses for one in diagnosis.evidence}
        return IncidentView(
            self.input, self.scope, self.stage, self.began.timestamp(), workflow.now().timestamp(), self.alerts,
            self.duplicates, dict(self.fetched), self.consensus if self.diagnoses else None,
            tuple(evidence.values()), self.hotfix, self.no_fix, self.waiting_for, tuple(self.timeline), self.issue,
            self.postmortem, sum(one.dollars for one in self.diagnoses), result,
        )  # fmt: skip

    def progress(self) -> IncidentProgress:
        """What `get_progress` answers."""
        cause = self.consensus.causes[0] if self.consensus.causes else None
        scope = self.scope
        return IncidentProgress(
            self.stage, scope.service, self.alerts, self.consensus.confidence,
            f"{cause.entity} ({cause.fault})" if cause else "", self.issue, self.hotfix.pull if self.hotfix else 0,
            self.waiting_for, scope.repo.full_name if scope.repo else "",
        )  # fmt: skip


def suspects(consensus: ConsensusResult, diagnoses: Sequence[Diagnosis]) -> Mapping[str, float]:
    """The changes that may have brought it, with how much speaks for each, the likeliest first."""
    odds: dict[str, float] = {}
    for diagnosis in diagnoses:
        for one in diagnosis.hypotheses:
            if one.change:
                odds[one.change] = max(odds.get(one.change, one.log_odds), one.log_odds)
    first = [cause.change for cause in consensus.causes if cause.change]
    order = [*dict.fromkeys(first), *sorted(odds.keys() - set(first), key=lambda change: (-odds[change], change))]
    return {change: odds.get(change, 0.0) for change in order}


def is_sha(change: str) -> bool:
    """Whether a change's id is that of a commit, and not of a deployment or a release."""
    return len(change) in (40, 64) and not change.strip("0123456789abcdef")
