"""Heartbeats of a running activity: they show that its worker is alive, and bring it a cancellation."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from temporalio import activity

HEARTBEAT_INTERVAL_S = 0.5
"""Also the worker's longest throttle (`workflows/config.py`): a heartbeat is held back no longer than this."""


@contextlib.asynccontextmanager
async def heartbeating(details: Callable[[], tuple[object, ...]] = tuple) -> AsyncIterator[None]:
    """Sends heartbeats until the block ends, or the function that it decorates. A cancellation arrives there as
    `asyncio.CancelledError`. `details` is what a later attempt goes on from."""

    async def send_heartbeats() -> None:
        while True:
            activity.heartbeat(*details())
            await asyncio.sleep(HEARTBEAT_INTERVAL_S)

    task = asyncio.create_task(send_heartbeats())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
