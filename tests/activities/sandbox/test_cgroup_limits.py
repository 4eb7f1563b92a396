"""The kernel's own hard limit on a run, where this host offers one."""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from activities.sandbox import ResourceLimits, Runner, SandboxSpec
from activities.sandbox.cgroup_limits import EXTRA_PROCESSES, ResourceGroup, resource_group
from activities.sandbox.cgroups import CgroupMount, cgroup_mounts, own_folder
from activities.sandbox.unsandboxed import UnsandboxedRunner
from tests.activities.sandbox.conftest import LIMITS, Marked, python, shell
from tests.deadlines import WITHIN_S

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
ESCAPES = """
import os, sys
if not os.fork():
    os.setsid()
    if not os.fork():
        os.execve(sys.executable, [sys.executable, "-c", "import signal; signal.pause()", sys.argv[1]], {})
    os._exit(0)
os.wait()
"""
FILLS = f"blocks = []\nwhile len(blocks) < 400: blocks.append(b'x' * {MIB})"

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


def mount_of(controller: str) -> CgroupMount:
    mount = next((mount for mount in cgroup_mounts() if controller in mount.controllers), None)
    return mount or pytest.skip(f"this host lets us make no groups of {controller}")


async def first_line(group: ResourceGroup, script: str, *arguments: str) -> str:
    """The first line that the script prints, limited by `group` alone."""
    process = await asyncio.create_subprocess_exec(
        *(*group.prefix(), sys.executable, "-c", script, *arguments), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        return (await asyncio.wait_for(process.stdout.readline(), WITHIN_S)).decode()
    finally:
        group.kill_all()
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
def test_own_group_folder_is_found(mounts: str, controllers: frozenset[str], path: str, folder: str | None) -> None:
    assert own_folder(mounts, controllers, path) == (Path(folder) if folder else None)


async def test_more_processes_than_allowed_cannot_be_made() -> None:
    mount_of("pids")
    async with resource_group(ResourceLimits(processes=50)) as group:
        assert group.exceeded() == ""
        made = int(await first_line(group, FORKS))
        assert (made, group.exceeded()) == (50 + EXTRA_PROCESSES - 1, "processes")  # the first one counts too


async def test_started_process_is_in_every_group() -> None:
    mount_of("pids")
    script = "import subprocess; print(subprocess.getoutput('grep -c autobuild-run- /proc/self/cgroup'))"
    async with resource_group(LIMITS) as group:
        assert int(await first_line(group, script)) == len(cgroup_mounts())


async def test_more_memory_than_allowed_cannot_be_used() -> None:
    mount_of("memory")
    async with resource_group(ResourceLimits(memory=100 * MIB)) as group:
        assert await first_line(group, FILLS + "\nprint('all')") == ""
        assert group.exceeded() == "memory"


async def test_files_in_memory_count_as_memory() -> None:
    mount_of("memory")
    fills = f"import os\nfile = os.memfd_create('x')\nfor _ in range(400): os.write(file, b'x' * {MIB})\nprint('all')"
    async with resource_group(ResourceLimits(memory=100 * MIB)) as group:
        assert await first_line(group, fills) == ""
        assert group.exceeded() == "memory"


@pytest.mark.parametrize("runner", ["self", "local"], indirect=True)
async def test_fork_bomb_that_gives_up_is_reported(runner: Runner, spec: SandboxSpec) -> None:
    mount_of("pids")
    ran = await runner.run(spec, python(GIVES_UP, limits=replace(LIMITS, processes=30)))
    assert (ran.stopped, ran.exit_code) == ("processes", -9)


async def test_process_that_left_its_parent_session_and_environment_is_killed(
    spec: SandboxSpec, marked: Marked
) -> None:
    mount_of("pids")
    assert (await UnsandboxedRunner().run(spec, python(ESCAPES, marked.word))).exit_code == 0
    assert marked.alive() == []


@pytest.mark.parametrize("ends", ["exit 0", "sleep 1000"])
async def test_cgroups_are_removed(spec: SandboxSpec, ends: str) -> None:
    mount = mount_of("pids")
    # A group whose last process takes more than a second to vanish is left, here by an earlier test.
    before = set(mount.folder.glob(f"*-{os.getpid()}-*"))
    await UnsandboxedRunner().run(spec, shell(ends, limits=ResourceLimits(wall_s=0.2)))
    assert set(mount.folder.glob(f"*-{os.getpid()}-*")) <= before


async def test_group_without_a_cgroup_has_no_effect() -> None:
    group = ResourceGroup()
    assert (group.prefix(), group.exceeded(), group.kill()) == ((), "", False)
    group.kill_all()
    group.remove()


async def test_vanished_group_stops_no_command() -> None:
    mount_of("pids")
    async with resource_group(LIMITS) as group:
        group.remove()
        assert await first_line(group, "print('still')") == "still\n"
        assert group.exceeded() == ""


def test_only_delegated_groups_are_used() -> None:
    """Each of ours is the top of what this process sees, or marked as handed over."""
    for mount in cgroup_mounts():
        marks = [name for name in os.listxattr(mount.folder) if name.endswith(".delegate")]
        assert marks or mount.folder in _tops()


def _tops() -> list[Path]:
    mounts = Path("/proc/self/mountinfo").read_text()
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    found = [own_folder(mounts, frozenset(names.split(",")) if names else V2, "/") for _, names, _ in lines]
    return [folder for folder in found if folder]
