"""The checks of a running gate on a terminal, as they end."""

import asyncio
import contextlib
from collections.abc import Mapping

from temporalio.client import Client

from activities.quality_gate.types import GateOutcome
from bot.client import WorkflowClient
from bot.console import make_console
from bot.local_gate.folder import LocalHead
from bot.local_gate.terminal import MARKS, print_head
from workflows.quality.gate import QualityGateWorkflow

_POLL_EVERY_S = 0.3


async def follow(workflows: WorkflowClient, client: Client, workflow_id: str, head: LocalHead) -> GateOutcome:
    """Prints each check as it ends, and gives the outcome."""
    console = make_console(stderr=True)
    print_head(head)
    handle = client.get_workflow_handle_for(QualityGateWorkflow.run, workflow_id)
    ending = asyncio.create_task(workflows.wait_for_gate(workflow_id))
    shown: set[str] = set()
    with console.status("starting …") as line:
        while not ending.done():
            progress: Mapping[str, str] = {}
            with contextlib.suppress(Exception):  # a query fails until a worker has the workflow
                progress = await handle.query(QualityGateWorkflow.get_progress)
            running = [name for name, state in progress.items() if state == "running"]
            line.update(f"running: {', '.join(running)}" if running else "starting …")
            for name in progress.keys() - shown:
                if progress[name] != "running":
                    console.print(f"{MARKS[progress[name]]} {name} {progress[name]}")
                    shown.add(name)
            await asyncio.wait({ending}, timeout=_POLL_EVERY_S)
    return await ending
