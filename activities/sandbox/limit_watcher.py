"""Waits until a run passes one of its limits, and says which."""

import asyncio
from collections.abc import Callable

from activities.sandbox import ResourceLimits
from activities.sandbox.disk_usage import Disk
from activities.sandbox.usage import Usage

_EVERY_S = 0.05


async def first_limit_passed(
    limits: ResourceLimits, usage: Callable[[], Usage], met: Callable[[], str], disk: Disk, proc: str
) -> str:
    """Gives "time", "memory", "processes" or "disk". To be cancelled when the run ends by itself.
    `met` names a limit that the kernel has held the run to already, before it was seen to pass ours.
    `proc` is a procfs that lists the run's processes, "" where there is none.

    Disk is watched beside the rest, since a walk over many files takes longer than a memory bomb.
    """
    watches = [asyncio.create_task(_processes(limits, usage, met)), asyncio.create_task(_disk(disk, proc))]
    try:
        done, _ = await asyncio.wait(watches, timeout=limits.wall_s, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result() if done else "time"
    finally:
        for task in watches:
            task.cancel()


async def _processes(limits: ResourceLimits, usage: Callable[[], Usage], met: Callable[[], str]) -> str:
    while True:
        await asyncio.sleep(_EVERY_S)
        if stopped := met():
            return stopped
        now = usage()
        if now.processes > limits.processes:
            return "processes"
        if now.memory > limits.memory:
            return "memory"


async def _disk(disk: Disk, proc: str) -> str:
    while True:
        await asyncio.sleep(_EVERY_S)
        if disk.due() and await asyncio.to_thread(disk.over, proc):
            return "disk"
