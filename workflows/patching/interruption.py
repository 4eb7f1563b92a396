"""Work of a patch that a person stops, whose result counts all the same."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow

R = TypeVar("R")


class StoppedPatch(Exception):
    """A person ended it."""


async def unless_stopped(stopped: Callable[[], bool], work: Coroutine[Any, Any, R]) -> R:
    """The work's result, also where it was cancelled since `stopped` is true, and gave one then: what it cost is known
    so. Raises StoppedPatch where it gave none."""
    task = asyncio.ensure_future(work)
    try:
        await workflow.wait_condition(lambda: task.done() or stopped())
    except asyncio.CancelledError:
        task.cancel()
        with contextlib.suppress(Exception, asyncio.CancelledError):
            await task
        raise
    if task.done():
        return task.result()
    task.cancel()
    try:
        return await task
    except (Exception, asyncio.CancelledError) as error:
        raise StoppedPatch from error
