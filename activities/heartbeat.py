"""Heartbeats of a running activity: they show that its worker is alive, and bring it a cancellation."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from temporalio import activity

# Twice within the shortest throttle that the worker is set to (`workflows/config.py`).
_EVERY_S = 0.5


@contextlib.asynccontextmanager
async def heartbeating() -> AsyncIterator[None]:
    """Sends heartbeats until the block ends. A cancellation arrives in the block as `asyncio.CancelledError`."""

    async def send_heartbeats() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(_EVERY_S)

    task = asyncio.create_task(send_heartbeats())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
