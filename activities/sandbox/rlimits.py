"""The kernel's own limits on a process and all it starts; the watcher beside them sees the whole tree.

Memory and process count are set at twice what was asked for: passing the limit itself is the watcher's
to notice, so that the result can say so, while these stop what grows faster than the watcher looks.
"""

import contextlib
import os
import resource
import sys
from pathlib import Path

from activities.sandbox import ResourceLimits

_OPEN_FILES = 8192


def apply(pid: int, limits: ResourceLimits) -> None:
    """Limits the process `pid`, before it starts others.

    Never RLIMIT_AS: node and Go reserve far more address space than they use.
    """
    if sys.platform != "linux":  # prlimit(2) is Linux's alone
        return
    _lower(pid, resource.RLIMIT_CORE, 0)
    _lower(pid, resource.RLIMIT_FSIZE, limits.file_size)
    _lower(pid, resource.RLIMIT_NOFILE, _OPEN_FILES)
    _lower(pid, resource.RLIMIT_DATA, 2 * limits.memory)
    if _counts_processes_by_namespace():
        _lower(pid, resource.RLIMIT_NPROC, 2 * limits.processes)
    with contextlib.suppress(OSError):  # when memory runs out, the stranger's code goes first
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")


def _lower(pid: int, kind: int, value: int) -> None:
    """Sets soft and hard limit, never above the hard limit there is (only root may raise that)."""
    _, hard = resource.prlimit(pid, kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.prlimit(pid, kind, (value, value))


def _counts_processes_by_namespace() -> bool:
    """Since Linux 5.14 RLIMIT_NPROC counts the user's processes in the process's own user namespace;
    before, those of the whole host, so that a busy account could start nothing. It never binds root."""
    major, minor = os.uname().release.split(".")[:2]
    return (int(major), int("".join(c for c in minor if c.isdigit()) or 0)) >= (5, 14)
