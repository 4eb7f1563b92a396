"""How a planned change is stopped: work that has begun gives what it has, and what it cost."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.patching.interruption import StoppedPatch, unless_stopped

R = TypeVar("R")


class Stop:
    """Of one workflow. `why` is the sentence for a person, "" until it is stopped."""

    def __init__(self) -> None:
        self.why = ""

    @property
    def asked(self) -> bool:
        return bool(self.why)

    def ask(self, why: str) -> None:
        """The first reason counts."""
        self.why = self.why or why

    async def unless(self, work: Coroutine[Any, Any, R]) -> R:
        """The work's result. Raises StoppedPatch where it was stopped, and gave none."""
        result: R = await unless_stopped(lambda: self.asked, work)
        return result

    async def by_cancel(self, work: Coroutine[Any, Any, R], why: str) -> R:
        """The work's result. A cancel is a stop: what runs then is ended, and gives what it has."""
        task = asyncio.ensure_future(work)
        while not task.done():
            try:
                await asyncio.shield(task)
            except asyncio.CancelledError:
                self.ask(why)
        return task.result()

    def go_on(self) -> None:
        """Raises StoppedPatch where it may not."""
        if self.asked:
            raise StoppedPatch
