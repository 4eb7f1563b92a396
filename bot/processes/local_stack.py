"""Everything on one machine as separate processes: Temporal, a simulated GitHub, the webhook server, a worker."""

import asyncio
import contextlib
import json
import shutil
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from activities.errors import UserError
from bot.processes.children import COMMANDS, COULD_NOT_RUN, die_with_parent, start_child, stop_children
from bot.processes.parts import Part, Parts
from bot.processes.temporal_server import LocalTemporal, free_port, temporal_server
from bot.settings import app_variables
from bot.settings.data_folder import keep_private, make_private
from bot.settings.running_up import TEMPORAL, UpRecord, recorded
from bot.settings.temporal import embedded_variables

_READY_WITHIN_S = 120.0


@dataclass(frozen=True)
class LocalStack:
    """Addresses and processes. `github` and `api` are the simulated GitHub's; `log` is where the processes write."""

    github: str
    api: str
    web: str
    temporal_ui: str
    log: Path
    session: aiohttp.ClientSession
    env: Mapping[str, str]
    children: dict[str, Process]
    temporal: LocalTemporal
    simulator: Process
    record: UpRecord

    async def start(self, command: str, *options: str) -> Process:
        """`serve` or `worker` as a process of its own."""
        with self.log.open("ab") as log:
            self.children[command] = await start_child(command, self.env, log.fileno(), options)
        return self.children[command]

    def parts(self) -> Parts:
        """All its processes, for whoever watches them."""
        return Parts(
            Part(TEMPORAL, self.temporal.process, self.temporal.restart),
            *(
                Part(name, self.children[command], partial(self.start, command), final=COULD_NOT_RUN)
                for name, command in COMMANDS.items()
            ),
            Part("simulated GitHub", self.simulator, lost="What was in it is lost, so everything is stopped."),
            changed=self.record.write,
            output=str(self.log),
        )

    async def kill(self, command: str) -> None:
        """At once, as the kernel does when memory runs out."""
        self.children[command].kill()
        await self.children[command].wait()

    async def do(self, action: str, **arguments: Any) -> Any:
        """What a person does on GitHub; see `simulator/github/pages/control_api.py`."""
        async with self.session.post(f"{self.github}/_control/{action}", json=arguments) as answer:
            if answer.status >= 400:
                raise UserError(f"The simulated GitHub refused {action}: {await answer.text()}")
            return await answer.json()

    async def changed(self, after: int) -> int:
        """Waits until something has changed since version `after`; the version now."""
        async with self.session.get(f"{self.github}/_control/changes", params={"after": after}) as answer:
            return int((await answer.json())["version"])

    async def get(self, path: str) -> Any:
        """GETs a path of GitHub's REST API without credentials."""
        async with self.session.get(f"{self.api}{path}") as answer:
            answer.raise_for_status()
            return await answer.json()

    async def wait_until_ready(self) -> None:
        """Until the webhook server answers and sees Temporal. Raises UserError with the end of the log."""
        deadline = asyncio.get_running_loop().time() + _READY_WITHIN_S
        while asyncio.get_running_loop().time() < deadline:
            if any(child.returncode is not None for child in self.children.values()):
                break
            with contextlib.suppress(aiohttp.ClientError):
                async with self.session.get(f"{self.web}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
        raise UserError(f"The processes did not start. The end of {self.log}:\n{self.log.read_text()[-2000:]}")


@contextlib.asynccontextmanager
async def local_stack(
    data: Path, environ: Mapping[str, str], command: str = "autobuild demo"
) -> AsyncIterator[LocalStack]:
    """All processes for the block, which is the one of `command`. `data` keeps environments and downloads between runs,
    and no results. Raises UserError where another process uses it."""
    data = data.resolve()
    keep_private()
    make_private(data)
    async with contextlib.AsyncExitStack() as exits:
        session = await exits.enter_async_context(aiohttp.ClientSession())
        temporal = await exits.enter_async_context(temporal_server(data / "temporal.db", ui=True, emptied=True))
        for old in ("results", "mirrors", "checkouts", "accepted"):
            shutil.rmtree(data / old, ignore_errors=True)
        log = exits.enter_context((data / "log.txt").open("wb"))
        web = f"http://127.0.0.1:{free_port()}"
        github, simulator = await _start_simulator(data / "github", f"{web}/webhook", log.fileno())
        exits.push_async_callback(stop_children, [simulator])
        env = _environment(environ, data, github, temporal.address, web)
        record = exits.enter_context(recorded(data, command, env, own_app=True))
        urls = (github["url"], github["api_url"], web, temporal.ui)
        stack = LocalStack(*urls, data / "log.txt", session, env, {}, temporal, simulator, record)
        try:
            await stack.start("serve")
            await stack.start("worker")
            await stack.wait_until_ready()
            yield stack
        finally:
            await stop_children(list(stack.children.values()))


async def _start_simulator(state: Path, hook: str, log: int) -> tuple[dict[str, Any], Process]:
    """(what it prints of itself: addresses and credentials, its process). It is another program on purpose."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "simulator.github", "--state", str(state), "--hook", hook),
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    assert process.stdout
    line = await asyncio.wait_for(process.stdout.readline(), _READY_WITHIN_S)
    if not line:
        raise UserError("The simulated GitHub ended at its start; the log says why.")
    return json.loads(line), process


def _environment(
    environ: Mapping[str, str], data: Path, github: Mapping[str, Any], temporal: str, web: str
) -> dict[str, str]:
    """Ours, with this stack's addresses and App in the place of a real deployment's."""
    kept = {name: value for name, value in environ.items() if name not in (*app_variables(), "AUTOBUILD_SMEE_URL")}
    return {
        **embedded_variables(kept, temporal),
        "AUTOBUILD_DATA": str(data),
        "AUTOBUILD_PORT": web.rpartition(":")[2],
        "AUTOBUILD_BASE_URL": web,
        "AUTOBUILD_GITHUB_URL": github["url"],
        "AUTOBUILD_GITHUB_API_URL": github["api_url"],
        "AUTOBUILD_APP_ID": str(github["app_id"]),
        "AUTOBUILD_PRIVATE_KEY_FILE": github["key_file"],
        "AUTOBUILD_WEBHOOK_SECRET_FILE": github["secret_file"],
    }
