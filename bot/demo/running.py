"""The parts of the demo, one by one on one stack of processes."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.console import make_console
from bot.demo import gate, incident, issue, migrate, model, monitoring, patch
from bot.processes.local_stack import LocalStack, local_stack
from bot.settings import data_folder_of, require_writable
from bot.settings.data_folder import make_private, mention_earlier_folder

if TYPE_CHECKING:
    from rich.console import Console

_WITHIN_S = 600.0
_SHOWN: Mapping[str, "Callable[[Console, LocalStack], Awaitable[None]]"] = {
    "gate": gate.show,
    "migrate": migrate.show,
    "patch": patch.show,
    "issue": issue.show,
    "incident": incident.show,
}


async def run(environ: Mapping[str, str], parts: Sequence[str], *, keep: bool) -> None:
    """Ends when each part has shown how it ended."""
    console = make_console(highlight=False)
    console.print("Starting Temporal, a simulated GitHub, the webhook server and a worker …")
    mention_earlier_folder(environ)
    folder = data_folder_of(environ)
    require_writable(folder)
    data = folder / "demo"
    make_private(data)
    async with contextlib.AsyncExitStack() as exits:
        if {"patch", "issue"} & {*parts}:
            environ = await exits.enter_async_context(model.model_server(data, environ))
        if "incident" in parts:
            environ = await exits.enter_async_context(monitoring.monitored(data, environ))
        stack = await exits.enter_async_context(local_stack(data, environ))
        await exits.enter_async_context(stack.parts().watched())
        for part in parts:
            await asyncio.wait_for(_SHOWN[part](console, stack), _WITHIN_S)
        if keep:
            console.print(f"\nTemporal UI: {stack.temporal_ui}   Log: {stack.log}   Press Ctrl-C to stop.")
            await asyncio.Event().wait()
