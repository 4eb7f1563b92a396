"""What was made is undone in reverse order, each once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from workflows.saga import Saga


class Undoing:
    """What was undone, and what failed."""

    def __init__(self) -> None:
        self.undone: list[str] = []
        self.failures: list[str] = []

    def undo(self, what: str, error: BaseException | None = None) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            self.undone.append(what)
            if error and self.undone.count(what) == 1:
                raise error

        return run

    def failed(self, what: str, error: Exception) -> None:
        self.failures.append(f"{what}: {error}")


async def test_newest_first_and_one_that_fails_does_not_stop_the_others() -> None:
    saga, undoing = Saga(), Undoing()
    for what in ("branch", "pull", "comment"):
        saga.add(what, undoing.undo(what, ValueError("no") if what == "pull" else None))
    await saga.undo(undoing.failed)
    await saga.undo(undoing.failed)
    assert undoing.undone == ["comment", "pull", "branch"]
    assert undoing.failures == ["pull: no"]


async def test_a_cancel_goes_on_and_the_rest_can_still_be_undone() -> None:
    saga, undoing = Saga(), Undoing()
    for what in ("branch", "pull", "comment"):
        saga.add(what, undoing.undo(what, asyncio.CancelledError() if what == "pull" else None))
    with pytest.raises(asyncio.CancelledError):
        await saga.undo(undoing.failed)
    await saga.undo(undoing.failed)
    assert undoing.undone == ["comment", "pull", "pull", "branch"]
    assert undoing.failures == []


async def test_what_is_kept_is_not_undone() -> None:
    saga, undoing = Saga(), Undoing()
    saga.add("branch", undoing.undo("branch"))
    saga.keep()
    saga.add("pull", undoing.undo("pull"))
    await saga.undo(undoing.failed)
    assert undoing.undone == ["pull"]
