"""The processes that belong together, and what happens when one of them ends.

Whatever ends one of them, it is started again: the others go on meanwhile. One that ends again and again, that said
itself why it cannot run, or whose memory is lost with it, ends everything: an exit code is what systemd, a container
engine and Fly.io act upon.
"""

import asyncio
import contextlib
import logging
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from activities.errors import UserError
from bot.processes.children import COULD_NOT_RUN, start_child, stop_children

_MOST_ENDS = 3
_WITHIN_S = 600.0

_log = logging.getLogger("autobuild")


@dataclass
class Part:
    """One process. `restart` starts it again; None where that is no use, for which `lost` is the reason.

    `final` is the exit code of a program that has said why it cannot run: starting it again would change nothing.
    """

    name: str
    process: Process
    restart: Callable[[], Awaitable[Process]] | None = None
    lost: str = ""
    final: int | None = None


class Parts:
    """Processes that are watched together. `changed` is called with the process ids by name, at each change; `output`
    is where they write."""

    def __init__(
        self,
        *parts: Part,
        changed: Callable[[Mapping[str, int]], None] = lambda _: None,
        output: str = "Its output",
    ) -> None:
        self._parts = parts
        self._changed = changed
        self._output = output

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Watches them for the block. Where one cannot go on, the block is cancelled, and UserError names it."""
        self._changed(self._ids())
        try:
            async with asyncio.TaskGroup() as group:
                watchers = [group.create_task(self._watch(part)) for part in self._parts]
                yield
                for watcher in watchers:
                    watcher.cancel()
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None

    def _ids(self) -> dict[str, int]:
        return {part.name: part.process.pid for part in self._parts}

    async def _watch(self, part: Part) -> None:
        now, ends = asyncio.get_running_loop().time, list[float]()
        while True:
            code = await part.process.wait()
            ends = [*(end for end in ends if now() - end < _WITHIN_S), now()]
            if part.restart is None:
                raise UserError(f"The {part.name} {how_it_ended(code)}. {part.lost}")
            if code == part.final:
                raise UserError(
                    f"The {part.name} {how_it_ended(code)}, so everything is stopped. {self._output} says why."
                )
            if len(ends) > _MOST_ENDS:
                raise UserError(
                    f"The {part.name} ended {len(ends)} times within {_WITHIN_S / 60:g} minutes, so everything is "
                    f"stopped. The last time it {how_it_ended(code)}. {self._output} may say why; else look at this "
                    "host's memory and disk."
                )
            _log.error("part=%r end=%r action=restart", part.name, how_it_ended(code))
            with contextlib.suppress(UserError):  # its process has ended again
                part.process = await part.restart()
            self._changed(self._ids())


@contextlib.asynccontextmanager
async def own_commands(commands: Mapping[str, str], environ: Mapping[str, str]) -> AsyncIterator[list[Part]]:
    """Our own commands, by their name as a part, each as a process that ends with the block at the latest."""
    parts: list[Part] = []
    try:
        for name, command in commands.items():
            start = partial(start_child, command, environ)
            parts.append(Part(name, await start(), start, final=COULD_NOT_RUN))
        yield parts
    finally:
        await stop_children([part.process for part in parts])


def how_it_ended(code: int) -> str:
    """`was ended by SIGKILL`, or with which exit code."""
    if code >= 0:
        return f"ended with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"
