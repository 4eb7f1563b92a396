"""A child process ends with whoever started it, whatever the moment."""

import signal
import subprocess
import sys

import pytest

from tests.deadlines import WITHIN_S

# The parent has a handler of its own, as every command of ours has, and is gone before the child is prepared; or it
# goes while the child is, which has not become another program yet.
SCRIPT = """
import os, signal, sys
from bot.processes.children import die_with_parent
signal.signal(signal.SIGTERM, lambda *_: None)
prepare, parent = die_with_parent(int(sys.argv[1])), os.getpid()
reading, writing = os.pipe()
if os.fork() == 0:
    os.close(writing)
    {wait}
    prepare()
    {afterwards}
    print("alive", flush=True)
    os._exit(0)
os.close(reading)
os.kill(os.getpid(), signal.SIGKILL)
"""
ENDED = "os.read(reading, 1)\n    while os.getppid() == parent: pass"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own signal is Linux's")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize(
    ("wait", "afterwards"),
    [(ENDED, "pass"), ("pass", f"{ENDED}\n    signal.pause()")],
    ids=["before it is prepared", "afterwards"],
)
def test_child_ends_with_its_parent(number: int, wait: str, afterwards: str) -> None:
    script = SCRIPT.format(wait=wait, afterwards=afterwards)
    ran = subprocess.run(
        [sys.executable, "-c", script, str(int(number))], capture_output=True, text=True, timeout=WITHIN_S, check=False
    )
    assert (ran.returncode, "alive" in ran.stdout, ran.stderr) == (-signal.SIGKILL, False, "")
