"""A checkout, a report folder, the real runners, and processes that can be found by a mark."""

import os
import select
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from activities.errors import SandboxMissing
from activities.sandbox import ResourceLimits, Runner, SandboxCommand, SandboxSpec
from activities.sandbox.select import make_runner
from activities.sandbox.unsandboxed import UnsandboxedRunner
from tests.activities.sandbox.runner_of_user import RunnerOfUser
from tests.deadlines import WITHIN_S

LIMITS = ResourceLimits(wall_s=30, memory=512 * 1024**2, processes=200, disk=64 * 1024**2)


@pytest.fixture
def spec(tmp_path: Path) -> SandboxSpec:
    tree, out = tmp_path / "tree", tmp_path / "runs" / "out"
    tree.mkdir()
    out.mkdir(parents=True)
    (tree / "README").write_text("hello")
    return SandboxSpec(tree=tree, out=out, read_only=(Path(sys.base_prefix),))


async def bubblewrap(worker: str, folder: Path) -> Runner:
    """The sandboxes of this process, or those of an ordinary user's worker."""
    try:
        runner = await make_runner("bubblewrap")
    except SandboxMissing as missing:
        pytest.skip(str(missing))
    if worker == "self":
        return runner
    if os.geteuid() != 0:
        pytest.skip("this process is an ordinary user's already")
    return RunnerOfUser(folder)


@pytest.fixture(params=["self", "user"])
async def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    return await bubblewrap(request.param, tmp_path)


@pytest.fixture(params=["self", "user", "local"])
async def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    return UnsandboxedRunner() if request.param == "local" else await bubblewrap(request.param, tmp_path)


def shell(script: str, *arguments: str, limits: ResourceLimits = LIMITS, **rest: object) -> SandboxCommand:
    return SandboxCommand(("sh", "-c", script, "sh", *arguments), limits=limits, **rest)  # type: ignore[arg-type]


def python(script: str, *arguments: str, limits: ResourceLimits = LIMITS, **rest: object) -> SandboxCommand:
    program = os.path.realpath(sys.executable)
    return SandboxCommand((program, "-c", script, *arguments), limits=limits, **rest)  # type: ignore[arg-type]


class Marked:
    """Processes that carry a word of their own on their command line."""

    def __init__(self) -> None:
        self.word = uuid.uuid4().hex

    def alive(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if self.word in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found


@pytest.fixture
def marked() -> Marked:
    return Marked()


@pytest.fixture
def started(spec: SandboxSpec) -> Callable[[], None]:
    """Waits until the command writes to the pipe `started` in its report folder."""
    path = spec.out / "started"
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def wait() -> None:
        ready, _, _ = select.select([reading], [], [], WITHIN_S)
        assert ready, "the command did not start"

    return wait
