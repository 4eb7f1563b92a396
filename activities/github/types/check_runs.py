"""What the activities around check runs take and give: one frozen dataclass each, small enough for a history."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.model import GateState, Head, QualityCheck, QualityGateResult, RepoRef

GATE = "gate"
"""The name of the gate's own check run among the checks' names."""


@dataclass(frozen=True)
class CreateCheckRunsInput:
    """`names` are the checks' (and `gate`); empty: all checks that are installed, and `gate`.

    The same `owner_key`, sha, name and `attempt` is the same run.
    """

    head: Head
    names: tuple[str, ...] = ()
    attempt: int = 0
    owner_key: str = ""


@dataclass(frozen=True)
class CreateCheckRunsResult:
    """Name → id of its check run."""

    ids: Mapping[str, int]


@dataclass(frozen=True)
class StartCheckRunInput:
    """The run is shown as in progress from now on."""

    repo: RepoRef
    run_id: int


@dataclass(frozen=True)
class CompleteCheckRunInput:
    """One check's verdict for its run. `run_id` 0 where it is not known: it is found, or created."""

    head: Head
    run_id: int
    check: QualityCheck
    attempt: int = 0
    owner_key: str = ""


@dataclass(frozen=True)
class CompleteGateRunInput:
    """The gate's verdict for its own run. `newer_sha`: the head that took its place."""

    head: Head
    run_id: int
    result: QualityGateResult
    attempt: int = 0
    owner_key: str = ""
    check_run_ids: Mapping[str, int] = field(default_factory=dict)
    newer_sha: str = ""


@dataclass(frozen=True)
class EndCheckRunsInput:
    """Runs that nothing else will end: cancelled, superseded, skipped, refused. `ids` is name → run id.

    With `owner_key`, runs of that key that were created without our knowing their ids are ended as well.
    """

    head: Head
    ids: Mapping[str, int]
    state: GateState
    reason: str = ""
    newer_sha: str = ""
    owner_key: str = ""


@dataclass(frozen=True)
class CompleteCheckRunResult:
    """The run that holds the verdict now: another one than the input's where that had been removed."""

    id: int


@dataclass(frozen=True)
class SuiteRunsInput:
    """Our runs on a head."""

    repo: RepoRef
    head_sha: str


@dataclass(frozen=True)
class OurCheckRun:
    """`name` is the check's ("linting", "gate"), `external_id` what we gave the run."""

    id: int
    name: str
    external_id: str
    status: str
    conclusion: str = ""


@dataclass(frozen=True)
class SuiteRunsResult:
    """Newest first."""

    runs: tuple[OurCheckRun, ...]
