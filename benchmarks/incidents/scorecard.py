"""Diagnoses cases with every registered diagnoser and the consensus, and counts what was right."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from activities import diagnosers
from activities.incident_engine.diagnosing import within_limits
from activities.incidents.data import IncidentData
from activities.incidents.types import ConsensusResult, Diagnosis
from benchmarks.incidents.cases import IncidentCase
from workflows.consensus import Calibration, consensus


@dataclass(frozen=True)
class CaseOutcome:
    """What was said of one case; `seconds` is the time to the consensus."""

    case: IncidentCase
    diagnoses: tuple[Diagnosis, ...]
    said: ConsensusResult
    seconds: float

    def right_within(self, places: int) -> bool:
        """Whether a service at fault is among the first ones."""
        first = {service_of(one.entity) for one in self.said.causes[:places]}
        return bool(first & self.case.answer.entities)

    @property
    def names_change(self) -> bool:
        return self.said.act and bool(self.said.causes[0].change)

    @property
    def convicts_wrongly(self) -> bool:
        """It may act, and what it acts upon is innocent: the service, or the change that it names."""
        if not self.said.act:
            return False
        change = self.said.causes[0].change
        return not self.right_within(1) or bool(change and change not in self.case.answer.changes)

    @property
    def finds_change(self) -> bool:
        return bool(self.said.causes) and self.said.causes[0].change in self.case.answer.changes


@dataclass(frozen=True)
class Scorecard:
    """Shares, 0 to 1. `precision` is of all that may be acted on, `coverage` how many of the cases with a fault those
    are. `false_convictions` is of the cases in which no change is guilty and no service is at fault, or only by chance.
    `culprits`: of the cases whose guilty change is in the data, those whose first cause names it."""

    cases: int
    top_1: float
    top_3: float
    precision: float
    coverage: float
    false_convictions: float
    culprits: float
    brier: float
    seconds: float


def service_of(entity: str) -> str:
    """Of `service/instance` too."""
    return entity.partition("/")[0]


def diagnosed_case(data: IncidentData) -> tuple[Diagnosis, ...]:
    """As the workflow does it: those that look at what others found come last."""
    registry = diagnosers.registry()
    found: list[Diagnosis] = []
    for diagnoser in sorted(registry.values(), key=lambda one: one.view == "changes"):
        frames = next((one.frames for one in found if one.frames), ())
        found.append(within_limits(diagnoser.diagnose(replace(data, frames=frames))))
    return tuple(found)


def outcome(case: IncidentCase) -> CaseOutcome:
    """Of one case."""
    begun = time.perf_counter()
    diagnoses = diagnosed_case(case.data)
    said = consensus(diagnoses)
    return CaseOutcome(case, diagnoses, said, time.perf_counter() - begun)


def learned_from(outcomes: Iterable[CaseOutcome]) -> Calibration:
    """As an installation has it whose people labelled these."""
    return Calibration(tuple((one.said.causes[0].raw, one.right_within(1)) for one in outcomes if one.said.causes))


def said_again(one: CaseOutcome, calibration: Calibration) -> CaseOutcome:
    """What the consensus says of the same diagnoses with what was learned."""
    return replace(one, said=consensus(one.diagnoses, calibration))


def scorecard(outcomes: Sequence[CaseOutcome]) -> Scorecard:
    """Of several cases."""
    faulty = [one for one in outcomes if one.case.answer.entities]
    acted = [one for one in outcomes if one.said.act]
    innocent = [one for one in outcomes if not one.case.answer.changes]
    guilty = [one for one in outcomes if one.case.answer.changes]
    return Scorecard(
        len(outcomes),
        _share(one.right_within(1) for one in faulty),
        _share(one.right_within(3) for one in faulty),
        _share(not one.convicts_wrongly for one in acted),
        _share(one.said.act for one in faulty),
        _share(one.convicts_wrongly for one in innocent),
        _share(one.finds_change for one in guilty),
        _mean((one.said.confidence - one.right_within(1)) ** 2 for one in outcomes),
        max((one.seconds for one in outcomes), default=0.0),
    )


def _share(found: Iterable[bool]) -> float:
    return _mean(float(one) for one in found)


def _mean(values: Iterable[float]) -> float:
    kept = list(values)
    return sum(kept) / len(kept) if kept else float("nan")
