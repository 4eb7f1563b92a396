"""Loki's HTTP API over lines in memory: push, lines, and how many there are."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from simulator.monitoring.prometheus_routes import fields_of, success
from simulator.monitoring.promql_syntax import BadQuery, PromSelector, parse, seconds_in
from simulator.monitoring.series import LabelMatcher

_MOST_LINES = 5_000
_HELD = 2_000_000
_NS = 10**9
_COUNTED = re.compile(r"^\s*sum\s*\(\s*count_over_time\s*\((?P<of>.*)\[(?P<range>\w+)\]\s*\)\s*\)\s*$", re.DOTALL)
_SELECTOR = re.compile(r'^\s*(?P<selector>\{(?:[^"}]|"(?:[^"\\]|\\.)*"|`[^`]*`)*\})(?P<rest>.*)$', re.DOTALL)
_FILTER = re.compile(r'\s*(?P<op>\|=|!=|\|~|!~)\s*(?:"(?P<text>(?:[^"\\]|\\.)*)"|`(?P<raw>[^`]*)`)')


class LokiRoutes:
    """Lines by their labels."""

    def __init__(self) -> None:
        self._streams: dict[tuple[tuple[str, str], ...], list[tuple[int, str]]] = {}
        self._count = 0

    def add_to(self, app: web.Application) -> None:
        """Its routes."""
        app.router.add_post("/loki/api/v1/push", self._push)
        app.router.add_get("/loki/api/v1/query_range", self._query_range)
        app.router.add_get("/loki/api/v1/labels", self._labels)
        app.router.add_get("/loki/api/v1/label/{name}/values", self._values)

    def clear(self) -> None:
        """Forgets all lines."""
        self._streams.clear()
        self._count = 0

    def add(self, labels: Mapping[str, str], lines: list[tuple[int, str]]) -> None:
        """Lines with nanoseconds since 1970, in any order. Raises ValueError where there are too many."""
        self._count += len(lines)
        if self._count > _HELD:
            raise ValueError(f"there are more than {_HELD} lines")
        held = self._streams.setdefault(tuple(sorted(labels.items())), [])
        held.extend(lines)
        held.sort(key=lambda one: one[0])

    async def _push(self, request: web.Request) -> web.Response:
        try:
            for stream in (await request.json())["streams"]:
                self.add(dict(stream["stream"]), [(int(at), str(line)) for at, line, *_ in stream["values"]])
        except (KeyError, TypeError, ValueError) as error:
            return web.Response(status=400, text=f"{type(error).__name__}: {error}")
        return web.Response(status=204)

    async def _query_range(self, request: web.Request) -> web.Response:
        fields = await fields_of(request)
        try:
            begin = _nanoseconds(fields.get("start", ""), time.time_ns() - 3600 * _NS)
            end = _nanoseconds(fields.get("end", ""), time.time_ns())
            limit = int(fields.get("limit", "100"))
            if limit > _MOST_LINES:
                said = "max entries limit per query exceeded, limit > max_entries_limit_per_query"
                return web.Response(status=400, text=f"{said} ({limit} > {_MOST_LINES})")
            counted = _COUNTED.match(fields.get("query", ""))
            if counted:
                seconds = seconds_in(counted["range"])
                return success(self._counts(counted["of"], begin, end, seconds, float(fields.get("step", seconds))))
            lines = self._lines(fields.get("query", ""), begin, end)
        except (BadQuery, ValueError) as error:
            return web.Response(status=400, text=f"parse error : {error}")
        lines.sort(key=lambda one: one[1], reverse=fields.get("direction") != "forward")
        streams: dict[tuple[tuple[str, str], ...], list[list[str]]] = {}
        for labels, at, line in lines[:limit]:
            streams.setdefault(labels, []).append([str(at), line])
        result = [{"stream": dict(labels), "values": values} for labels, values in streams.items()]
        return success({"resultType": "streams", "result": result, "stats": {}})

    def _lines(self, query: str, begin: int, end: int) -> list[tuple[tuple[tuple[str, str], ...], int, str]]:
        """(labels, nanoseconds, line) from `begin` until before `end`. Raises BadQuery."""
        matchers, keeps = _log_query(query)
        return [
            (labels, at, line)
            for labels, lines in self._streams.items()
            if all(each.matches(dict(labels)) for each in matchers)
            for at, line in lines
            if begin <= at < end and all(keep(line) for keep in keeps)
        ]

    def _counts(self, query: str, begin: int, end: int, seconds: float, step: float) -> dict[str, Any]:
        """How many lines there were in the `seconds` before each step."""
        lines = [at for _, at, _ in self._lines(query, begin - int(seconds * _NS), end + 1)]
        values = []
        for number in range(int((end - begin) / _NS / step + 1e-9) + 1):
            at = begin + int(number * step * _NS)
            count = sum(at - seconds * _NS < each <= at for each in lines)
            if count:
                values.append([at / _NS, str(count)])
        return {"resultType": "matrix", "result": [{"metric": {}, "values": values}] if values else []}

    async def _labels(self, _request: web.Request) -> web.Response:
        return success(sorted({name for labels in self._streams for name, _ in labels}))

    async def _values(self, request: web.Request) -> web.Response:
        wanted = request.match_info["name"]
        return success(sorted({value for labels in self._streams for name, value in labels if name == wanted}))


def _log_query(query: str) -> tuple[tuple[LabelMatcher, ...], list[Callable[[str], bool]]]:
    """The matchers, and the filters of lines. Raises BadQuery."""
    found = _SELECTOR.match(query)
    if not found:
        raise BadQuery("syntax error: a log query begins with a selector")
    node = parse(found["selector"].replace("`", '"'))
    assert isinstance(node, PromSelector)
    rest, keeps = found["rest"], []
    while rest.strip():
        one = _FILTER.match(rest)
        if not one:
            raise BadQuery(f"syntax error: unexpected {rest.strip()[:20]}")
        text = one["raw"] if one["raw"] is not None else re.sub(r"\\(.)", r"\1", one["text"])
        keeps.append(_keeps(one["op"], text))
        rest = rest[one.end() :]
    return node.matchers, keeps


def _keeps(op: str, text: str) -> Callable[[str], bool]:
    if op in ("|=", "!="):
        return lambda line: (text in line) == (op == "|=")
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise BadQuery(f"error parsing regexp: {error}") from None
    return lambda line: bool(pattern.search(line)) == (op == "|~")


def _nanoseconds(text: str, default: int) -> int:
    if not text:
        return default
    return int(float(text) * _NS) if "." in text or len(text) < 12 else int(text)
