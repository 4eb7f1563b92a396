"""How long tests wait. None depends on the machine's speed: a deadline only ends a test that would wait for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

WITHIN_S = 120.0
T = TypeVar("T")


async def until(ask: Callable[[], Awaitable[T]]) -> T:
    """The first answer that is true, for what announces no change: Temporal's queries and lists.

    Asks less and less often: asking without a pause takes the processor from what is waited for.
    """
    pause_s = 0.005
    async with asyncio.timeout(WITHIN_S):
        while not (answer := await ask()):
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, 0.2)
    return answer
