"""However a run ends, no process of it lives on, and its exit code is the command's."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable

import psutil
import pytest

from activities.sandbox import ResourceLimits, Runner, SandboxCommand, SandboxSpec
from tests.activities.sandbox.conftest import Marked, python, shell
from tests.deadlines import WITHIN_S

DAEMON = '(setsid sh -c \'trap "" TERM HUP; sleep 1000; : \'"$1" &) ; echo started'
STUBBORN = """
import os, signal, sys
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
if len(sys.argv) > 2:
    open(sys.argv[2], "w").write("x")
while True:
    os.fork() or signal.pause()
    signal.pause()
"""
WORKER = """
import asyncio, sys
from pathlib import Path
from activities.sandbox import SandboxCommand, SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner
tree, out, word = sys.argv[1:]
command = SandboxCommand(("sh", "-c", "echo x > /out/started; sleep 1000; : " + word))
asyncio.run(BubblewrapRunner().run(SandboxSpec(Path(tree), Path(out)), command))
"""


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 7", 7), ("kill -SEGV $$", -11), ("kill -KILL $$", -9), ("exec no-such-program", 127)],
)
async def test_exit_code_is_the_commands(runner: Runner, spec: SandboxSpec, script: str, code: int) -> None:
    ran = await runner.run(spec, shell(script))
    assert (ran.exit_code, ran.stopped) == (code, "")


async def test_missing_program_is_exit_code_127(runner: Runner, spec: SandboxSpec) -> None:
    ran = await runner.run(spec, SandboxCommand(("no-such-program",)))
    assert ran.exit_code == 127
    assert b"no-such-program" in ran.stderr


async def test_standard_input_is_given_or_empty(runner: Runner, spec: SandboxSpec) -> None:
    assert (await runner.run(spec, SandboxCommand(("cat",), stdin=b"go\nline \xff"))).stdout == b"go\nline \xff"
    assert (await runner.run(spec, SandboxCommand(("cat",)))).stdout == b""
    assert (await runner.run(spec, SandboxCommand(("true",), stdin=b"x" * 10**7))).exit_code == 0


async def test_daemon_does_not_outlive_its_run(runner: Runner, spec: SandboxSpec, marked: Marked) -> None:
    ran = await runner.run(spec, shell(DAEMON, marked.word))
    assert (ran.exit_code, ran.stdout) == (0, b"started\n")
    assert marked.alive() == []


async def test_process_that_ignores_every_signal_is_killed_at_the_time_limit(
    runner: Runner, spec: SandboxSpec, marked: Marked
) -> None:
    ran = await runner.run(spec, python(STUBBORN, marked.word, limits=ResourceLimits(wall_s=0.5)))
    assert (ran.stopped, ran.exit_code) == ("time", -9)
    assert marked.alive() == []


@pytest.mark.parametrize("target", ["os.getppid()", "-1", "1", "0"])
async def test_killing_its_parent_ends_only_the_run(
    sandbox: Runner, spec: SandboxSpec, target: str, marked: Marked
) -> None:
    script = f"import os, sys, signal; os.fork() or signal.pause(); os.kill({target}, 9); print('survived')"
    ran = await sandbox.run(spec, python(script, marked.word))
    assert ran.stopped == ""
    assert marked.alive() == []


async def test_cancelling_kills_everything(
    runner: Runner, spec: SandboxSpec, marked: Marked, started: Callable[[], None]
) -> None:
    path = f"{runner.paths(spec).out}/started"
    run = asyncio.create_task(runner.run(spec, python(STUBBORN, marked.word, path)))
    await asyncio.to_thread(started)
    assert marked.alive()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert marked.alive() == []
    assert [path.name for path in spec.out.parent.iterdir()] == ["out"]


async def test_cancelling_at_any_moment_leaves_nothing(runner: Runner, spec: SandboxSpec, marked: Marked) -> None:
    for ms in range(0, 24, 2):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(runner.run(spec, shell("sleep 1000; :", marked.word)), ms / 1000)
    assert psutil.wait_procs(marked.alive(), timeout=WITHIN_S)[1] == []
    assert [path.name for path in spec.out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("sandbox", ["self"], indirect=True)
async def test_sandboxes_of_a_killed_worker_are_killed(
    sandbox: Runner, spec: SandboxSpec, marked: Marked, started: Callable[[], None]
) -> None:
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(spec.tree), str(spec.out), marked.word])
    await asyncio.to_thread(started)
    inside = [process for process in marked.alive() if process.pid != worker.pid]
    assert inside
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    _, alive = psutil.wait_procs(inside, timeout=WITHIN_S)
    assert alive == []
