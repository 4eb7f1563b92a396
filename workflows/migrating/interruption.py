"""Work of a migration that people interrupt, and work that nobody may."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from temporalio import workflow

R = TypeVar("R")


class InterruptedStep(Exception):
    """A person asked for something that ends the running work, or the host with its commits was lost."""


async def unless(interrupted: Callable[[], bool], work: Coroutine[Any, Any, R]) -> R:
    """The work's result. Raises InterruptedStep once `interrupted` is true: then it has been cancelled, and its
    processes are dead, as they are where this itself is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        await workflow.wait_condition(lambda: task.done() or interrupted())
    except asyncio.CancelledError:
        await _ended(task)
        raise
    if task.done():
        return task.result()
    await _ended(task)
    raise InterruptedStep


async def _ended(task: "asyncio.Task[Any]") -> None:
    """However it ended, nobody asks for it any more."""
    task.cancel()
    with contextlib.suppress(Exception, asyncio.CancelledError):
        await task


async def to_its_end(work: Coroutine[Any, Any, R]) -> R:
    """The result of what is not cancelled with everything else: it undoes what was made, and says how it ended."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    return task.result()


async def side_by_side(works: Sequence[Awaitable[R]]) -> list[R]:
    """All results. Where one fails, or this is cancelled, all others have ended before it raises."""

    async def run(work: Awaitable[R]) -> R:
        return await work

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(run(work)) for work in works]
    except BaseExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first from first.__cause__  # which says why
    return [task.result() for task in tasks]
