"""Processes that must not outlive the command that started them, however that ends."""

import ctypes
import sys
from collections.abc import Callable

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def die_with_parent(signal_number: int) -> Callable[[], object] | None:
    """For `preexec_fn`: the kernel sends the signal when the parent is gone. Linux only; None elsewhere."""
    if sys.platform != "linux":
        return None
    return lambda: _LIBC.prctl(_PR_SET_PDEATHSIG, signal_number)
