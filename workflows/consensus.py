"""What several diagnosers say together: ranked causes with a probability that can be believed. Pure.

Agreement is evidence only between different views of the data, so diagnosers of one view are one voice. Log-odds of
independent views add up; a table that no training can raise says how sure few views may be, until enough outcomes of
this installation are known.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from activities.incidents.types import (
    ConsensusResult,
    DataView,
    Diagnosis,
    FaultClass,
    Hypothesis,
    RankedCause,
)
from activities.reporting.markdown import code
from activities.reporting.wording import listed

ACT_AT: Final = 0.70
"""Below this nothing is fixed."""

LEAST_VIEWS: Final = 2

MOST_CAUSES: Final = 10

_LEAST_OUTCOMES = 30
_STRONGEST_VIEW = 4.0
_STRONGEST_MODEL = 1.0
_SUPPORTS = 0.5
_HEALTHY = 1.5
_RESOURCES: Final = frozenset(("cpu", "memory", "disk", "network"))
_SYMPTOMS: Final = frozenset(("unknown", "errors", "latency", "traffic"))
_CAPS: Final = (0.0, 0.35, 0.70, 0.90)
_VERIFIED: Final = 0.90
_CERTAIN: Final = 0.97

Similar = Callable[[str, str], float]
"""How alike two hypotheses' texts are, 0 to 1."""


@dataclass(frozen=True)
class Calibration:
    """The outcomes of this installation: what was said of the first cause, 0 to 1, and whether it was right."""

    outcomes: tuple[tuple[float, bool], ...] = ()

    def __call__(self, raw: float, views: int) -> float:
        """The probability that may be said of one that `views` independent views support."""
        if len(self.outcomes) < _LEAST_OUTCOMES:
            return min(raw, _CAPS[min(views, len(_CAPS) - 1)])
        return min(isotonic(self.outcomes, raw), _CERTAIN)


@dataclass
class _Group:
    """Hypotheses that say the same. `odds` is the strongest of each view."""

    entity: str
    fault: FaultClass
    odds: dict[DataView, float] = field(default_factory=dict)
    members: list[Hypothesis] = field(default_factory=list)

    def add(self, one: Hypothesis, view: DataView) -> None:
        strongest = _STRONGEST_MODEL if view == "model" else _STRONGEST_VIEW
        odds = min(max(one.log_odds, -strongest), strongest)
        self.odds[view] = max(self.odds.get(view, -strongest), odds)
        self.members.append(one)

    def takes(self, one: Hypothesis, similar: Similar | None) -> bool:
        """The same entity, and no two resources that exclude each other."""
        if similar and any(similar(one.text, other.text) > 0.8 for other in self.members if one.text and other.text):
            return True
        mine, its = {self.fault} & _RESOURCES, {one.fault} & _RESOURCES
        return self.entity == one.entity and not (mine and its and mine != its)

    @property
    def score(self) -> float:
        return sum(self.odds.values())

    @property
    def views(self) -> tuple[DataView, ...]:
        """Those that speak for it; models are one more, that counts for nothing alone."""
        return tuple(sorted(view for view, odds in self.odds.items() if odds >= _SUPPORTS))


def consensus(
    diagnoses: Sequence[Diagnosis], calibration: Calibration | None = None, similar: Similar | None = None
) -> ConsensusResult:
    """The causes that the diagnoses name, the likeliest first, and whether one of them may be acted on."""
    calibration = calibration or Calibration()
    speaking = [one for one in diagnoses if not one.abstained]
    groups = _grouped(speaking, similar)
    healthy = [one for one in speaking if one.healthy]
    nothing = _HEALTHY * len({one.view for one in healthy})
    no_change = max((one.no_change for one in speaking if one.no_change is not None), default=0.0)
    shares = _shares([group.score for group in groups], nothing)
    causes = [
        _cause(group, calibration(share, _independent(group.views)), no_change)
        for group, share in zip(groups, shares, strict=True)
    ]
    causes.sort(key=lambda one: (-one.probability, one.entity, one.fault))
    result = ConsensusResult(
        tuple(causes[:MOST_CAUSES]),
        no_change=round(no_change, 3),
        healthy=bool(healthy) and not any(group.score > 0 for group in groups),
        abstained={one.agent: one.abstained for one in diagnoses if one.abstained},
    )
    return _decided(result, speaking)


def verified(result: ConsensusResult, change: str, how: str) -> ConsensusResult:
    """The same where a change was shown to be the cause: it comes first, and may be acted on."""
    if not result.causes:
        return result
    found = next((one for one in result.causes if one.change == change), result.causes[0])
    certain = max(found.probability, _VERIFIED)
    others = [one for one in result.causes if one is not found]
    total = sum(one.probability for one in others)
    scale = min(1.0, (1 - certain) / total) if total else 1.0
    first = replace(found, change=change, verified=how, probability=round(certain, 4))
    rest = tuple(replace(one, probability=round(one.probability * scale, 4)) for one in others)
    return _decided(replace(result, causes=(first, *rest)), ())


def isotonic(outcomes: Sequence[tuple[float, bool]], raw: float) -> float:
    """The share of right ones at `raw`, by the monotone fit that is nearest (pool adjacent violators), drawn towards
    one half by one imagined outcome of each kind."""
    by_value: dict[float, list[bool]] = {}
    for value, right in outcomes:
        by_value.setdefault(value, []).append(right)
    blocks: list[tuple[float, float, float]] = []  # (right, count, the highest raw value)
    for value in sorted(by_value):
        blocks.append((float(sum(by_value[value])), float(len(by_value[value])), value))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            (a, n, _), (b, m, top) = blocks[-2], blocks[-1]
            blocks[-2:] = [(a + b, n + m, top)]
    found = next((block for block in blocks if raw <= block[2]), blocks[-1])
    return (found[0] + 1) / (found[1] + 2)


def _grouped(diagnoses: Sequence[Diagnosis], similar: Similar | None) -> list[_Group]:
    """The strongest first, so that what is weak joins it; a change joins what its service shows."""
    said = [
        (one, diagnosis.view)
        for diagnosis in diagnoses
        for one in diagnosis.hypotheses
        if math.isfinite(one.log_odds) and one.entity
    ]
    known = {one.entity for one, _ in said}
    groups: list[_Group] = []
    for one, view in sorted(said, key=lambda each: (each[1] == "changes", -each[0].log_odds, each[0].entity)):
        service = one.entity.rpartition("/")[0]
        whole = replace(one, entity=service) if service in known else one
        group = next((each for each in groups if each.takes(whole, similar)), None)
        if group is None:
            group = _Group(whole.entity, whole.fault)
            groups.append(group)
        if group.fault in _SYMPTOMS and whole.fault not in _SYMPTOMS:
            group.fault = whole.fault
        group.add(whole, view)
    return groups


def _shares(scores: Sequence[float], nothing: float) -> list[float]:
    """Each one's share among all of them and `nothing`, which is that none of them is it."""
    top = max((*scores, nothing), default=0.0)
    weights = [math.exp(score - top) for score in scores]
    total = sum(weights) + math.exp(nothing - top)
    return [weight / total for weight in weights]


def _cause(group: _Group, probability: float, no_change: float) -> RankedCause:
    strongest = max(group.members, key=lambda one: one.log_odds)
    changes = [one for one in group.members if one.change]
    best = max(changes, key=lambda one: one.log_odds) if changes else None
    change = best.change if best and best.log_odds > 0 and best.log_odds >= no_change else ""
    evidence = dict.fromkeys(id for one in sorted(group.members, key=lambda one: -one.log_odds) for id in one.evidence)
    return RankedCause(
        group.entity, group.fault, round(probability, 4), change, group.views, tuple(evidence)[:20], strongest.text
    )


def _independent(views: Sequence[DataView]) -> int:
    return sum(view != "model" for view in views)


def _decided(result: ConsensusResult, speaking: Sequence[Diagnosis]) -> ConsensusResult:
    why = _why_not(result)
    apart = _tells_apart(result.causes, {one.view for one in speaking}) if speaking else result.tells_apart
    return replace(result, act=not why, why_not=why, tells_apart=apart)


def _why_not(result: ConsensusResult) -> str:
    """The sentence why nothing may be fixed, "" where something may."""
    if not result.causes:
        return "The data shows no fault." if result.healthy else "No diagnoser could say anything."
    first, *others = result.causes
    if not first.verified and _independent(first.views) < LEAST_VIEWS:
        seen = listed(first.views) if first.views else "no view clearly"
        return f"Only {seen} of the data speaks for {code(first.entity)}; at least two have to agree."
    if first.probability < ACT_AT:
        return f"{code(first.entity)} is at {first.probability:.0%}, and {ACT_AT:.0%} is needed to act."
    if others and others[0].probability >= first.probability:
        return f"{code(first.entity)} and {code(others[0].entity)} are equally likely."
    return ""


_WOULD_SHOW: Mapping[DataView, str] = {
    "metrics": "metrics of {names}",
    "logs": "logs of {names}",
    "topology": "the calls between services",
    "changes": "the recent changes of {names}",
}


def _tells_apart(causes: Sequence[RankedCause], seen: set[DataView]) -> tuple[str, ...]:
    """What would separate the first two: views that were not there, or that see only one of them."""
    if len(causes) < 2 or causes[0].probability > 4 * causes[1].probability:
        return ()
    first, second = causes[0], causes[1]
    names = listed(tuple(dict.fromkeys((code(first.entity), code(second.entity)))))
    missing = [text.format(names=names) for view, text in _WOULD_SHOW.items() if view not in seen]
    said = [f"There was nothing to see of {each}; that would tell them apart." for each in missing]
    if first.change and not first.verified:
        said.append(f"Running the tests without {code(first.change[:12])} would show whether it is the cause.")
    return tuple(said[:3])
