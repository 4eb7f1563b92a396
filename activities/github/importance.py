"""Which requests may wait where an installation's requests of an hour run low: all but those of required activities."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

_REQUIRED: ContextVar[bool] = ContextVar("required", default=True)


def is_required() -> bool:
    """Whether the present activity is needed for check runs, which may be required for a merge."""
    return _REQUIRED.get()


@contextlib.contextmanager
def importance(*, required: bool) -> Iterator[None]:
    """Of the requests within the block, also by the tasks that it starts."""
    token = _REQUIRED.set(required)
    try:
        yield
    finally:
        _REQUIRED.reset(token)
