"""What was changed before the onset: how recently, where, how risky, and whether it touches the place of a new error.

A change is suspect by how unlikely it is that one happens so shortly before the onset by chance: in a repository that
is deployed every ten minutes, five minutes say nothing. All causes compete with "no change did this".
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from activities.diagnosers import Diagnoser
from activities.incident_changes.frames import Touch, touched_frame
from activities.incident_changes.kinds import (
    PathKind,
    is_brought_back,
    is_harmless,
    is_revert,
    kinds_of,
    names_flag,
    taken_back,
)
from activities.incidents.data import IncidentData
from activities.incidents.types import Diagnosis, Evidence, FaultClass, Hypothesis, RecentChange, StackFrame
from activities.reporting.markdown import code, one_line
from activities.reporting.wording import plural

NO_DATA: Final = "It is not known what was changed before the onset."
WINDOW_S: Final = 72 * 3600.0
_SKEW_S = 60.0
"""Clocks differ by so much; the times of changes that are nearer to each other say nothing."""
_CHANCE = 0.012
"""A change that is as near to the onset as one in so many is by chance is as likely to have brought it as not."""
_HARMLESS = -7.0
_CI_ONLY = -4.0
_NOT_TOUCHED = -1.0
_TOUCH: Mapping[Touch, float] = {"": 0.0, "file": 1.2, "lines": 4.2}
_RISK: Mapping[PathKind, float] = {"migration": 0.5, "flag": 0.4, "dependency": 0.3, "configuration": 0.3}
_BROUGHT_BACK = 0.6
_REVERT = -0.4
_TAKEN_BACK = -4.0
_FLAG = 0.3
_LARGE, _LARGE_LINES = 0.3, 300
_TINY, _TINY_LINES = -0.3, 5
_ELSEWHERE = -1.5
_NEIGHBOUR = -0.7
_RELEASE_ONLY = -4.0
_NOTHING_NEW = -1.0
"""A deployment that brought no commit: what was deployed is what had been."""
_LIMIT = 6.0


@dataclass(frozen=True)
class SuspectChange:
    """A change with what speaks for it beside its time: `score` in log-odds."""

    change: RecentChange
    score: float
    touch: Touch = ""
    frame: StackFrame | None = None


def diagnose(data: IncidentData) -> Diagnosis:
    """Each change that was there at the onset as a hypothesis, and `no_change`."""
    if data.changes is None:
        return Diagnosis("changes", "changes", abstained=data.problems.get("changes", "") or NO_DATA)
    onset = data.scope.onset
    there = [one for one in data.changes if onset - WINDOW_S <= one.at <= onset + _SKEW_S]
    suspects = [_suspect(data, one) for one in _without_carriers(there)]
    suspects = [_less_if_taken_back(one, there, onset) for one in suspects]
    weights = _weights(suspects, onset)
    total = 1.0 + sum(weights)
    ranked = sorted(zip(suspects, weights, strict=True), key=lambda each: (-each[1], -each[0].change.at))
    evidence = [e for number, (one, _) in enumerate(ranked) for e in _evidence(number, one, data)]
    hypotheses = tuple(
        _hypothesis(number, one, _log_odds(weight / total), data) for number, (one, weight) in enumerate(ranked)
    )
    coverage = 0.5 if data.problems.get("changes") else 1.0
    no_change = _log_odds(1.0 / total)
    return Diagnosis("changes", "changes", hypotheses, tuple(evidence), coverage, no_change=no_change)


def _without_carriers(changes: Sequence[RecentChange]) -> list[RecentChange]:
    """Without deployments whose commits are listed themselves: those brought nothing else."""
    carried = {one.deployment for one in changes if one.deployment}
    return [one for one in changes if one.id not in carried]


def _suspect(data: IncidentData, change: RecentChange) -> SuspectChange:
    if change.only_remarks or is_harmless(change.paths):
        return SuspectChange(change, _HARMLESS)
    kinds, lines = kinds_of(change.paths), change.additions + change.deletions
    score = max((_RISK.get(kind, 0.0) for kind in kinds), default=0.0)
    if kinds and kinds <= {"ci", "documentation", "test"}:
        score += _CI_ONLY
    if is_brought_back(change.title):
        score += _BROUGHT_BACK
    elif is_revert(change.title):
        score += _REVERT
    elif names_flag(change.title):
        score += _FLAG
    if lines >= _LARGE_LINES:
        score += _LARGE
    elif lines and lines <= _TINY_LINES and kinds == {"code"}:
        score += _TINY
    if change.sort == "release":
        score += _RELEASE_ONLY
    elif change.sort == "deployment" and not change.paths:
        score += _NOTHING_NEW
    if change.service and change.service != data.scope.service:
        score += _NEIGHBOUR if change.service in data.scope.services else 2 * _ELSEWHERE
    elif not change.service:
        score += _ELSEWHERE
    touch, frame = touched_frame(data.frames, change.paths, change.hunks)
    if data.frames and change.paths and not touch:
        score += _NOT_TOUCHED * (0.3 if kinds & {"configuration", "dependency", "flag", "migration"} else 1.0)
    return SuspectChange(change, score + _TOUCH[touch], touch, frame)


def _less_if_taken_back(one: SuspectChange, changes: Sequence[RecentChange], onset: float) -> SuspectChange:
    """What was reverted before the onset hardly brought it; a revert after it says nothing."""
    back = (
        each for each in changes
        if each.repository == one.change.repository and one.change.at <= each.at <= onset and each.id != one.change.id
    )  # fmt: skip
    if one.change.title and any(taken_back(each.title) == one.change.title.strip() for each in back):
        return replace(one, score=min(one.score, 0.0) + _TAKEN_BACK)
    return one


def _weights(suspects: Sequence[SuspectChange], onset: float) -> list[float]:
    """How much likelier each is than "no change did this"."""
    risky = [one for one in suspects if not (one.change.only_remarks or is_harmless(one.change.paths))]
    moments = {_moment(one.change) for one in risky}
    together = {
        moment: sum(math.exp(one.score) for one in risky if _moment(one.change) == moment) for moment in moments
    }
    of_file: dict[str, int] = {}
    for one in risky:
        if one.touch and one.frame:
            of_file[one.frame.path] = of_file.get(one.frame.path, 0) + 1
    weights = []
    for one in suspects:
        gap = max(onset - one.change.at, _SKEW_S)
        chance = -math.expm1(-max(len(moments), 1) * gap / WINDOW_S)
        # Those of one deployment have one time: it speaks for one of them, not for each.
        share = math.exp(one.score) / max(together.get(_moment(one.change), 0.0), math.exp(one.score))
        common = of_file.get(one.frame.path, 1) if one.frame and one.touch == "file" else 1
        weights.append(_CHANCE / chance * math.exp(one.score) * share / common)
    return weights


def _moment(change: RecentChange) -> object:
    return change.deployment or (round(change.at / _SKEW_S), change.repository)


def _log_odds(share: float) -> float:
    share = min(max(share, 1e-9), 1 - 1e-9)
    return min(max(math.log(share / (1 - share)), -_LIMIT), _LIMIT)


def _hypothesis(number: int, one: SuspectChange, log_odds: float, data: IncidentData) -> Hypothesis:
    change = one.change
    ids = (f"changes:{number}", *((f"changes:{number}:frame",) if one.frame else ()))
    entity, text = change.service or data.scope.service, f"{_named(change)}."
    return Hypothesis(entity, fault_of(change), log_odds, ids, change.id, text)


def fault_of(change: RecentChange) -> FaultClass:
    """What kind of fault a change would bring: that of its code, unless it has none."""
    kinds = kinds_of(change.paths)
    if "code" in kinds or "migration" in kinds:
        return "code"
    if "dependency" in kinds:
        return "dependency"
    if kinds & {"configuration", "flag"}:
        return "configuration"
    return "unknown"


def _evidence(number: int, one: SuspectChange, data: IncidentData) -> list[Evidence]:
    change = one.change
    text = f"{_named(change)} {_way(change)} {_ago(data.scope.onset - change.at)}."
    if change.paths:
        text += f" It changes {plural(len(change.paths), 'file')}."
    found = [Evidence(f"changes:{number}", "changes", text, change.at, change.url)]
    if one.frame:
        place = code(f"{one.frame.path}:{one.frame.line}" if one.frame.line else one.frame.path)
        what = "the lines" if one.touch == "lines" else "the file"
        said = f"{_named(change)} changes {what} of {place}, where a new error comes from."
        found.append(Evidence(f"changes:{number}:frame", "changes", said, change.at, change.url))
    return found


def _named(change: RecentChange) -> str:
    name = f"#{change.pull}" if change.pull else code(change.sha[:8] if change.sha else change.id)
    return f"{name} ({code(one_line(change.title, 80))})" if change.title else name


def _way(change: RecentChange) -> str:
    if change.deployment or change.sort == "deployment":
        return "was deployed"
    return {"merge": "was merged", "release": "was released"}.get(change.sort, "was committed")


def _ago(seconds: float) -> str:
    minutes = max(round(seconds / 60), 0)
    if minutes < 1:
        return "in the minute of the onset"
    if minutes < 120:
        return f"{plural(minutes, 'minute')} before the onset"
    return f"{plural(round(minutes / 60), 'hour')} before the onset"


diagnoser = Diagnoser("changes", "changes", diagnose, after_logs=True)
