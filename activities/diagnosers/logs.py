"""What the log lines say: errors that are new or more frequent since the onset, where in the code they come from, and
which service was first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from activities.diagnosers import Diagnoser
from activities.incident_logs.faults import complained_of, fault_of, speaks_of_others
from activities.incident_logs.frames import commonest_frames, frames_in
from activities.incident_logs.sentences import clock, quoted, shift_sentence
from activities.incident_logs.shifts import EVERY_FAULT, LogShifts, ServiceCounts, TemplateShift, log_shifts
from activities.incidents.data import IncidentData
from activities.incidents.types import Diagnosis, Evidence, FaultClass, Hypothesis, StackFrame

if TYPE_CHECKING:
    import polars as pl

_MOST_SHIFTS: Final = 8
_MOST_SAMPLES: Final = 200
_STRONGEST: Final = 2.5
_SILENT_AFTER: Final = 30
_VICTIM: Final = 0.5
"""A service that gets bad answers is more likely a victim, also where it does not say whose."""


@dataclass(frozen=True)
class _Findings:
    """What was found of one service. `blames` is the service that its errors call out of reach."""

    service: str
    shifts: tuple[TemplateShift, ...]
    fault: FaultClass = "errors"
    blames: str = ""
    frames: tuple[StackFrame, ...] = ()
    first: float = 0.0
    silent: int = 0
    log_odds: float = 0.0


def _diagnose(data: IncidentData) -> Diagnosis:
    if data.logs is None or not len(data.logs.lines):
        why = data.problems.get("logs", "")
        return _abstained(why or "There are no log lines of this time.")
    if not data.logs.lines["time"].count():
        return _abstained("No log line has a time, so nothing says which of them are new.")
    found = log_shifts(data.logs.lines, data.scope)
    if not sum(one.before for one in found.counts):
        return _abstained("There are no log lines from before the onset, so nothing says which of them are new.")
    if not sum(one.after for one in found.counts):
        return _abstained("There are no log lines from after the onset.")
    return _judged(data, found)


def _abstained(reason: str) -> Diagnosis:
    return Diagnosis("logs", "logs", abstained=reason)


def _judged(data: IncidentData, found: LogShifts) -> Diagnosis:
    services = list(dict.fromkeys([data.scope.service, *data.scope.services]))
    known = {*services, *(one.service for one in found.counts)}
    findings = {one.service: _findings_of(one, found, known) for one in found.counts}
    findings = {name: one for name, one in findings.items() if one.log_odds or one.shifts}
    texts, ids = _evidence(findings)
    judged = {one.service for one in found.counts if one.before and (one.after or one.service in findings)}
    frames = _joined(one.frames for one in sorted(findings.values(), key=lambda one: -one.log_odds) if not one.blames)
    coverage = len(judged & {*services}) / max(1, len(services)) if services else 1.0
    hypotheses = sorted(_hypotheses(findings, ids), key=lambda one: -one.log_odds)
    return Diagnosis(
        "logs", "logs", tuple(hypotheses), tuple(texts), round(coverage, 2),
        healthy=not hypotheses and bool(judged), frames=frames,
    )  # fmt: skip


def _joined(frames: Iterable[tuple[StackFrame, ...]]) -> tuple[StackFrame, ...]:
    return tuple(dict.fromkeys(frame for each in frames for frame in each))[:20]


def _findings_of(counts: ServiceCounts, found: LogShifts, known: Iterable[str]) -> _Findings:
    import polars as pl

    own = tuple(one for one in found.shifts if one.service == counts.service)
    faults = [one for one in own if one.weight != "behaviour"]
    if not faults:
        return _quiet(counts, own)
    late = found.lines.filter((pl.col("service") == counts.service) & pl.col("late"))
    samples = {one.template: _samples(late, one.template) for one in faults[:_MOST_SHIFTS]}
    every = [text for texts in samples.values() for text in texts]
    worst = max(
        faults[:_MOST_SHIFTS],
        key=lambda one: (one.weight == "certain", bool(frames_in("".join(samples[one.template][:1]))), one.score),
    )
    frames = commonest_frames(every)
    fault = fault_of(" ".join(samples[worst.template][:3]), bool(frames))
    blames = "" if worst.weight == "certain" else complained_of(every, counts.service, known)
    return _Findings(
        counts.service, own, fault, blames, frames, min(one.first for one in faults),
        log_odds=_log_odds(faults, bool(frames), counts) - (_VICTIM if speaks_of_others(every) else 0),
    )  # fmt: skip


def _samples(late: "pl.DataFrame", template: int) -> list[str]:
    every = template == EVERY_FAULT
    chosen = late["level"].is_in(["error", "critical", "warning"]) if every else late["template"] == template
    texts: list[str] = late.filter(chosen)["text"].head(_MOST_SAMPLES).to_list()
    return texts


def _quiet(counts: ServiceCounts, own: tuple[TemplateShift, ...]) -> _Findings:
    """A service that speaks of no fault: it behaves otherwise, or says nothing any more."""
    if counts.before >= _SILENT_AFTER and not counts.after:
        return _Findings(counts.service, (), "unknown", silent=counts.before, log_odds=0.8)
    if own:
        return _Findings(counts.service, own, "unknown", first=min(one.first for one in own), log_odds=0.2)
    return _Findings(counts.service, ())


def _log_odds(faults: list[TemplateShift], has_frames: bool, counts: ServiceCounts) -> float:
    """Grows with how far beyond chance the clearest shift is; a warning is worth half, a log that begins with the onset
    as well."""
    strongest = max(faults, key=lambda one: one.score * (0.5 if one.weight == "warning" else 1))
    points = 0.5 + min(1.2, max(0.0, strongest.score - 3) / 8)
    points += 0.3 * any(one.sort == "new" for one in faults) + 0.3 * has_frames
    points += 0.5 * any(one.weight == "certain" for one in faults)
    if strongest.weight == "warning" or not counts.before:
        points /= 2
    return min(_STRONGEST, points)


def _hypotheses(findings: Mapping[str, _Findings], ids: Mapping[str, tuple[str, ...]]) -> Iterable[Hypothesis]:
    """Who complains of another is a victim of that one, unless nothing else speaks against the other."""
    faulty = [one for one in findings.values() if one.log_odds > 0.2 and not one.silent]
    earliest = min((one.first for one in faulty), default=0.0)
    odds = {one.service: one.log_odds for one in findings.values()}
    evidence = {name: ids.get(name, ()) for name in findings}
    faults = {name: one.fault for name, one in findings.items()}
    for one in faulty:
        if len(faulty) > 1 and one.first <= earliest + 5:
            odds[one.service] += 0.3
    for one in faulty:
        if one.blames:
            odds[one.blames] = max(odds.get(one.blames, 0), 0.75 * one.log_odds) + 0.4
            odds[one.service] -= 1.5
            evidence[one.blames] = (*evidence.get(one.blames, ()), *evidence[one.service][:2])
            faults.setdefault(one.blames, "latency" if one.fault == "latency" else "errors")
    for name, value in odds.items():
        if value > -1:
            yield Hypothesis(
                name, faults[name], round(min(_STRONGEST, value), 2), evidence[name][:6], text=_summary(name, findings)
            )


def _summary(name: str, findings: Mapping[str, _Findings]) -> str:
    one = findings.get(name)
    callers = [f"`{other.service}`" for other in findings.values() if other.blames == name]
    if callers and (one is None or not one.log_odds):
        return f"{' and '.join(callers[:3])} cannot reach `{name}`."
    if one and one.silent:
        return f"`{name}` has logged nothing since the onset."
    if one and one.frames:
        place = one.frames[0]
        return f"`{name}` logs new errors from {quoted(place.path)}, line {place.line}."
    how = "otherwise than before" if one and one.fault == "unknown" else "more errors since"
    return f"`{name}` logs {how} the onset."


def _evidence(findings: Mapping[str, _Findings]) -> tuple[list[Evidence], dict[str, tuple[str, ...]]]:
    """The sentences, and which of them are of which service."""
    found: list[Evidence] = []
    ids: dict[str, tuple[str, ...]] = {}
    first = min((one.first for one in findings.values() if one.first and one.fault != "unknown"), default=0.0)

    def add(service: str, text: str, at: float = 0.0) -> None:
        found.append(Evidence(f"logs:{len(found) + 1}", "logs", text, at))
        ids[service] = (*ids.get(service, ()), found[-1].id)

    for one in sorted(findings.values(), key=lambda each: -each.log_odds):
        if one.silent:
            add(one.service, f"`{one.service}` logged {one.silent} lines before the onset and none since.")
        for shift in one.shifts[:_MOST_SHIFTS]:
            add(one.service, shift_sentence(shift), shift.first)
        if one.frames:
            place = one.frames[0]
            where = f"{quoted(place.path)}, line {place.line}" + (
                f", in {quoted(place.function)}" if place.function else ""
            )
            add(one.service, f"The new errors of `{one.service}` come from {where}.", one.first)
        if first and one.first == first:
            add(one.service, f"The first of the new errors is of `{one.service}`, at {clock(first)}.", first)
    return found, ids


DIAGNOSER = Diagnoser("logs", "logs", _diagnose)
