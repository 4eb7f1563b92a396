"""What a generated incident is, and what is right to say of it."""

from dataclasses import dataclass, field
from typing import Final, Literal

from activities.incidents.data import IncidentData

FaultKind = Literal[
    "cpu", "memory", "latency", "error", "log_only", "bad_deployment", "bad_configuration", "dependency", "two_at_once",
    "recovered", "storm", "innocent_commit", "busy", "noise_only",
]  # fmt: skip

KINDS: Final[tuple[FaultKind, ...]] = (
    "cpu", "memory", "latency", "error", "log_only", "bad_deployment", "bad_configuration", "dependency", "two_at_once",
    "recovered", "storm", "innocent_commit", "busy", "noise_only",
)  # fmt: skip

BY_CHANGE: Final[frozenset[FaultKind]] = frozenset(("bad_deployment", "bad_configuration", "dependency"))
NO_CHANGE: Final[frozenset[FaultKind]] = frozenset(("innocent_commit", "busy", "noise_only"))
"""Whoever reverts something here is wrong: the environment, more visitors, or nothing at all."""


@dataclass(frozen=True)
class CaseAnswer:
    """The services that are at fault, none where nothing of them is; and the ids of the guilty changes that are in the
    data."""

    entities: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class IncidentCase:
    """One incident with its answer."""

    kind: str
    seed: int
    data: IncidentData
    answer: CaseAnswer = field(default_factory=CaseAnswer)
