"""Running a command until it ends or a signal stops it: SIGINT and SIGTERM cancel the work, which may clean up."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

import click

T = TypeVar("T")


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """The work's result. Raises `click.Abort` where a signal stopped it."""
    try:
        return asyncio.run(_stoppable(work))
    except asyncio.CancelledError:
        raise click.Abort from None


def run_server(work: Coroutine[Any, Any, None]) -> int:
    """The exit code. A signal is the usual end of a server: 0."""
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_stoppable(work))
    return 0


async def _stoppable(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    return await task
