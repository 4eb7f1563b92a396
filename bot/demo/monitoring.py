"""What the demo's incident is seen by: a simulated Prometheus, Alertmanager and a sample service as processes."""

import asyncio
import contextlib
import json
import secrets
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from activities.errors import UserError
from bot.processes.children import die_with_parent, stop_children
from bot.settings.data_folder import make_private

SERVICE = "shop"
REPOSITORY = "octocat/incident-sample"
_URL = "AUTOBUILD_DEMO_MONITORING"
_SECRET = "AUTOBUILD_DEMO_ALERTS"  # noqa: S105
_START_S = 60.0
_RULE = {
    "alert": "OrdersFail",
    "expr": 'sum by (service) (rate(http_requests_total{status="500"}[5s])) > 1',
    "lasting": "5s",
    "labels": {"severity": "critical"},
    "annotations": {"summary": "{{ $labels.service }} fails {{ $value }} orders a second."},
}


@dataclass(frozen=True)
class DemoMonitoring:
    """The addresses of the simulated monitoring and of the service, which runs the code of a folder in `folder`."""

    url: str
    service: str
    folder: Path
    session: aiohttp.ClientSession

    async def watch(self, hook: str, token: str) -> None:
        """The service is scraped every second, and its alerts go to the webhook server."""
        target = {"url": f"{self.service}/metrics", "job": "orders", "labels": {"service": SERVICE}}
        await self._post(f"{self.url}/simulator/webhook", {"url": hook, "token": token})
        await self._post(f"{self.url}/simulator/rules", [_RULE])
        await self._post(f"{self.url}/simulator/targets", [target])

    async def quiet(self, seconds: int) -> None:
        """Ends when the service was scraped for so many seconds, and failed no order in them."""
        while True:
            scraped = await self._value(f"sum(count_over_time(up[{seconds}s]))")
            failed = await self._value(f'sum(increase(http_requests_total{{status="500"}}[{seconds}s]))')
            if scraped >= seconds - 3 and not failed:
                return
            await asyncio.sleep(0.5)

    async def _value(self, query: str) -> float:
        async with self.session.get(f"{self.url}/api/v1/query", params={"query": query}) as answer:
            found = (await answer.json())["data"]["result"]
        return float(found[0]["value"][1]) if found else 0.0

    async def deploy(self, files: Mapping[str, bytes], sha: str) -> None:
        """The service runs these files from now on."""
        await self._post(f"{self.service}/deploy", {"code": str(written(self.folder / sha[:12], files))})

    async def fail(self, *, fails: bool) -> None:
        """What the service calls is unreachable, or reachable again."""
        await self._post(f"{self.service}/fail", {"fails": fails})

    async def _post(self, url: str, body: Any) -> None:
        async with self.session.post(url, json=body) as answer:
            if answer.status >= 400:
                raise UserError(f"The demo's service or its monitoring refused: {(await answer.text())[:500]}")


@contextlib.asynccontextmanager
async def monitored(data: Path, environ: Mapping[str, str]) -> AsyncIterator[Mapping[str, str]]:
    """The simulated monitoring for the block. Gives `environ` with a file of services that names it."""
    async with _started("simulator.monitoring") as url:
        file = data / "incidents.json"
        log = data / "shop" / "shop.log"
        settings = {
            "prometheus": {"url": url},
            "alerts": {"alertmanager": {"secret": _SECRET}},
            "services": {
                SERVICE: {"repository": REPOSITORY, "log_files": [str(log.resolve())], "calls": ["payments"]},
                "payments": {},
            },
            "before": "40s",
            "cooldown": "5s",
        }
        file.write_text(json.dumps(settings))
        yield {**environ, "AUTOBUILD_INCIDENTS": str(file), _URL: url, _SECRET: secrets.token_hex(32)}


@contextlib.asynccontextmanager
async def running_service(
    folder: Path,
    files: Mapping[str, bytes],
    sha: str,
    env: Mapping[str, str],
    hook: str,
    session: aiohttp.ClientSession,
) -> AsyncIterator[DemoMonitoring]:
    """A service that runs these files for the block, watched. `folder` is where its code and its log are."""
    make_private(folder)
    log = folder / "shop.log"
    log.write_bytes(b"")
    code = written(folder / sha[:12], files)
    async with _started("simulator.monitoring.sample_service", "--code", str(code), "--log", str(log)) as url:
        monitoring = DemoMonitoring(env[_URL], url, folder, session)
        await monitoring.watch(hook, env[_SECRET])
        yield monitoring


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The folder with these files; their names are the demo's own sample's."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@contextlib.asynccontextmanager
async def _started(module: str, *options: str) -> AsyncIterator[str]:
    """A program of the simulator for the block: its address."""
    process: Process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module, *options),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        assert process.stdout
        line = await asyncio.wait_for(process.stdout.readline(), _START_S)
        if not line:
            raise UserError(f"`python -m {module}` ended at its start.")
        yield str(json.loads(line)["url"])
    finally:
        await stop_children([process])
