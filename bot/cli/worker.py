"""`autobuild worker`"""

import asyncio
import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.settings import Settings

_log = logging.getLogger("autobuild")


@click.command(name="worker")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Number of processes.")
def command(workers: int) -> int:
    """Run a Temporal worker, which runs the workflows and the checks."""
    from bot.cli.signals import run_server

    return run_server(run(os.environ, workers))


async def run(environ: Mapping[str, str], workers: int) -> None:
    """Works until it is cancelled: in this process, or with `workers` processes below it."""
    from bot.client import connect_once_available
    from bot.processes.health import worker_health
    from bot.processes.parts import Parts, own_commands
    from bot.settings import Settings, require_writable
    from bot.settings.data_folder import keep_private, mention_earlier_folder
    from bot.settings.running_up import with_temporal_of_up
    from bot.settings.temporal import connection_settings

    keep_private()
    mention_earlier_folder(environ)
    environ = with_temporal_of_up(environ)
    connection_settings(environ)
    async with worker_health(Settings.load(environ, needs=()), environ) as app_is_known:
        settings = await _settings_once_registered(environ)
        require_writable(settings.data)
        app_is_known()
        if workers == 1:
            await _work(settings, environ)
        await connect_once_available(environ)  # here, so that there is one log line, not one of each
        names = {f"worker {number + 1}": "worker" for number in range(workers)}
        environ = {**environ, "AUTOBUILD_HEALTH_PORT": ""}
        async with own_commands(names, environ) as commands, Parts(*commands).watched():
            await asyncio.Event().wait()


async def _settings_once_registered(environ: Mapping[str, str]) -> "Settings":
    """A worker may start before the App is registered: the webhook server stores it in the same data folder."""
    from bot.settings import WORKER_NEEDS, Settings, app_is_known, credentials
    from bot.telemetry import prepare

    settings = Settings.load(environ, needs=())
    if not app_is_known(environ, settings.data):
        prepare(settings)
        why = "register the App with the webhook server, which shares this data folder"
        if settings.setup == "print":
            why = "register the App with the webhook server, then restart this with the settings that it shows"
        _log.info("app=none waiting_for=%s why=%r", credentials.place(settings.data), why)
        await credentials.appears(settings.data)
    settings = Settings.load(environ, needs=WORKER_NEEDS)
    prepare(settings)
    return settings


async def _work(settings: "Settings", environ: Mapping[str, str]) -> None:
    from bot import client
    from bot.processes import monitoring, schedules
    from bot.settings.incidents import incident_deployment
    from bot.worker import make_worker_activities, run_worker
    from workflows.registered import ALL

    temporal = await client.connect_once_available(environ)
    async with make_worker_activities(settings, environ, ALL) as activities, run_worker(temporal, settings, activities):
        await schedules.ensure(temporal, settings.task_queue)
        await monitoring.ensure(temporal, settings.task_queue, incident_deployment(settings, environ).file)
        print(f"Working on {settings.task_queue} and {activities.queue}", flush=True)
        await client.log_outages(temporal)
