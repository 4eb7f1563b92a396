"""Commands of an agent, in the private copy of the files that it works on."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from activities.quality_gate.measurement import BenchOfFolder, Tree
from activities.sandbox import ProcessResult, SandboxCommand
from activities.tooling import Workbench


class CopyCommands:
    """Each with the environment of the project in which it is started. That is prepared for the first command that
    needs it: an agent that only reads needs none. `problem` is why one could not be prepared: no fault of the agent."""

    def __init__(self, copy: Path, tree: Callable[[], Awaitable[Tree]], exits: contextlib.AsyncExitStack) -> None:
        self.problem: Exception | None = None
        self._copy = copy
        self._tree = tree
        self._exits = exits
        self._bench_of: BenchOfFolder | None = None
        self._preparing = asyncio.Lock()

    async def run(self, command: SandboxCommand) -> ProcessResult:
        """What it writes to the copy stays."""
        async with self._preparing:
            try:
                bench = await self._prepared(os.path.normpath(command.cwd))
            except Exception as error:
                self.problem = error
                raise
        # What we wrote since the last command is given to the next one's user with the folder.
        os.chown(self._copy, os.geteuid(), -1)
        return await bench.run(command)

    async def _prepared(self, folder: str) -> Workbench:
        if self._bench_of is None:
            tree = await self._tree()
            self._bench_of = await self._exits.enter_async_context(tree.benches_on(self._copy))
        return await self._bench_of(folder)


@contextlib.asynccontextmanager
async def commands_in(copy: Path, tree: Callable[[], Awaitable[Tree]]) -> AsyncIterator[CopyCommands]:
    """`copy` is a private copy of what `tree` gives."""
    async with contextlib.AsyncExitStack() as exits:
        yield CopyCommands(copy, tree, exits)
