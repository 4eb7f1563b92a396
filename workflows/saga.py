"""What was made, and how each of it is undone: in reverse order, on failure, cancel and rollback."""

from collections.abc import Awaitable, Callable

Undo = Callable[[], Awaitable[object]]


class Saga:
    """Add the undo *before* the step that it undoes: a step that failed may have been done. So each undo must do no
    harm where there is nothing to undo, and where it runs again."""

    def __init__(self) -> None:
        self._undos: list[tuple[str, Undo]] = []

    def add(self, what: str, undo: Undo) -> None:
        """`what` is made next; `undo` takes it back."""
        self._undos.append((what, undo))

    def keep(self) -> None:
        """What was made stays: nothing of it is undone any more."""
        self._undos.clear()

    async def undo(self, failed: Callable[[str, Exception], None]) -> None:
        """Undoes everything, the newest first, each once. One that fails does not keep the others from being undone:
        `failed` hears of it. Where this is cancelled, the next call goes on with the same undo."""
        while self._undos:
            entry = what, undo = self._undos[-1]
            try:
                await undo()
            except Exception as error:  # a cancel is none of these, and goes on
                failed(what, error)
            self._undos.remove(entry)
