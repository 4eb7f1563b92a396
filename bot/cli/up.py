"""`autobuild up`"""

import asyncio
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import click


@click.command(name="up")
@click.option("--pretend", is_flag=True, help="Use a simulated GitHub.")
@click.option("--smee", default="", metavar="URL", help="Also receive events from this smee channel.")
def command(pretend: bool, smee: str) -> int:
    """Run Temporal, the webhook server and a worker in one terminal."""
    from bot.cli.signals import run_server

    return run_server(_run_simulated(os.environ) if pretend else _run(os.environ, smee))


async def _run(environ: Mapping[str, str], smee: str) -> None:
    """TEMPORAL_ADDRESS may name another Temporal. Without an App the webhook server registers one, and the worker
    waits for it."""
    from bot.processes.children import run_together
    from bot.processes.temporal_server import temporal_server
    from bot.settings import Settings, app_is_known, require_writable
    from bot.settings.data_folder import keep_private

    keep_private()
    settings = Settings.load(environ, needs=())
    if app_is_known(environ, settings.data):
        Settings.load(environ)
    require_writable(settings.data)
    async with contextlib.AsyncExitStack() as exits:
        env = {**environ, **({"AUTOBUILD_SMEE_URL": smee} if smee else {})}
        if not environ.get("TEMPORAL_ADDRESS"):
            server = await exits.enter_async_context(temporal_server(settings.data / "temporal.db", ui=True))
            env["TEMPORAL_ADDRESS"] = server.address
            print(f"Temporal: {server.address}   Temporal UI: {server.ui}", flush=True)
        await run_together("serve", "worker", environ=env)


async def _run_simulated(environ: Mapping[str, str]) -> None:
    from bot.processes.local_stack import local_stack

    async with local_stack(Path(environ.get("AUTOBUILD_DATA", ".autobuild")) / "pretend", environ) as stack:
        print(f"GitHub: {stack.github}   Webhook server: {stack.web}   Temporal UI: {stack.temporal_ui}", flush=True)
        await asyncio.Event().wait()
