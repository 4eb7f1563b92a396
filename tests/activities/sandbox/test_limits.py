"""Each limit stops a run that exceeds it, and the result names it."""

from dataclasses import replace

import pytest

from activities.sandbox import Runner, SandboxSpec
from activities.sandbox.cgroups import cgroup_mounts
from tests.activities.sandbox.conftest import LIMITS, Marked, python, shell
from tests.activities.sandbox.runner_of_user import RunnerOfUser

MIB = 1024**2
SMALL = replace(LIMITS, disk=8 * MIB)
HOLD = "import signal; signal.pause()"


async def test_memory_bomb_is_stopped(runner: Runner, spec: SandboxSpec) -> None:
    bomb = """
held = []
while True:
    try:
        held.append(b"x" * 2**22)
    except MemoryError:
        pass
"""
    ran = await runner.run(spec, python(bomb, limits=replace(LIMITS, memory=100 * MIB)))
    assert ran.stopped == "memory"


async def test_memory_of_many_small_processes_is_summed(runner: Runner, spec: SandboxSpec) -> None:
    bomb = f"import os\nfor _ in range(6): os.fork() or ([b'x' * {40 * MIB}, __import__('signal').pause()])\n{HOLD}"
    ran = await runner.run(spec, python(bomb, limits=replace(LIMITS, memory=150 * MIB)))
    assert ran.stopped == "memory"


async def test_memory_shared_by_many_processes_counts_once(sandbox: Runner, spec: SandboxSpec) -> None:
    fair = f"""
import os, time
shared = b"x" * {60 * MIB}
children = [os.fork() or (time.sleep(0.5), os._exit(0)) for _ in range(6)]
for _ in children: os.wait()
"""
    ran = await sandbox.run(spec, python(fair, limits=replace(LIMITS, memory=150 * MIB)))
    assert (ran.stopped, ran.exit_code) == ("", 0)


async def test_fork_bomb_is_stopped(runner: Runner, spec: SandboxSpec, marked: Marked) -> None:
    """Endless where a control group limits it. Elsewhere a thousand processes may be started before it is noticed, more
    than a busy machine can bear, or the limit of its user ends it first, so there it starts only a few."""
    limited = any("pids" in mount.controllers for mount in cgroup_mounts()) and not isinstance(runner, RunnerOfUser)
    bomb = "bomb() { bomb | bomb & bomb; }; bomb" if limited else "for i in $(seq 300); do sleep 20 & done; wait"
    ran = await runner.run(spec, shell(bomb, marked.word))
    assert ran.stopped == "processes"
    assert marked.alive() == []


async def test_threads_count_as_processes(runner: Runner, spec: SandboxSpec) -> None:
    bomb = f"import threading\nfor _ in range(90): threading.Thread(target=threading.Event().wait).start()\n{HOLD}"
    ran = await runner.run(spec, python(bomb, limits=replace(LIMITS, processes=40)))
    assert ran.stopped == "processes"


@pytest.mark.parametrize("place", ["src", "out", "home"])
async def test_big_file_is_stopped_by_the_disk_limit(runner: Runner, spec: SandboxSpec, place: str) -> None:
    path = getattr(runner.paths(spec), place)
    ran = await runner.run(spec, shell('head -c 100000000 /dev/zero > "$1/big"; sleep 1000', path, limits=SMALL))
    assert ran.stopped == "disk"


async def test_file_above_the_file_size_limit_cannot_be_written(runner: Runner, spec: SandboxSpec) -> None:
    ran = await runner.run(spec, shell("head -c 3000000 /dev/zero > big", limits=replace(LIMITS, file_size=MIB)))
    assert ran.exit_code != 0
    assert ran.stopped == ""


async def test_empty_files_count_as_disk_usage(runner: Runner, spec: SandboxSpec) -> None:
    bomb = f"for n in range(3000): open(f'{{n}}', 'w').close()\n{HOLD}"
    assert (await runner.run(spec, python(bomb, limits=SMALL))).stopped == "disk"


async def test_deleted_open_file_counts_as_disk_usage(sandbox: Runner, spec: SandboxSpec) -> None:
    bomb = f"import os\nf = open('x', 'wb'); os.unlink('x'); f.write(b'x' * {20 * MIB}); f.flush()\n{HOLD}"
    assert (await sandbox.run(spec, python(bomb, limits=SMALL))).stopped == "disk"


async def test_file_in_memory_counts_as_disk_usage(sandbox: Runner, spec: SandboxSpec) -> None:
    bomb = f"import os\nf = os.fdopen(os.memfd_create('x'), 'wb'); f.write(b'x' * {20 * MIB}); f.flush()\n{HOLD}"
    assert (await sandbox.run(spec, python(bomb, limits=SMALL))).stopped == "disk"


async def test_shared_memory_is_limited(sandbox: Runner, spec: SandboxSpec) -> None:
    bomb = shell("head -c 30000000 /dev/zero > /dev/shm/x", limits=replace(LIMITS, memory=80 * MIB))
    ran = await sandbox.run(spec, bomb)
    assert (ran.exit_code, ran.stopped) == (1, "")
    assert b"No space left" in ran.stderr


async def test_growth_of_a_kept_tree_is_limited(sandbox: Runner, spec: SandboxSpec) -> None:
    (spec.tree / "old").write_bytes(b"x" * 10 * MIB)
    kept = replace(spec, keep_writes=True)
    assert (await sandbox.run(kept, shell("true", limits=SMALL))).stopped == ""
    assert (
        await sandbox.run(kept, shell("head -c 9000000 /dev/zero > new; sleep 1000", limits=SMALL))
    ).stopped == "disk"


async def test_gigabyte_of_output_is_read_and_mostly_dropped(runner: Runner, spec: SandboxSpec) -> None:
    script = "echo first; head -c 1000000000 /dev/zero; echo last; echo unharmed >&2"
    ran = await runner.run(spec, shell(script, limits=replace(LIMITS, output=1000)))
    assert (ran.exit_code, ran.stopped, ran.truncated) == (0, "", True)
    assert ran.stdout.startswith(b"first\n")
    assert ran.stdout.endswith(b"last\n")
    assert b"\n[... 999,999,011 bytes left out ...]\n" in ran.stdout
    assert len(ran.stdout) < 1100
    assert ran.stderr == b"unharmed\n"


@pytest.mark.parametrize("more", [b"", b"something to read"])
async def test_urgent_run_is_less_nice_than_others(runner: Runner, spec: SandboxSpec, more: bytes) -> None:
    for urgent, nice in ((False, b"10"), (True, b"5")):
        command = replace(shell("nice", limits=replace(LIMITS, urgent=urgent)), stdin=more)
        assert (await runner.run(spec, command)).stdout.strip() == nice
