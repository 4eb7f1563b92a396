"""Metrics that shifted beyond noise around the onset: of which service, of what kind, since when."""

from collections.abc import Sequence

from activities.diagnosers import Diagnoser
from activities.incident_signals import shift_texts as texts
from activities.incident_signals.entities import EntityStrength, odds, strengths
from activities.incident_signals.metric_kinds import RESOURCES, kind_of
from activities.incident_signals.shifts import ShiftReport, find_shifts
from activities.incidents.data import IncidentData, MetricSeries
from activities.incidents.types import Diagnosis, Evidence, Hypothesis
from activities.reporting.wording import plural

_HIGHEST = 3.0
_HIGHEST_OF_SYMPTOMS = 1.0
"""Where only latency and errors are measured, their size says less: who is slow may be waiting."""
_MOST_ENTITIES = 10
_MOST_OF_ONE = 3
_BUSIER = 2.0
_LOAD = 0.7


def diagnose(data: IncidentData) -> Diagnosis:
    """By the size of shifts where resources are measured; else by what is left beside the services that are called."""
    report = find_shifts(data.metrics, data.scope.onset)
    if report.problem:
        return Diagnosis("metrics", "metrics", abstained=report.problem)
    coverage = _coverage(report, data)
    if not report.shifts and not report.gone:
        looked = f"None of {report.series:,} series of {plural(len(report.services), 'service')} shifted beyond noise"
        evidence = (Evidence("metrics:1", "metrics", looked),)
        healthy = report.seen_after and (data.scope.service in report.services or not data.scope.service)
        return Diagnosis("metrics", "metrics", evidence=evidence, coverage=coverage, healthy=healthy)
    asked = kind_of(MetricSeries("", data.alert.name)).fault
    ranked = strengths(report, data.calls, data.scope.service, asked)
    has_resources = any(set(one.faults) & RESOURCES for one in ranked)
    rows = odds((one.strength for one in ranked), _HIGHEST if has_resources else _HIGHEST_OF_SYMPTOMS)
    hypotheses: list[Hypothesis] = []
    evidence_rows: list[Evidence] = []
    for entity, log_odds in list(zip(ranked, rows, strict=True))[:_MOST_ENTITIES]:
        own = _evidence(entity, len(evidence_rows))
        evidence_rows += own
        ids = tuple(one.id for one in own)
        fault = entity.faults[0] if entity.faults else "unknown"
        hypotheses.append(Hypothesis(entity.entity, fault, log_odds, ids, text=f"{own[0].text}." if own else ""))
    return Diagnosis(
        "metrics", "metrics", tuple(hypotheses), tuple(evidence_rows), coverage, no_change=_load(report, ranked)
    )


def _coverage(report: ShiftReport, data: IncidentData) -> float:
    """Half for the service of the alert, half for the share of all services that have data."""
    wanted = set(data.scope.services) or {data.scope.service}
    return 0.5 * (data.scope.service in report.services) + 0.5 * len(wanted & report.services) / len(wanted)


def _evidence(entity: EntityStrength, known: int) -> list[Evidence]:
    rows = [(texts.vanished(entity.entity, entity.gone), entity.gone)] if entity.gone else []
    rows += [(texts.shifted(one), one.at) for one in entity.best]
    return [
        Evidence(f"metrics:{known + place}", "metrics", text, at)
        for place, (text, at) in enumerate(rows[:_MOST_OF_ONE], start=1)
    ]


def _load(report: ShiftReport, ranked: Sequence[EntityStrength]) -> float | None:
    """Where the service that shifted most had far more calls than usual from the beginning on, no change is needed to
    explain it."""
    of_first = [one for one in report.shifts if ranked and one.series.service == ranked[0].entity]
    busier = [
        one for one in of_first
        if one.kind.fault == "traffic" and one.before > 0 and one.after >= _BUSIER * one.before
    ]  # fmt: skip
    earliest = min((one.at for one in report.shifts if one.is_worse), default=0.0)
    return _LOAD if any(one.at <= earliest + 60.0 for one in busier) else None


diagnoser = Diagnoser("metrics", "metrics", diagnose)
