"""The long-running commands: the web process, the worker, and both with a Temporal server in one terminal."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from activities.errors import UserError
from bot import client as temporal_client
from bot.embedded import temporal_server
from bot.orphans import die_with_parent
from bot.settings import WEB_NEEDS, WORKER_NEEDS, Settings

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


async def serve(environ: Mapping[str, str]) -> None:
    """`autobuild serve`."""
    settings = Settings.load(environ, needs=WEB_NEEDS)
    _prepare(settings)
    async with web_server(settings, environ) as address:
        print(f"Listening on {address}/webhook", flush=True)
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def web_server(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[str]:
    """The door, for the block; gives its address. It starts without Temporal and says 503 until that answers."""
    from bot.web import make_app

    temporal = await temporal_client.connect(environ=environ, lazy=True)
    runner = web.AppRunner(make_app(settings, temporal), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, settings.host, settings.port)
    await site.start()
    port = runner.addresses[0][1]
    gc.freeze()  # all that is loaded stays: looking through it again and again is a tenth of an answer's time
    try:
        yield f"http://{settings.host}:{port}"
    finally:
        await runner.cleanup()


async def work(environ: Mapping[str, str], workers: int) -> None:
    """`autobuild worker`: this process, or as many as are wanted below it."""
    settings = Settings.load(environ, needs=WORKER_NEEDS)
    _prepare(settings)
    if workers == 1:
        await _work(settings, environ)
    children = [await start_child("worker", environ) for _ in range(workers)]
    try:
        await asyncio.wait([asyncio.create_task(child.wait()) for child in children], return_when="FIRST_COMPLETED")
        raise UserError("A worker process ended; its own messages say why.")
    finally:
        await stop_children(children)


async def _work(settings: Settings, environ: Mapping[str, str]) -> None:
    from bot.worker import make_hands, run_worker

    temporal = await temporal_client.connect(environ=environ)
    async with make_hands(settings, environ) as hands, run_worker(temporal, settings, hands):
        print(f"Working on {settings.task_queue} and {hands.queue}", flush=True)
        await asyncio.Event().wait()


async def up(environ: Mapping[str, str], *, pretend: bool) -> None:
    """`autobuild up`: a Temporal server (unless TEMPORAL_ADDRESS names one), the door and a worker."""
    if pretend:
        from bot.stage import stage

        async with stage(Path(environ.get("AUTOBUILD_DATA", ".autobuild")) / "pretend", environ) as ready:
            print(f"GitHub {ready.github}, webhooks {ready.web}, Temporal {ready.temporal_ui}", flush=True)
            await asyncio.Event().wait()
    settings = Settings.load(environ)
    async with contextlib.AsyncExitStack() as stack:
        env = dict(environ)
        if not environ.get("TEMPORAL_ADDRESS"):
            server = await stack.enter_async_context(temporal_server(settings.data / "temporal.db", ui=True))
            env["TEMPORAL_ADDRESS"] = server.address
            print(f"Temporal {server.address}, its pages {server.ui}", flush=True)
        children = [await start_child("serve", env), await start_child("worker", env)]
        stack.push_async_callback(stop_children, children)
        await asyncio.wait([asyncio.create_task(child.wait()) for child in children], return_when="FIRST_COMPLETED")
        raise UserError("A process ended; its own messages say why.")


async def start_child(
    command: str, environ: Mapping[str, str], output: int | None = None, options: tuple[str, ...] = ()
) -> asyncio.subprocess.Process:
    """One of our own commands as a process of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", command, *options),
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


def _prepare(settings: Settings) -> None:
    logging.basicConfig(level=settings.log_level, format="%(asctime)s level=%(levelname)s logger=%(name)s %(message)s")
    if settings.sentry_dsn:
        import sentry_sdk

        # No payload, no person, no local variable leaves this machine.
        sentry_sdk.init(
            settings.sentry_dsn, send_default_pii=False, include_local_variables=False, max_request_body_size="never"
        )
