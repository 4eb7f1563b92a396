"""Metrics from a Prometheus server, or another with its HTTP API (Mimir, Thanos, VictoriaMetrics)."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from activities.incident_metrics.choosing import MOST_OF_A_SERVICE, MetricQuery, families, queries
from activities.incident_metrics.prometheus_api import (
    PrometheusApi,
    PrometheusSeries,
    PrometheusUnavailable,
    quoted,
    request_headers,
)
from activities.incidents.data import MetricSeries, MetricTable
from activities.incidents.deployment import IncidentDeployment, ServerSettings
from activities.incidents.types import IncidentScope
from activities.reporting.wording import plural
from activities.sources import DataSource, Fetched

if TYPE_CHECKING:
    import numpy as np

_MOST_POINTS = 500
_MOST_SERIES = 5_000
_LEAST_STEP_S = 1.0
_USUAL_SCRAPE_S = 15.0
_MOST_LABELS = 8


def _serves(deployment: IncidentDeployment, scope: IncidentScope) -> bool:
    return bool(scope.prometheus or (deployment.file.prometheus and not scope.folder))


async def _metrics(deployment: IncidentDeployment, scope: IncidentScope) -> Fetched[MetricTable]:
    from aiohttp import ClientSession, ClientTimeout

    server = ServerSettings(url=scope.prometheus) if scope.prometheus else deployment.file.prometheus
    assert server
    async with ClientSession(timeout=ClientTimeout(total=None, sock_connect=10)) as session:
        api = PrometheusApi(session, server.url, request_headers(server, deployment))
        try:
            return await _PrometheusFetch(api, deployment, scope).table()
        except PrometheusUnavailable as error:
            return Fetched(problem=str(error))


class _PrometheusFetch:
    def __init__(self, api: PrometheusApi, deployment: IncidentDeployment, scope: IncidentScope) -> None:
        self._api = api
        self._file = deployment.file
        self._scope = scope
        self._step = max((scope.end - scope.begin) / _MOST_POINTS, _LEAST_STEP_S)

    async def table(self) -> Fetched[MetricTable]:
        """All series of the scope's services, on one grid of times."""
        import numpy as np

        scope = self._scope
        wanted, left_out = await self._wanted()
        answers = await asyncio.gather(*(self._asked(each) for each in wanted), return_exceptions=True)
        failed = [each for each in answers if isinstance(each, BaseException)]
        for each in failed:
            if not isinstance(each, PrometheusUnavailable):
                raise each
        if failed and len(failed) == len(answers):
            raise failed[0]
        times = np.arange(scope.begin, scope.end + self._step / 2, self._step)
        series: list[MetricSeries] = []
        rows: list[np.ndarray] = []
        counts: dict[str, int] = {}
        for query, answer in zip(wanted, answers, strict=True):
            for one in () if isinstance(answer, BaseException) else answer:
                made = self._series(query, one)
                if made is None or counts.get(made.service, 0) >= MOST_OF_A_SERVICE or len(rows) >= _MOST_SERIES:
                    left_out += made is not None
                    continue
                counts[made.service] = counts.get(made.service, 0) + 1
                series.append(made)
                rows.append(on_grid(one.values, times))
        problem = self._problem(failed, left_out, found=len(rows))
        if not rows:
            return Fetched(problem=problem)
        return Fetched(MetricTable(times, np.vstack(rows), tuple(series)), problem)

    async def _wanted(self) -> tuple[list[MetricQuery], int]:
        """The queries of services that have their own; for the others what there is."""
        services, own = self._file.services, []
        for name in self._scope.services:
            if name in services:
                own += [MetricQuery(query, f"={name}", query) for query in services[name].metrics]
        rest = [name for name in self._scope.services if not (name in services and services[name].metrics)]
        if not rest:
            return own, 0
        which = quoted("|".join(_either_case(name) for name in rest))
        selectors = [f"{{{label}=~{which}}}" for label in self._file.labels]
        listed = await self._api.list_series(selectors, self._scope.begin, self._scope.end)
        found = families(listed, self._file.labels, rest)
        made, left_out = queries(found, 4 * max(await self._scraped_every(found), self._step))
        return own + made, left_out

    async def _scraped_every(self, found: Sequence[object]) -> float:
        """How often the service is scraped, in seconds: a rate over less than some scrapes is none."""
        import numpy as np

        first = next(iter(found), None)
        if first is None:
            return _USUAL_SCRAPE_S
        name = getattr(first, "name", "")
        answer = await self._api.query(f"{name}[5m]", self._scope.end)
        gaps = [np.median(np.diff([at for at, _ in one.values])) for one in answer[:20] if len(one.values) > 2]
        return float(np.median(gaps)) if gaps else _USUAL_SCRAPE_S

    async def _asked(self, query: MetricQuery) -> Sequence[PrometheusSeries]:
        return await self._api.query_range(query.query, self._scope.begin, self._scope.end, self._step)

    def _series(self, query: MetricQuery, one: PrometheusSeries) -> MetricSeries | None:
        """Its name; None for one of another service."""
        own = query.label.startswith("=")
        said = query.label[1:] if own else one.metric.get(query.label, "")
        service = next((name for name in self._scope.services if name.casefold() == said.casefold()), "")
        if not service:
            return None
        instance = one.metric.get("instance") or one.metric.get("pod") or ""
        rest = {
            key: value[:100]
            for key, value in sorted(one.metric.items())
            if key not in ("__name__", "instance", "pod", query.label, *self._file.labels)
        }
        metric = (one.metric.get("__name__") or query.metric) if own else query.metric
        return MetricSeries(service, metric[:200], instance[:100], dict(list(rest.items())[:_MOST_LABELS]))

    def _problem(self, failed: Sequence[BaseException], left_out: int, *, found: int) -> str:
        said = [str(failed[0])] if failed else []
        if failed:
            said.append(f"{plural(len(failed), 'query', 'queries')} failed.")
        said += [f"Prometheus warns: {each[:200]}." for each in self._api.warnings[:2]]
        if left_out:
            said.append(f"{left_out:,} more series were left out.")
        if not found and not failed:
            said.append(f"Prometheus has no series of {', '.join(self._scope.services[:5])}.")
        return " ".join(said)


def on_grid(samples: Sequence[tuple[float, str]], times: "np.ndarray") -> "np.ndarray":
    """Samples in any order, twice or far apart: each goes to its nearest time, the last one counts; NaN elsewhere."""
    import numpy as np

    row = np.full(times.size, np.nan)
    if not samples or not times.size:
        return row
    at = np.array([each[0] for each in samples], float)
    values = np.array([_number(each[1]) for each in samples])
    step = times[1] - times[0] if times.size > 1 else 1.0
    index = np.rint((at - times[0]) / step)
    inside = np.isfinite(index) & (index >= 0) & (index < times.size)
    row[index[inside].astype(int)] = values[inside]
    row[~np.isfinite(row)] = np.nan
    return row


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _either_case(name: str) -> str:
    import re

    return f"(?i:{re.escape(name)})"


PROMETHEUS = DataSource("prometheus", _serves, metrics=_metrics)
