"""Whether the other parts of the `autobuild up` that this webhook server belongs to are alive."""

import os
from pathlib import Path

import psutil
from temporalio.client import Client

from bot.settings import running_up
from bot.webhook.dispatch import answers

_DEAD = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD, psutil.STATUS_STOPPED)


async def dead_part(data: Path, temporal: Client) -> str:
    """What does not run, as a sentence; "" where all do, and for a webhook server that runs by itself. Known within
    2 s."""
    running = running_up.read(data)
    if running is None or running.pid != os.getppid():
        return ""
    for name, pid in running.parts.items():
        if not _runs(pid):
            return f"The {name} is not running."
    if running_up.TEMPORAL in running.parts and not await answers(temporal):
        return "The Temporal server does not answer."
    return ""


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() not in _DEAD
    except psutil.Error:
        return False
