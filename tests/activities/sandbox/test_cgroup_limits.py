"""The kernel's own hard limit on a run, where this host offers one: nobody outgrows it or outlives it."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from activities.sandbox import ResourceLimits, Runner, SandboxSpec
from activities.sandbox.cgroup_limits import SLACK, Cap, capped
from activities.sandbox.cgroups import Home, homes, new_name, own_folder, sweep
from activities.sandbox.unsandboxed import UnsandboxedRunner
from tests.activities.sandbox.conftest import LIMITS, Marked, python, shell

MIB = 1024**2
FORKS = """
import os, signal
made = 0
try:
    while made < 500:
        os.fork() or signal.pause()
        made += 1
except OSError:
    pass
print(made)
"""
GIVES_UP = "import os, signal, sys\ntry:\n    while True: os.fork() or signal.pause()\nexcept OSError:\n    os._exit(3)"
RUNS_AWAY = """
import os, sys
if not os.fork():
    os.setsid()
    if not os.fork():
        os.execve(sys.executable, [sys.executable, "-c", "import signal; signal.pause()", sys.argv[1]], {})
    os._exit(0)
os.wait()
"""
FILLS = f"held = []\nwhile len(held) < 400: held.append(b'x' * {MIB})"

HYBRID = """
30 25 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
31 30 0:27 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw
32 30 0:28 / /sys/fs/cgroup/systemd rw,nosuid - cgroup cgroup rw,xattr,name=systemd
33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
34 30 0:30 / /sys/fs/cgroup/pids rw,nosuid shared:9 - cgroup cgroup rw,pids
""".strip()
CONTAINER = """
40 39 0:30 /docker/7d /sys/fs/cgroup/pids ro,nosuid master:9 - cgroup cgroup rw,pids
""".strip()
SECOND = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot"
V2: frozenset[str] = frozenset()
PIDS = frozenset({"pids"})


def home_of(controller: str) -> Home:
    home = next((home for home in homes() if controller in home.controllers), None)
    return home or pytest.skip(f"this host lets us make no groups of {controller}")


async def said(cap: Cap, script: str, *arguments: str) -> str:
    """The first line that the script prints, capped by nothing else than `cap`."""
    process = await asyncio.create_subprocess_exec(
        *(*cap.before(), sys.executable, "-c", script, *arguments), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        return (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
    finally:
        cap.empty()
        await process.wait()


@pytest.mark.parametrize(
    ("mounts", "controllers", "path", "folder"),
    [
        ("", PIDS, "/", None),
        (SECOND, PIDS, "/", None),
        (HYBRID, frozenset({"memory"}), "/", None),
        (CONTAINER, PIDS, "/", None),
        (CONTAINER, PIDS, "/docker/8e", None),
        (CONTAINER, PIDS, "/docker/7d", "/sys/fs/cgroup/pids"),
        (CONTAINER, PIDS, "/docker/7d/a", "/sys/fs/cgroup/pids/a"),
        (HYBRID, PIDS, "/system.slice/a.service", "/sys/fs/cgroup/pids/system.slice/a.service"),
        (HYBRID, frozenset({"cpu", "cpuacct"}), "/", "/sys/fs/cgroup/cpu,cpuacct"),
        (HYBRID, V2, "/a", "/sys/fs/cgroup/unified/a"),
        (SECOND, V2, "/user.slice/a b.scope", "/sys/fs/cgroup/user.slice/a b.scope"),
    ],
)
def test_where_a_group_is_seen(mounts: str, controllers: frozenset[str], path: str, folder: str | None) -> None:
    assert own_folder(mounts, controllers, path) == (Path(folder) if folder else None)


async def test_more_processes_than_allowed_cannot_be_made() -> None:
    home_of("pids")
    async with capped(ResourceLimits(processes=50)) as cap:
        assert cap.met() == ""
        made = int(await said(cap, FORKS))
        assert (made, cap.met()) == (50 + SLACK - 1, "processes")  # the first one counts too


async def test_whoever_is_started_is_in_every_group() -> None:
    home_of("pids")
    script = "import subprocess; print(subprocess.getoutput('grep -c autobuild-run- /proc/self/cgroup'))"
    async with capped(LIMITS) as cap:
        assert int(await said(cap, script)) == len(homes())


async def test_more_memory_than_allowed_cannot_be_had() -> None:
    home_of("memory")
    async with capped(ResourceLimits(memory=100 * MIB)) as cap:
        assert await said(cap, FILLS + "\nprint('all')") == ""
        assert cap.met() == "memory"


async def test_files_in_memory_count_as_memory() -> None:
    home_of("memory")
    fills = f"import os\nfile = os.memfd_create('x')\nfor _ in range(400): os.write(file, b'x' * {MIB})\nprint('all')"
    async with capped(ResourceLimits(memory=100 * MIB)) as cap:
        assert await said(cap, fills) == ""
        assert cap.met() == "memory"


async def test_a_bomb_that_gives_up_is_told_of(runner: Runner, box: SandboxSpec) -> None:
    home_of("pids")
    ran = await runner.run(box, python(GIVES_UP, limits=replace(LIMITS, processes=30)))
    assert (ran.stopped, ran.exit_code) == ("processes", -9)


async def test_who_runs_away_from_everything_is_found(box: SandboxSpec, marked: Marked) -> None:
    home_of("pids")
    assert (await UnsandboxedRunner().run(box, python(RUNS_AWAY, marked.word))).exit_code == 0
    assert marked.alive() == []


@pytest.mark.parametrize("ends", ["exit 0", "sleep 1000"])
async def test_no_group_is_left(box: SandboxSpec, ends: str) -> None:
    home = home_of("pids")
    await UnsandboxedRunner().run(box, shell(ends, limits=ResourceLimits(wall_s=0.2)))
    assert list(home.folder.glob(f"*-{os.getpid()}-*")) == []


async def test_a_host_without_groups_runs_as_before() -> None:
    cap = Cap()
    assert (cap.before(), cap.met(), cap.kill()) == ((), "", False)
    cap.empty()
    cap.remove()


async def test_a_group_that_vanished_stops_nobody() -> None:
    home_of("pids")
    async with capped(LIMITS) as cap:
        cap.remove()
        assert await said(cap, "print('still')") == "still\n"
        assert cap.met() == ""


def test_only_what_dead_workers_left_is_removed() -> None:
    home = home_of("pids")
    dead = subprocess.Popen(["true"])
    dead.wait()
    left, ours = (home.folder / name for name in (new_name().replace(str(os.getpid()), str(dead.pid)), new_name()))
    left.mkdir()
    ours.mkdir()
    sweep(home)
    assert (left.exists(), ours.exists()) == (False, True)
    ours.rmdir()


def test_a_group_that_somebody_else_keeps_is_left_alone() -> None:
    """Each of ours is the top of what this process sees, or marked as handed over."""
    for home in homes():
        marks = [name for name in os.listxattr(home.folder) if name.endswith(".delegate")]
        assert marks or home.folder in _tops()


def _tops() -> list[Path]:
    mounts = Path("/proc/self/mountinfo").read_text()
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    found = [own_folder(mounts, frozenset(names.split(",")) if names else V2, "/") for _, names, _ in lines]
    return [folder for folder in found if folder]
