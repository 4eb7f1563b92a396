"""Prometheus' HTTP API over the series in memory."""

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from simulator.monitoring.alert_rules import AlertRules
from simulator.monitoring.promql import Sample, evaluate, matrix
from simulator.monitoring.promql_syntax import BadQuery, PromSelector, parse, seconds_in
from simulator.monitoring.series import SeriesStore, StoredSeries

_MOST_POINTS = 11_000


def success(data: object) -> web.Response:
    """In the form of all answers."""
    return web.json_response({"status": "success", "data": data})


def bad_data(message: str) -> web.Response:
    """What a server says of a request that it cannot read."""
    return web.json_response({"status": "error", "errorType": "bad_data", "error": message}, status=400)


def number_text(value: float) -> str:
    """As Prometheus writes values."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value).removesuffix(".0")


class PrometheusRoutes:
    """`store` and `rules` are what it shows."""

    def __init__(self, store: SeriesStore, rules: AlertRules) -> None:
        self._store = store
        self._rules = rules

    def add_to(self, app: web.Application) -> None:
        """Each with GET and POST, as there."""
        routes = {
            "query": self._query, "query_range": self._query_range, "series": self._series, "labels": self._labels,
            "label/{name}/values": self._values, "metadata": self._metadata, "rules": self._list_rules,
            "alerts": self._list_alerts,
        }  # fmt: skip
        for name, handler in routes.items():
            app.router.add_get(f"/api/v1/{name}", handler)
            app.router.add_post(f"/api/v1/{name}", handler)
        for name in ("ready", "healthy"):
            app.router.add_get(f"/-/{name}", self._ready)

    async def _ready(self, _request: web.Request) -> web.Response:
        return web.Response(text="Prometheus Server is Ready.\n")

    async def _query(self, request: web.Request) -> web.Response:
        fields = await fields_of(request)
        try:
            at = moment_of(fields.get("time", ""), time.time())
            node = parse(fields.get("query", ""))
            if isinstance(node, PromSelector) and node.seconds:
                ranged = [_series_json(each) for each in matrix(node, self._store, at)]
                return success({"resultType": "matrix", "result": ranged})
            value = evaluate(node, self._store, at)
        except BadQuery as error:
            return bad_data(str(error))
        if isinstance(value, float):
            return success({"resultType": "scalar", "result": [at, number_text(value)]})
        result = [{"metric": dict(labels), "value": [at, number_text(each)]} for labels, each in value]
        return success({"resultType": "vector", "result": result})

    async def _query_range(self, request: web.Request) -> web.Response:
        fields = await fields_of(request)
        try:
            begin, end = (moment_of(fields.get(name, ""), math.nan) for name in ("start", "end"))
            step = _step_of(fields.get("step", ""))
            if not end >= begin:
                return bad_data('invalid parameter "end": end timestamp must not be before start time')
            if (end - begin) / step > _MOST_POINTS:
                return bad_data("exceeded maximum resolution of 11,000 points per timeseries.")
            node = parse(fields.get("query", ""))
            found: dict[tuple[tuple[str, str], ...], list[list[float | str]]] = {}
            for number in range(int((end - begin) / step + 1e-9) + 1):
                at = begin + number * step
                for labels, value in _as_vector(evaluate(node, self._store, at)):
                    found.setdefault(tuple(sorted(labels.items())), []).append([at, number_text(value)])
        except BadQuery as error:
            return bad_data(str(error))
        result = [{"metric": dict(key), "values": values} for key, values in found.items()]
        return success({"resultType": "matrix", "result": result})

    async def _matching(self, request: web.Request) -> list[StoredSeries]:
        """The series of `match[]` between `start` and `end`; all where none is named. Raises BadQuery."""
        fields = await fields_of(request)
        form = await request.post() if request.method == "POST" else {}
        selectors = [str(each) for each in [*request.query.getall("match[]", []), *_all_of(form, "match[]")]]
        begin = moment_of(fields.get("start", ""), 0.0)
        end = moment_of(fields.get("end", ""), time.time())
        found: dict[int, StoredSeries] = {}
        for selector in selectors or ['{__name__=~".+"}']:
            node = parse(selector)
            if not isinstance(node, PromSelector):
                raise BadQuery("match[] must be a selector")
            found.update((id(each), each) for each in self._store.select(node.matchers))
        return [each for each in found.values() if each.between(begin - 1e-6, end)]

    async def _series(self, request: web.Request) -> web.Response:
        try:
            found = await self._matching(request)
        except BadQuery as error:
            return bad_data(str(error))
        limit = int((await fields_of(request)).get("limit", "0") or 0)
        return success([dict(each.labels) for each in found][: limit or None])

    async def _labels(self, request: web.Request) -> web.Response:
        try:
            return success(sorted({name for each in await self._matching(request) for name in each.labels}))
        except BadQuery as error:
            return bad_data(str(error))

    async def _values(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        try:
            found = {each.labels[name] for each in await self._matching(request) if name in each.labels}
        except BadQuery as error:
            return bad_data(str(error))
        return success(sorted(found))

    async def _metadata(self, request: web.Request) -> web.Response:
        return success({})

    async def _list_rules(self, _request: web.Request) -> web.Response:
        return success({"groups": [{"name": "rules", "file": "rules.yml", "rules": self._rules.rules_json()}]})

    async def _list_alerts(self, _request: web.Request) -> web.Response:
        return success({"alerts": self._rules.alerts_json()})


async def fields_of(request: web.Request) -> Mapping[str, str]:
    """Of the address and of a form."""
    form = await request.post() if request.method == "POST" else {}
    return {**request.query, **{name: str(value) for name, value in form.items()}}


def _all_of(form: Any, name: str) -> list[str]:
    return [str(each) for each in form.getall(name, [])] if form else []


def moment_of(text: str, default: float) -> float:
    """Seconds since 1970, or RFC 3339. Raises BadQuery."""
    if not text:
        return default
    try:
        return float(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadQuery(f'cannot parse "{text}" to a valid timestamp') from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _step_of(text: str) -> float:
    try:
        step = float(text)
    except ValueError:
        step = seconds_in(text)
    if not step > 0:
        raise BadQuery("zero or negative query resolution step widths are not accepted. Try a positive integer")
    return step


def _as_vector(value: float | list[Sample]) -> list[Sample]:
    return [({}, value)] if isinstance(value, float) else value


def _series_json(series: StoredSeries) -> dict[str, object]:
    return {"metric": dict(series.labels), "values": [[at, number_text(value)] for at, value in series.samples]}
