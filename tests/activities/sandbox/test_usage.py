"""Which processes are counted."""

import os

from activities.sandbox.usage import Usage, measure, processes_in


def test_processes_of_this_host_are_not_counted() -> None:
    """Until a sandbox has changed its root, the way through it leads to all processes of the host."""
    early = f"/proc/{os.getpid()}/root/proc"
    assert os.path.exists(f"{early}/{os.getpid()}")
    assert processes_in(early) == []
    assert measure(early, 1, 1) == Usage(0, 0)


def test_no_process_is_listed_without_a_procfs() -> None:
    assert processes_in("") == processes_in("/proc/0/root/proc") == []
