"""One address for the APIs of Prometheus, Loki and Alertmanager, and for what they are to show.

`POST /simulator/series`, `/simulator/targets`, `/simulator/rules`, `/simulator/webhook` and `/simulator/faults` say
what there is, `DELETE /simulator` forgets all of it, `GET /simulator/requests` and `/simulator/deliveries` list what
was asked and what was sent.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientSession, web
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from simulator.monitoring.alert_rules import AlertRule, AlertRules, posted_alert
from simulator.monitoring.alertmanager import Alertmanager, AlertmanagerState, WebhookSettings
from simulator.monitoring.failing import FaultList, RequestedFault, failed
from simulator.monitoring.loki_routes import LokiRoutes
from simulator.monitoring.prometheus_routes import PrometheusRoutes
from simulator.monitoring.promql_syntax import BadQuery
from simulator.monitoring.scraping import ScrapeTarget, scrape
from simulator.monitoring.series import SeriesStore

_LARGEST_REQUEST = 256 * 1024**2
_MOST_REQUESTS = 10_000
_OWN = "/simulator"


class LoadedSeries(BaseModel):
    """`samples` are pairs of seconds since 1970 and a number, or a text such as `NaN`."""

    model_config = ConfigDict(extra="forbid")
    labels: dict[str, str]
    samples: list[tuple[float, float]]


_SERIES = TypeAdapter(list[LoadedSeries])
_TARGETS = TypeAdapter(list[ScrapeTarget])
_RULES = TypeAdapter(list[AlertRule])
_FAULTS = TypeAdapter(list[RequestedFault])


class MonitoringServer:
    """`interval` is how many seconds there are between two scrapes; rules and alerts are looked at after each."""

    def __init__(self, interval: float = 1.0) -> None:
        self.url = ""
        self._interval = interval
        self._store = SeriesStore()
        self._rules = AlertRules(self._store)
        self._alertmanager = Alertmanager()
        self._loki = LokiRoutes()
        self._faults = FaultList()
        self._targets: list[ScrapeTarget] = []
        self._requests: list[dict[str, str]] = []
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens; port 0 takes a free one. `url` is set from then on."""
        app = web.Application(client_max_size=_LARGEST_REQUEST, middlewares=[self._faulty])
        PrometheusRoutes(self._store, self._rules).add_to(app)
        self._alertmanager.add_to(app)
        self._loki.add_to(app)
        for name, taking in (
            ("series", self._take_series), ("targets", self._take_targets), ("rules", self._take_rules),
            ("webhook", self._take_webhook), ("faults", self._take_faults),
        ):  # fmt: skip
            app.router.add_post(f"{_OWN}/{name}", _Taking(taking).answer)
        app.router.add_delete(_OWN, self._forget)
        app.router.add_get(f"{_OWN}/requests", self._list_requests)
        app.router.add_get(f"{_OWN}/deliveries", self._list_deliveries)
        app.cleanup_ctx.append(self._working)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Leaves nothing running."""
        if self._runner:
            await self._runner.cleanup()

    async def _working(self, _app: web.Application) -> Any:
        """Scrapes, looks at the rules and sends alerts, again and again."""

        async def work() -> None:
            async with ClientSession() as session:
                while True:
                    began = time.monotonic()
                    await asyncio.gather(
                        *(scrape(session, each, self._store, max(self._interval, 1.0)) for each in self._targets)
                    )
                    now = time.time()
                    self._alertmanager.take([posted_alert(each, now) for each in self._rules.look(now)], now)
                    await self._alertmanager.send(session, time.time())
                    await asyncio.sleep(max(self._interval - (time.monotonic() - began), 0.01))

        task = asyncio.create_task(work())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    @web.middleware
    async def _faulty(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.path.startswith(_OWN):
            return await handler(request)
        form = await request.post() if request.content_type == "application/x-www-form-urlencoded" else {}
        query = str(form.get("query") or request.query.get("query") or "")
        authorization = request.headers.get("Authorization", "")
        self._requests.append({"path": request.path, "query": query, "authorization": authorization})
        del self._requests[:-_MOST_REQUESTS]
        fault = self._faults.take(request.path, query)
        return await (failed(fault, request, handler) if fault else handler(request))

    def _take_series(self, body: bytes) -> None:
        for one in _SERIES.validate_json(body):
            self._store.add(one.labels, one.samples)

    def _take_targets(self, body: bytes) -> None:
        self._targets = _TARGETS.validate_json(body)

    def _take_rules(self, body: bytes) -> None:
        self._rules.replace(_RULES.validate_json(body))

    def _take_webhook(self, body: bytes) -> None:
        self._alertmanager.state.settings = WebhookSettings.model_validate_json(body)

    def _take_faults(self, body: bytes) -> None:
        self._faults.replace(_FAULTS.validate_json(body))

    async def _forget(self, _request: web.Request) -> web.Response:
        self._store.clear()
        self._loki.clear()
        self._rules.replace([])
        self._faults.replace([])
        self._targets.clear()
        self._requests.clear()
        self._alertmanager.state = AlertmanagerState()
        return web.Response(status=204)

    async def _list_requests(self, _request: web.Request) -> web.Response:
        return web.json_response(self._requests)

    async def _list_deliveries(self, _request: web.Request) -> web.Response:
        return web.json_response(self._alertmanager.state.deliveries)


class _Taking:
    """What is posted: 204, or 422 with the mistake."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    async def answer(self, request: web.Request) -> web.Response:
        try:
            self._take(await request.read())
        except (ValidationError, ValueError, BadQuery) as error:
            return web.Response(status=422, text=str(error))
        return web.Response(status=204)
