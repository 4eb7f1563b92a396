"""What several diagnosers say together: ranked causes with a probability that can be believed. Pure.

Agreement is evidence only between different views of the data, so diagnosers of one view are one voice. Log-odds of
views add up, each with the weight that it earned on generated faults (`benchmarks/incidents`); a view that has data and
does not name a service speaks against it. A table says how sure few views may be, until enough outcomes of this
installation are known.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final, TypeGuard

from activities.incidents.types import (
    VIEWS,
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
_MOST_SUSPECTS = 5

_LEAST_OUTCOMES = 30
_LEAST_TOGETHER = 5
_STRONGEST_VIEW = 4.0
_STRONGEST_MODEL = 1.0
_SUPPORTS = 0.5
_WEIGHTS: Mapping[DataView, float] = {"metrics": 0.8, "topology": 1.0, "logs": 2.0, "changes": 1.2, "model": 1.0}
_SILENT: Mapping[DataView, float] = {"metrics": -2.5, "topology": -1.0, "logs": -1.0}
"""What it says of a service that a view has data and names others, or nobody. Not of changes: most faults have none."""
_NOTHING = -1.5
"""An alert was raised, so it is unlikely that none of those that are named is the cause."""
_HEALTHY = 0.5
CHANGE_SHOWN: Final = 1.5
"""Below these log-odds a change is named as a suspect, and nothing is fixed before it is verified."""
_RESOURCES: Final = frozenset(("cpu", "memory", "disk", "network"))
_SYMPTOMS: Final = frozenset(("unknown", "errors", "latency", "traffic"))
_CAPS: Final = (0.0, 0.35, 0.70, 0.90)
_VERIFIED: Final = 0.90
_CERTAIN: Final = 0.97

Similar = Callable[[str, str], float]
"""How alike two hypotheses' texts are, 0 to 1."""


@dataclass(frozen=True)
class Calibration:
    """The outcomes of this installation: `RankedCause.raw` of the first cause, and whether it was right."""

    outcomes: tuple[tuple[float, bool], ...] = ()

    def __call__(self, raws: Sequence[float], views: Sequence[int]) -> list[float]:
        """The probabilities that may be said of competing causes, each with so many independent views; together at most
        1. Outcomes are of first causes, so they say how sure the first one is, and the others share the rest."""
        if len(self.outcomes) < _LEAST_OUTCOMES or not raws:
            return [min(raw, _CAPS[min(many, len(_CAPS) - 1)]) for raw, many in zip(raws, views, strict=True)]
        first = max(range(len(raws)), key=lambda at: raws[at])
        sure = min(isotonic(self.outcomes, raws[first]), _CERTAIN)
        scale = min(1.0, (1 - sure) / max(1 - raws[first], 1e-9))
        return [sure if at == first else min(raw * scale, sure) for at, raw in enumerate(raws)]


@dataclass
class _Group:
    """Hypotheses that say the same. `odds` is the strongest of each view; of models, their mean."""

    entity: str
    fault: FaultClass
    odds: dict[DataView, float] = field(default_factory=dict)
    members: list[Hypothesis] = field(default_factory=list)
    symptoms_only: bool = True

    def add(self, one: Hypothesis, view: DataView, voters: int) -> None:
        """`voters`: how many diagnosers of this view said anything."""
        if view == "model":
            # Below `CHANGE_SHOWN`: a model may suspect a change, and not show it to be guilty.
            limited = min(max(one.log_odds, -_STRONGEST_MODEL), _STRONGEST_MODEL)
            self.members.append(replace(one, log_odds=limited))
            self.odds[view] = self.odds.get(view, 0.0) + limited / voters
            return
        self.members.append(one)
        # That a service's changes are innocent says nothing against the service.
        least = 0.0 if view == "changes" else -_STRONGEST_VIEW
        self.odds[view] = max(self.odds.get(view, least), min(one.log_odds, _STRONGEST_VIEW))
        if view == "metrics" and one.log_odds >= _SUPPORTS and one.fault not in _SYMPTOMS:
            self.symptoms_only = False

    def takes(self, one: Hypothesis, similar: Similar | None) -> bool:
        """The same entity, and no two resources that exclude each other."""
        if similar and any(similar(one.text, other.text) > 0.8 for other in self.members if one.text and other.text):
            return True
        mine, its = {self.fault} & _RESOURCES, {one.fault} & _RESOURCES
        return self.entity == one.entity and not (mine and its and mine != its)

    @property
    def shows_fault(self) -> bool:
        """Whether what was measured speaks for it: a change alone is no fault."""
        return any(odds > 0 for view, odds in self.odds.items() if view not in ("changes", "model"))

    def score(self, silent: Iterable[DataView]) -> float:
        """`silent`: the views that have data, and do not name its entity."""
        named = sum(_WEIGHTS[view] * odds for view, odds in self.odds.items())
        return named + sum(_SILENT.get(view, 0.0) for view in silent)

    @property
    def views(self) -> tuple[DataView, ...]:
        """Those that speak for it; models are one more, that counts for nothing alone."""
        return tuple(sorted(view for view, odds in self.odds.items() if odds >= _SUPPORTS))

    def independent(self, derived: Collection[DataView]) -> int:
        """How many views speak for it that are data of their own. Calls without numbers of their own are judged by the
        latency and errors of the metrics: of these, both see the same."""
        views = {view for view in self.views if view != "model"}
        same = "topology" in derived and {"topology", "metrics"} <= views and self.symptoms_only
        return len(views) - same


def consensus(
    diagnoses: Sequence[Diagnosis], calibration: Calibration | None = None, similar: Similar | None = None
) -> ConsensusResult:
    """The causes that the diagnoses name, the likeliest first, and whether one of them may be acted on."""
    calibration = calibration or Calibration()
    speaking = [one for one in diagnoses if not one.abstained]
    groups = _grouped(speaking, similar)
    healthy = {one.view for one in speaking if one.healthy}
    shares = _shares(
        [each.score(_silent(each, groups, speaking)) for each in groups], _NOTHING + _HEALTHY * len(healthy)
    )
    no_change = max((one.no_change for one in speaking if _is_finite(one.no_change)), default=0.0)
    derived = {one.view for one in speaking if one.based_on}
    views = [each.independent(derived) for each in groups]
    believed = zip(groups, shares, calibration(shares, views), views, strict=True)
    causes = [_cause(group, raw, sure, many, no_change) for group, raw, sure, many in believed]
    causes.sort(key=lambda one: (-one.probability, -one.raw, one.entity, one.fault))
    result = ConsensusResult(
        tuple(causes[:MOST_CAUSES]),
        no_change=round(no_change, 3),
        healthy=bool(healthy) and not any(group.shows_fault for group in groups),
        abstained={one.agent: one.abstained for one in diagnoses if one.abstained},
    )
    return _decided(result, {one.view for one in speaking})


def verified(result: ConsensusResult, change: str, how: str) -> ConsensusResult:
    """The same where a change was shown to be the cause: it comes first, and may be acted on. A change that belongs to
    none of the causes, such as one of another service's repository, changes nothing."""
    found = next((one for one in result.causes if one.change == change), None)
    found = found or next((one for one in result.causes if change in one.suspects), None)
    if found is None:
        return result
    certain = max(found.probability, _VERIFIED)
    others = [one for one in result.causes if one is not found]
    total = sum(one.probability for one in others)
    scale = min(1.0, (1 - certain) / total) if total else 1.0
    first = replace(found, change=change, verified=how, probability=round(certain, 4))
    rest = tuple(replace(one, probability=round(one.probability * scale, 4)) for one in others)
    return _decided(replace(result, causes=(first, *rest)), VIEWS)


@dataclass(frozen=True)
class _Block:
    """Outcomes that are next to each other: how many were right, how many there are, the sum of their raw values."""

    right: float
    count: float
    raw: float
    top: float

    @property
    def share(self) -> float:
        """Drawn towards one half by one imagined outcome of each kind."""
        return (self.right + 1) / (self.count + 2)

    @property
    def middle(self) -> float:
        return self.raw / self.count

    def joined(self, other: "_Block") -> "_Block":
        return _Block(self.right + other.right, self.count + other.count, self.raw + other.raw, other.top)


def isotonic(outcomes: Sequence[tuple[float, bool]], raw: float) -> float:
    """The share of right ones at `raw`, by the monotone fit that is nearest (pool adjacent violators), with
    straight lines between the middles of its blocks, from 0 at 0. It starts from tenths of the outcomes: one alone says
    little."""
    least = max(_LEAST_TOGETHER, len(outcomes) // 10)
    blocks: list[_Block] = []
    for value, right in sorted(outcomes):
        one = _Block(float(right), 1.0, value, value)
        if blocks and (blocks[-1].count < least or blocks[-1].top == value):
            blocks[-1] = blocks[-1].joined(one)
        else:
            blocks.append(one)
    rising: list[_Block] = []
    for block in blocks:
        rising.append(block)
        while len(rising) > 1 and rising[-2].share >= rising[-1].share:
            rising[-2:] = [rising[-2].joined(rising[-1])]
    points = [(0.0, 0.0), *((block.middle, block.share) for block in rising)]
    for (left, low), (right_end, high) in pairwise(points):
        if raw < right_end:
            return low + (high - low) * max(raw - left, 0.0) / (right_end - left)
    return points[-1][1]


def _is_finite(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _grouped(diagnoses: Sequence[Diagnosis], similar: Similar | None) -> list[_Group]:
    """The strongest first, so that what is weak joins it; a change joins what its service shows."""
    said = [
        (one, diagnosis.view)
        for diagnosis in diagnoses
        for one in diagnosis.hypotheses
        if math.isfinite(one.log_odds) and one.entity
    ]
    voters = Counter(diagnosis.view for diagnosis in diagnoses)
    known = {one.entity for one, _ in said}
    groups: list[_Group] = []
    for one, view in sorted(said, key=_strongest_first):
        service = one.entity.rpartition("/")[0]
        whole = replace(one, entity=service) if service in known else one
        group = next((each for each in groups if each.takes(whole, similar)), None)
        if group is None:
            group = _Group(whole.entity, whole.fault)
            groups.append(group)
        if group.fault in _SYMPTOMS and whole.fault not in _SYMPTOMS and whole.log_odds > 0:
            group.fault = whole.fault
        group.add(whole, view, voters[view])
    return groups


def _strongest_first(said: tuple[Hypothesis, DataView]) -> tuple[object, ...]:
    """Changes last. Whole, so that the order in which diagnosers answered decides nothing."""
    one, view = said
    return (view == "changes", -one.log_odds, one.entity, one.fault, view, one.change, one.text, one.evidence)


def _silent(group: _Group, groups: Sequence[_Group], speaking: Sequence[Diagnosis]) -> set[DataView]:
    """The views that had something to look at, and say nothing of this entity, not even with another fault."""
    named = {view for each in groups if each.entity == group.entity for view in each.odds}
    return {one.view for one in speaking if one.hypotheses or one.healthy} - named


def _shares(scores: Sequence[float], nothing: float) -> list[float]:
    """Each one's share among all of them and `nothing`, which is that none of them is it."""
    top = max((*scores, nothing), default=0.0)
    weights = [math.exp(score - top) for score in scores]
    total = sum(weights) + math.exp(nothing - top)
    return [weight / total for weight in weights]


def _cause(group: _Group, raw: float, sure: float, independent: int, no_change: float) -> RankedCause:
    ranked = sorted(group.members, key=lambda one: -one.log_odds)
    changes = {one.change: one.log_odds for one in reversed(ranked) if one.change}
    change, odds = max(changes.items(), key=lambda each: each[1], default=("", 0.0))
    if odds <= 0 or odds < no_change:
        change, odds = "", 0.0
    evidence = tuple(dict.fromkeys(id for one in ranked for id in one.evidence))[:20]
    suspects = tuple(sorted(changes, key=lambda each: -changes[each]))[:_MOST_SUSPECTS]
    return RankedCause(
        group.entity, group.fault, round(sure, 4), change, group.views, evidence, ranked[0].text, raw=round(raw, 4),
        independent=independent, change_odds=round(odds, 2), suspects=suspects,
    )  # fmt: skip


def _decided(result: ConsensusResult, seen: Collection[DataView]) -> ConsensusResult:
    why = _why_not(result)
    return replace(result, act=not why, why_not=why, tells_apart=_tells_apart(result.causes, seen))


def _why_not(result: ConsensusResult) -> str:
    """The sentence why nothing may be fixed, "" where something may."""
    if result.healthy or not result.causes:
        return "The data shows no fault." if result.healthy else "No diagnoser could say anything."
    first, *others = result.causes
    if not first.verified and first.independent < LEAST_VIEWS:
        seen = listed(first.views) if first.views else "nothing clear"
        same = ", two of them from the same numbers" if len(_of_data(first.views)) > first.independent else ""
        what = f"What speaks for {code(first.entity)}: {seen}{same}."
        return f"{what} Two kinds of data of their own have to agree before anything is changed."
    if first.probability < ACT_AT:
        return f"{code(first.entity)} is at {first.probability:.0%}, and {ACT_AT:.0%} is needed to act."
    if others and others[0].probability >= first.probability:
        return f"{code(first.entity)} and {code(others[0].entity)} are equally likely."
    if first.change and not first.verified and first.change_odds < CHANGE_SHOWN:
        return f"Nothing shows yet that {code(first.change[:12])} brought it: it is only near in time."
    return ""


def _of_data(views: Iterable[DataView]) -> list[DataView]:
    return [view for view in views if view != "model"]


_WOULD_SHOW: Mapping[DataView, str] = {
    "metrics": "metrics of {names}",
    "logs": "logs of {names}",
    "topology": "the calls between services",
    "changes": "the recent changes of {names}",
}


def _tells_apart(causes: Sequence[RankedCause], seen: Collection[DataView]) -> tuple[str, ...]:
    """What would separate the first two: views that were not there, that see only one of them, or a test."""
    if len(causes) < 2 or causes[0].raw > 4 * causes[1].raw or causes[0].verified:
        return ()
    first, second = causes[0], causes[1]
    names = listed(tuple(dict.fromkeys((code(first.entity), code(second.entity)))))
    missing = [text.format(names=names) for view, text in _WOULD_SHOW.items() if view not in seen]
    said = [f"There was nothing to see of {each}; that would tell them apart." for each in missing]
    for one, other in ((first, second), (second, first)):
        only = [view for view in _of_data(one.views) if view in ("metrics", "logs") and view not in other.views]
        said += [
            f"Only the {view} of {code(one.entity)} speak of a fault; look at those of {code(other.entity)}."
            for view in only
        ]
    if first.change:
        said.insert(1, f"Running the tests without {code(first.change[:12])} would show whether it is the cause.")
    return tuple(said[:3])
