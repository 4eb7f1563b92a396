"""Heartbeats beside the work: they prove that this worker lives, and bring it a cancel."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from temporalio import activity

# Twice within the shortest throttle that the worker is set to (`workflows/config.py`).
_EVERY_S = 0.5


@contextlib.asynccontextmanager
async def heartbeating() -> AsyncIterator[None]:
    """Beats until the block ends. A cancel arrives in the block as `asyncio.CancelledError`."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(_EVERY_S)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
