"""Rules against Prometheus: which are beyond their limits, and which trends will cross them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from activities.errors import UserError
from activities.incident_engine.scoping import FindRepo
from activities.incident_metrics.prometheus_api import (
    PrometheusApi,
    PrometheusSeries,
    PrometheusUnavailable,
    request_headers,
)
from activities.incidents.deployment import IncidentDeployment, RuleSettings, seconds_of
from activities.incidents.watching import FiringRule, PollRulesResult, PredictedCrossing
from activities.model import RepoRef
from activities.reporting.markdown import code

if TYPE_CHECKING:
    import numpy as np

_POINTS: Final = 60
_LEAST_POINTS: Final = 20
_RECENT: Final = 10
_SAMPLES: Final = 10
_GAPS: Final = 0.8
"""The share of its samples that a rule has to have: a query that leaves out what is good has gaps there."""
_TREND_OF: Final = 2.0
"""A trend is looked at over so many times the span that it is to be foreseen for."""
_CERTAIN: Final = (10.0, 90.0)
"""The percentiles of the slopes between pairs of points: both have to cross the limit in time."""


@dataclass(frozen=True)
class _Judged:
    firing: FiringRule | None = None
    predicted: PredictedCrossing | None = None
    problem: str = ""


class RulePoller:
    """`find_repo` is None where there is no GitHub."""

    def __init__(self, deployment: IncidentDeployment, find_repo: FindRepo | None = None) -> None:
        self._deployment = deployment
        self._find_repo = find_repo

    async def poll(self, now: float) -> PollRulesResult:
        """Every rule, as of `now`. A rule that cannot be asked says nothing: neither that it fires, nor that it is
        over."""
        from aiohttp import ClientSession, ClientTimeout

        file = self._deployment.file
        if not file.prometheus or not file.rules:
            return PollRulesResult()
        async with ClientSession(timeout=ClientTimeout(total=None, sock_connect=10)) as session:
            api = PrometheusApi(session, file.prometheus.url, request_headers(file.prometheus, self._deployment))
            judged = await asyncio.gather(*(self._judge(api, name, rule, now) for name, rule in file.rules.items()))
        answered = tuple(name for name, one in zip(file.rules, judged, strict=True) if not one.problem)
        problem = next((one.problem for one in judged if one.problem), "")
        return PollRulesResult(
            tuple(one.firing for one in judged if one.firing), tuple(one.predicted for one in judged if one.predicted),
            answered, problem,
        )  # fmt: skip

    async def _judge(self, api: PrometheusApi, name: str, rule: RuleSettings, now: float) -> _Judged:
        lasting = seconds_of(rule.lasting)
        try:
            recent = await api.query_range(rule.query, now - lasting, now, max(lasting / _SAMPLES, 1.0))
            firing = _firing(name, rule, recent, lasting, now)
            if firing or not rule.predict:
                return _Judged(firing)
            span = seconds_of(rule.predict)
            older = await api.query_range(rule.query, now - _TREND_OF * span, now, _TREND_OF * span / _POINTS)
        except PrometheusUnavailable as error:
            return _Judged(problem=str(error))
        found = await asyncio.to_thread(_crossings, older, rule, now, span)
        if not found:
            return _Judged()
        at = min(found)
        summary = f"The trend of {code(rule.query)} crosses its limit in about {_hours(at - now)}."
        return _Judged(predicted=PredictedCrossing(name, rule.service, at, summary, await self._repo(rule.service)))

    async def _repo(self, service: str) -> RepoRef | None:
        settings = self._deployment.file.services.get(service)
        if not (settings and settings.repository and self._find_repo):
            return None
        try:
            return await self._find_repo(settings.repository)
        except UserError:
            return None


def beyond(rule: RuleSettings, value: float) -> bool:
    """Whether a value is on the wrong side of a limit; a NaN is on none."""
    return (rule.above is not None and value > rule.above) or (rule.below is not None and value < rule.below)


def _firing(
    name: str, rule: RuleSettings, answer: Sequence[PrometheusSeries], lasting: float, now: float
) -> FiringRule | None:
    """Where one series has been beyond the limit at every sample of the whole time."""
    for one in answer:
        values = [(at, _number(text)) for at, text in one.values]
        if len(values) < 2 or values[-1][0] - values[0][0] < 0.8 * lasting or now - values[-1][0] > lasting:
            continue
        if len(values) < _GAPS * (min(_SAMPLES, lasting) + 1):
            continue
        if all(beyond(rule, value) for _, value in values):
            summary = f"{code(rule.query)} is {values[-1][1]:.4g}."
            return FiringRule(name, rule.service, rule.severity, values[0][0], summary)
    return None


def _crossings(answer: Sequence[PrometheusSeries], rule: RuleSettings, now: float, span: float) -> list[float]:
    import numpy as np

    found: list[float] = []
    for one in answer:
        times = np.array([at for at, _ in one.values], float)
        values = np.array([_number(text) for _, text in one.values], float)
        limits = [limit for limit in (rule.above, rule.below) if limit is not None]
        found += [at for limit in limits if (at := crossing(times, values, limit, now, span)) is not None]
    return found


def crossing(times: "np.ndarray", values: "np.ndarray", limit: float, now: float, span: float) -> float | None:
    """When a steady trend crosses the limit, None where it does not within `span`, or is not steady: by the slopes
    between all pairs of points (Theil and Sen), of which the slow ones have to cross it in time, too. What was cleaned
    up in between (a disk that empties now and then) is no steady trend."""
    import numpy as np

    known = np.isfinite(times) & np.isfinite(values)
    times, values = times[known], values[known]
    if times.size < _LEAST_POINTS or times[-1] - times[0] < 0.5 * span:
        return None
    first, second = np.triu_indices(times.size, 1)
    apart = times[second] - times[first] > 0
    slopes = (values[second] - values[first])[apart] / (times[second] - times[first])[apart]
    slow, middle, fast = np.percentile(slopes, [_CERTAIN[0], 50, _CERTAIN[1]])
    level = float(np.median(values[-_RECENT:] + middle * (now - times[-_RECENT:])))
    if not middle or np.sign(slow) != np.sign(fast) or (limit - level) * middle <= 0:
        return None
    slowest = min(abs(slow), abs(fast))
    return now + (limit - level) / float(middle) if abs(limit - level) / slowest <= span else None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 5400 else f"{max(seconds, 0) / 60:.0f} minutes"
