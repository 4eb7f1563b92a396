"""Which service is slower or fails more than those that it calls, by the calls between services."""

import math
from collections.abc import Iterator, Mapping

from activities.diagnosers import Diagnoser
from activities.incident_signals import shift_texts as texts
from activities.incident_signals.entities import odds
from activities.incident_signals.metric_kinds import kind_of
from activities.incident_signals.residuals import NodeResidual, residuals
from activities.incident_signals.shifts import ShiftReport, find_shifts
from activities.incidents.data import IncidentData, MetricSeries
from activities.incidents.types import DataView, Diagnosis, Evidence, Hypothesis
from activities.reporting.markdown import code
from activities.reporting.wording import listed, plural

_HIGHEST = 2.5
_MOST = 8
_NO_GRAPH = "It is not known which services call each other: name them under `calls` in the file of services."
_NO_NUMBERS = "Neither metrics nor traces say how the services were before and after the onset."
_NO_ANOMALY = "No service's latency or errors rose beyond noise."


def diagnose(data: IncidentData) -> Diagnosis:
    """By the residual of each service: its own anomaly without that of the worst service that it calls."""
    if data.calls is None or not data.calls.edges:
        return Diagnosis("topology", "topology", abstained=_NO_GRAPH)
    report = find_shifts(data.metrics, data.scope.onset)
    traced = any(edge.client_ms or edge.server_ms or edge.errors for edge in data.calls.edges)
    if report.problem and not traced:
        return Diagnosis("topology", "topology", abstained=f"{_NO_NUMBERS} {report.problem}")
    asked = kind_of(MetricSeries("", data.alert.name)).fault
    found = [
        one for one in residuals(data.calls, report, data.scope.service, asked)
        if one.strength > 0 or one.own > 0
    ]  # fmt: skip
    coverage = _coverage(data, report)
    if not found:
        return Diagnosis("topology", "topology", abstained=_NO_ANOMALY, coverage=coverage)
    hypotheses: list[Hypothesis] = []
    evidence: list[Evidence] = []
    for one, log_odds in list(zip(found, odds((one.strength for one in found), _HIGHEST), strict=True))[:_MOST]:
        own = [
            Evidence(f"topology:{number}", "topology", text, at)
            for number, (text, at) in enumerate(_sentences(one, dict(report.gone)), start=len(evidence) + 1)
        ]
        evidence += own
        ids = tuple(each.id for each in own)
        hypotheses.append(Hypothesis(one.entity, one.fault, log_odds, ids, text=f"{own[0].text}." if own else ""))
    based_on: tuple[DataView, ...] = () if traced else ("metrics",)
    return Diagnosis("topology", "topology", tuple(hypotheses), tuple(evidence), coverage, based_on=based_on)


def _coverage(data: IncidentData, report: ShiftReport) -> float:
    """The share of the services of the graph of which something was measured."""
    edges = data.calls.edges if data.calls else ()
    named = {name for edge in edges for name in (edge.caller, edge.callee)}
    traced = {edge.callee for edge in edges if edge.server_ms or edge.errors}
    return len(named & (report.services | traced)) / max(len(named), 1)


def _sentences(one: NodeResidual, gone: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Each with the time of it, 0 where it has none."""
    name = code(one.entity, 60)
    if one.entity in gone:
        yield texts.vanished(one.entity, gone[one.entity]), gone[one.entity]
    if one.gaps:
        yield _waits(one), 0.0
    if one.own:
        yield _compared(one, name), one.shift.at if one.shift else 0.0
    if one.edge:
        yield _on_edge(one), 0.0
    if one.affected:
        count = plural(len(one.affected), "service calls", "services call")
        yield (
            f"{count} {name}, directly or not, and are affected: {listed([code(each, 60) for each in one.affected])}",
            0.0,
        )


def _compared(one: NodeResidual, name: str) -> str:
    size = texts.times(one.shift.effect if one.shift else math.expm1(one.own))
    if one.worst:
        return f"{name} is worse than usual ({size} its usual spread), and so is {code(one.worst, 60)}, which it calls"
    closing = ", and calls no service that is known" if not one.callees else (
        f", and none of the {plural(one.callees, 'service')} that it calls is"
    )  # fmt: skip
    return f"{name} is slower or fails more than usual ({size} its usual spread){closing}"


def _on_edge(one: NodeResidual) -> str:
    edge = one.edge
    assert edge is not None
    who = f"Calls of {code(edge.edge.caller, 60)} to {code(edge.edge.callee, 60)}"
    if edge.fault == "errors":
        return f"{who} fail more often: {edge.before:.1%} before, {edge.after:.1%} after"
    return f"{who} take {texts.number(edge.after)} ms there, {texts.number(edge.before)} ms before"


def _waits(one: NodeResidual) -> str:
    gap = one.gaps[0]
    more = f", and so on {plural(len(one.gaps) - 1, 'more link')}" if len(one.gaps) > 1 else ""
    return (
        f"{code(gap.edge.caller, 60)} waits {texts.number(gap.after)} ms longer for {code(gap.edge.callee, 60)} than "
        f"that works, {texts.number(gap.before)} ms before{more}"
    )


diagnoser = Diagnoser("topology", "topology", diagnose)
