"""Everything on one machine as separate processes: Temporal, the pretend GitHub, the door, a worker."""

import asyncio
import contextlib
import json
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from activities.errors import UserError
from bot.processes import start_child, stop_children
from bot.processes.orphans import die_with_parent
from bot.processes.temporal_server import free_port, temporal_server
from bot.settings import app_variables

_READY_WITHIN_S = 30.0


@dataclass(frozen=True)
class LocalStack:
    """`github` is the pretend GitHub's address; `log` is where the processes write."""

    github: str
    api: str
    web: str
    temporal_ui: str
    log: Path
    session: aiohttp.ClientSession
    env: Mapping[str, str]
    children: dict[str, asyncio.subprocess.Process]

    async def start(self, command: str, *options: str) -> None:
        """`serve` or `worker` as a process of its own."""
        with self.log.open("ab") as log:
            self.children[command] = await start_child(command, self.env, log.fileno(), options)

    async def kill(self, command: str) -> None:
        """As the kernel does when memory runs out: at once, without a word."""
        self.children[command].kill()
        await self.children[command].wait()

    async def do(self, deed: str, **arguments: Any) -> Any:
        """What a person would do on GitHub; see `simulator/github/pages/control_api.py`."""
        async with self.session.post(f"{self.github}/_control/{deed}", json=arguments) as answer:
            if answer.status >= 400:
                raise UserError(f"The pretend GitHub refused {deed}: {await answer.text()}")
            return await answer.json()

    async def changed(self, after: int) -> int:
        """Waits until something has changed since version `after`; the version now."""
        async with self.session.get(f"{self.github}/_control/changes", params={"after": after}) as answer:
            return int((await answer.json())["version"])

    async def get(self, path: str) -> Any:
        """A GET of GitHub's REST API, as anybody may."""
        async with self.session.get(f"{self.api}{path}") as answer:
            answer.raise_for_status()
            return await answer.json()


@contextlib.asynccontextmanager
async def local_stack(data: Path, environ: Mapping[str, str]) -> AsyncIterator[LocalStack]:
    """All processes for the block; none is left after it. `data` keeps environments and downloads between runs."""
    data = data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    for old in ("results", "mirrors", "checkouts", "accepted", "temporal.db", "temporal.db-wal", "temporal.db-shm"):
        _remove(data / old)
    async with contextlib.AsyncExitStack() as exits:
        log = exits.enter_context((data / "log.txt").open("wb"))
        session = await exits.enter_async_context(aiohttp.ClientSession())
        temporal = await exits.enter_async_context(temporal_server(data / "temporal.db", ui=True))
        web = f"http://127.0.0.1:{free_port()}"
        github, process = await _pretend_github(data / "github", f"{web}/webhook", log.fileno())
        exits.push_async_callback(stop_children, [process])
        env = _environment(environ, data, github, temporal.address, web)
        ready = LocalStack(github["url"], github["api_url"], web, temporal.ui, data / "log.txt", session, env, {})
        exits.push_async_callback(_stop, ready)
        await ready.start("serve")
        await ready.start("worker")
        await _answers(ready)
        yield ready


async def _stop(ready: LocalStack) -> None:
    await stop_children(list(ready.children.values()))


def _environment(
    environ: Mapping[str, str], data: Path, github: Mapping[str, Any], temporal: str, web: str
) -> dict[str, str]:
    ours = {name: value for name, value in environ.items() if name not in (*app_variables(), "AUTOBUILD_SMEE_URL")}
    return {
        **ours,
        "TEMPORAL_ADDRESS": temporal,
        "TEMPORAL_NAMESPACE": "default",
        "AUTOBUILD_DATA": str(data),
        "AUTOBUILD_PORT": web.rpartition(":")[2],
        "AUTOBUILD_GITHUB_URL": github["url"],
        "AUTOBUILD_GITHUB_API_URL": github["api_url"],
        "AUTOBUILD_APP_ID": str(github["app_id"]),
        "AUTOBUILD_PRIVATE_KEY_FILE": github["key_file"],
        "AUTOBUILD_WEBHOOK_SECRET_FILE": github["secret_file"],
    }


async def _pretend_github(state: Path, hook: str, log: int) -> tuple[dict[str, Any], asyncio.subprocess.Process]:
    command = (sys.executable, "-P", "-m", "simulator.github", "--state", str(state), "--hook", hook)
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    assert process.stdout
    line = await asyncio.wait_for(process.stdout.readline(), _READY_WITHIN_S)
    if not line:
        raise UserError("The pretend GitHub ended at once; the log says why.")
    return json.loads(line), process


async def _answers(ready: LocalStack) -> None:
    """Until the door answers and sees Temporal."""
    deadline = asyncio.get_running_loop().time() + _READY_WITHIN_S
    while asyncio.get_running_loop().time() < deadline:
        if any(child.returncode is not None for child in ready.children.values()):
            break
        with contextlib.suppress(aiohttp.ClientError):
            async with ready.session.get(f"{ready.web}/readyz") as answer:
                if answer.status == 200:
                    return
        await asyncio.sleep(0.05)
    raise UserError(f"The processes did not start; {ready.log} says why:\n{ready.log.read_text()[-2000:]}")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
