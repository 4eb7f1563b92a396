"""The simulated Prometheus, Loki and Alertmanager as a process of its own."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiohttp import ClientSession

from tests.deadlines import until


@contextmanager
def monitoring_process(*options: str) -> Iterator[str]:
    """`python -m simulator.monitoring` with these options, for the block: its address."""
    command = (sys.executable, "-m", "simulator.monitoring", *options)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()


class MonitoringClient:
    """Calls by path; `json` of the answers."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self.url = url

    async def post(self, path: str, body: object) -> int:
        """The status of the answer."""
        async with self._session.post(self.url + path, json=body) as answer:
            return answer.status

    async def get(self, path: str, **fields: str) -> Any:
        """The JSON of the answer."""
        async with self._session.get(self.url + path, params=fields) as answer:
            return await answer.json()

    async def query(self, query: str, at: float) -> Any:
        """The result of an instant query."""
        return (await self.get("/api/v1/query", query=query, time=str(at)))["data"]["result"]

    async def load(self, *series: dict[str, Any]) -> None:
        """Each `{"labels": ..., "samples": ...}`."""
        assert await self.post("/simulator/series", list(series)) == 204

    async def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """The answer of this path once it holds."""

        async def held() -> tuple[Any, ...]:
            answer = await self.get(path)
            return (answer,) if holds(answer) else ()

        return (await until(held))[0]


@asynccontextmanager
async def monitoring_client(*options: str) -> AsyncIterator[MonitoringClient]:
    """A process of its own, and a client of it."""
    with monitoring_process(*options) as url:
        async with ClientSession() as session:
            yield MonitoringClient(session, url)
