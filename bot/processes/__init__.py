"""The long-running commands: the web process, the worker, and both with a Temporal server in one terminal."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from activities.errors import UserError
from bot import client as temporal_client
from bot.processes.orphans import die_with_parent
from bot.processes.temporal_server import temporal_server
from bot.settings import WORKER_NEEDS, Settings, app_is_known, credentials
from bot.telemetry import prepare

_log = logging.getLogger("autobuild")
_GRACE_S = 15.0
T = TypeVar("T")


async def stoppable(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` until it ends or somebody sends SIGINT or SIGTERM: then it is cancelled, and may clean up."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    return await task


async def until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """The same for a server, whose usual end is a signal."""
    with contextlib.suppress(asyncio.CancelledError):
        await stoppable(work)


async def work(environ: Mapping[str, str], workers: int) -> None:
    """`autobuild worker`: this process, or as many as are wanted below it."""
    from bot.processes.health import worker_health

    async with worker_health(Settings.load(environ, needs=()), environ) as there_is_an_app:
        settings = await _once_there_is_an_app(environ)
        _must_be_writable(settings.data)
        there_is_an_app()
        if workers == 1:
            await _work(settings, environ)
        await _watch([await start_child("worker", {**environ, "AUTOBUILD_HEALTH_PORT": ""}) for _ in range(workers)])


async def _watch(children: list[asyncio.subprocess.Process]) -> None:
    """Until one ends: then all do."""
    try:
        await asyncio.wait([asyncio.create_task(child.wait()) for child in children], return_when="FIRST_COMPLETED")
        raise UserError("A process ended; its own messages say why.")
    finally:
        await stop_children(children)


async def _once_there_is_an_app(environ: Mapping[str, str]) -> Settings:
    """A worker may be started before the App is registered: the web process stores it in the same data folder."""
    settings = Settings.load(environ, needs=())
    if not app_is_known(environ, settings.data):
        prepare(settings)
        alone = "it is shown in the web process: start this again with its settings"
        why = alone if settings.setup == "print" else "it is set up in the web process, over the same data folder"
        _log.info("app=none waiting_for=%s why=%r", credentials.place(settings.data), why)
        await credentials.appears(settings.data)
    settings = Settings.load(environ, needs=WORKER_NEEDS)
    prepare(settings)
    return settings


async def _work(settings: Settings, environ: Mapping[str, str]) -> None:
    from bot.processes import schedules
    from bot.worker import make_worker_activities, run_worker

    temporal = await temporal_client.connect(environ=environ)
    async with make_worker_activities(settings, environ) as activities, run_worker(temporal, settings, activities):
        await schedules.ensure(temporal, settings.task_queue)
        print(f"Working on {settings.task_queue} and {activities.queue}", flush=True)
        await asyncio.Event().wait()


async def up(environ: Mapping[str, str], *, pretend: bool, smee: str = "") -> None:
    """`autobuild up`: a Temporal server (unless TEMPORAL_ADDRESS names one), the door and a worker.

    `smee` is a channel that brings events through a firewall. Without an App the door registers one, and the worker
    waits for it.
    """
    if pretend:
        from bot.processes.local_stack import local_stack

        async with local_stack(Path(environ.get("AUTOBUILD_DATA", ".autobuild")) / "pretend", environ) as ready:
            print(f"GitHub {ready.github}, webhooks {ready.web}, Temporal {ready.temporal_ui}", flush=True)
            await asyncio.Event().wait()
    settings = Settings.load(environ, needs=())
    if app_is_known(environ, settings.data):
        Settings.load(environ)
    _must_be_writable(settings.data)
    async with contextlib.AsyncExitStack() as stack:
        env = {**environ, **({"AUTOBUILD_SMEE_URL": smee} if smee else {})}
        if not environ.get("TEMPORAL_ADDRESS"):
            server = await stack.enter_async_context(temporal_server(settings.data / "temporal.db", ui=True))
            env["TEMPORAL_ADDRESS"] = server.address
            print(f"Temporal {server.address}, its pages {server.ui}", flush=True)
        await _watch([await start_child("serve", env), await start_child("worker", env)])


def _must_be_writable(data: Path) -> None:
    """A volume that was just mounted often belongs to somebody else."""
    with contextlib.suppress(OSError):
        data.mkdir(parents=True, exist_ok=True)
    if not (data.is_dir() and os.access(data, os.W_OK | os.X_OK)):
        user = os.geteuid()
        raise UserError(f"User {user} cannot write {data}: `chown {user} {data}`, or set another AUTOBUILD_DATA.")


async def start_child(
    command: str, environ: Mapping[str, str], output: int | None = None, options: tuple[str, ...] = ()
) -> asyncio.subprocess.Process:
    """One of our own commands as a process of its own; `-P`, or a repository's `bot/` would be started in our place."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "bot", command, *options),
        env=dict(environ),
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )


async def stop_children(children: list[asyncio.subprocess.Process]) -> None:
    """Asks them to end, and ends them when they take too long."""
    alive = [child for child in children if child.returncode is None]
    for child in alive:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGTERM)
    for child in alive:
        try:
            await asyncio.wait_for(child.wait(), _GRACE_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
