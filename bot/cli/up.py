"""`autobuild up`"""

import asyncio
import contextlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.processes.temporal_server import LocalTemporal
    from bot.settings.running_up import UpRecord


@click.command(name="up")
@click.option("--pretend", is_flag=True, help="Use a simulated GitHub.")
@click.option("--smee", default="", metavar="URL", help="Also receive events from this smee channel.")
def command(pretend: bool, smee: str) -> int:
    """Run Temporal, the webhook server and a worker in one terminal."""
    from bot.cli.signals import run_server

    return run_server(_run_simulated(os.environ) if pretend else _run(os.environ, smee))


async def _run(environ: Mapping[str, str], smee: str) -> None:
    """The environment may name another Temporal. Without an App the webhook server registers one, and the worker waits
    for it."""
    from bot import telemetry
    from bot.processes.temporal_server import temporal_server
    from bot.settings import Settings, app_is_known, require_writable
    from bot.settings.data_folder import keep_private, mention_earlier_folder
    from bot.settings.running_up import recorded
    from bot.settings.temporal import connection_settings, embedded_variables, names_temporal

    keep_private()
    mention_earlier_folder(environ)
    settings = Settings.load(environ, needs=())
    if app_is_known(environ, settings.data):
        Settings.load(environ)
    telemetry.prepare(settings)
    require_writable(settings.data)
    data = settings.data.absolute()
    env = {**environ, "AUTOBUILD_DATA": str(data), **({"AUTOBUILD_SMEE_URL": smee} if smee else {})}
    async with contextlib.AsyncExitStack() as exits:
        server = None
        if names_temporal(environ):
            connection_settings(environ)
        else:
            server = await exits.enter_async_context(temporal_server(data / "temporal.db", ui=True))
            env = embedded_variables(env, server.address)
            print(f"Temporal: {server.address}   Temporal UI: {server.ui}", flush=True)
        await _serve_and_work(env, server, exits.enter_context(recorded(data, "autobuild up", env)))


async def _serve_and_work(env: Mapping[str, str], server: "LocalTemporal | None", record: "UpRecord") -> None:
    from bot.processes.children import COMMANDS
    from bot.processes.parts import Part, Parts, own_commands
    from bot.settings.running_up import TEMPORAL

    temporal = [Part(TEMPORAL, server.process, server.restart)] if server else []
    async with own_commands(COMMANDS, env) as commands, Parts(*temporal, *commands, changed=record.write).watched():
        await asyncio.Event().wait()


async def _run_simulated(environ: Mapping[str, str]) -> None:
    from bot import telemetry
    from bot.processes.local_stack import local_stack
    from bot.settings import Settings, data_folder_of
    from bot.settings.data_folder import mention_earlier_folder

    mention_earlier_folder(environ)
    async with local_stack(data_folder_of(environ) / "pretend", environ, "autobuild up --pretend") as stack:
        telemetry.prepare(Settings.load(stack.env, needs=()))
        print(f"GitHub: {stack.github}   Webhook server: {stack.web}   Temporal UI: {stack.temporal_ui}", flush=True)
        async with stack.parts().watched():
            await stack.do("add_installation", login="octocat")
            await asyncio.Event().wait()
