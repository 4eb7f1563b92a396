"""Whose processes are counted."""

import os

from activities.sandbox.usage import Usage, listed, measure


def test_this_hosts_processes_are_never_a_runs() -> None:
    """Until a sandbox has changed its root, the way through it leads to all processes of the host."""
    early = f"/proc/{os.getpid()}/root/proc"
    assert os.path.exists(f"{early}/{os.getpid()}")
    assert listed(early) == []
    assert measure(early, 1, 1) == Usage(0, 0)


def test_where_no_procfs_is_nobody_is_listed() -> None:
    assert listed("") == listed("/proc/0/root/proc") == []
