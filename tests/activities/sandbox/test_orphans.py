"""What a killed worker left is ended by the next one over its data folder; what belongs to a living one stays."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from activities.sandbox import ownership
from activities.sandbox.cgroups import cgroup_mounts, groups_of
from activities.sandbox.orphans import end_orphans
from tests.activities.sandbox.conftest import bubblewrap
from tests.activities.sandbox.worker_over_data import preparing
from tests.as_user import as_user
from tests.deadlines import WITHIN_S

REPOSITORY = Path(__file__).parents[3]
TEMPORARY = (Path(tempfile.gettempdir()), Path("/dev/shm"))

# When a worker is killed: so many of the processes that it has started have this on their command line.
MOMENTS = {
    "bubblewrap": [("", 1), ("--json-status-fd", 1), ("--json-status-fd", 2), ("sleep", 1), ("1001", 1)],
    "none": [("sleep", 1), ("1001", 1)],
}


@dataclass
class WorkerOfTest:
    """A process of `worker_over_data.py`."""

    process: "subprocess.Popen[str]"
    data: Path

    def started(self) -> list[psutil.Process]:
        """All that is marked as started by it, and all that comes from it."""
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if f"-{self.process.pid}-" in process.environ().get(ownership.VARIABLE, ""):
                    found.update((each.pid, each) for each in (process, *process.children(recursive=True)))
        return [each for each in found.values() if is_alive(each)]

    def left(self) -> list[object]:
        """Its processes, control groups, records and folders."""
        folders = [*(mount.folder for mount in cgroup_mounts()), self.data / "scratch", *TEMPORARY]
        paths = [path for folder in folders for path in folder.glob(f"*-{self.process.pid}-*")]
        own = {path.stem.rpartition("-")[2] for path in paths if path.suffix == ".lock"}
        return [*self.started(), *paths, *((self.data / "scratch" / name) for name in own)]

    def unfinished(self) -> list[Path]:
        """The checkout that it prepares."""
        folder = self.data / "prepared" / "octocat" / preparing(self.process.pid).name
        return [path for path in folder.glob("*/*") if path.is_dir()]

    def stop_what_it_started(self, text: str, number: int) -> list[psutil.Process]:
        """At the moment when so many of its processes have that text: stopped, none of them ends alone."""
        end = time.monotonic() + WITHIN_S
        stopping, told = False, set[int]()
        while True:
            started = self.started()
            stopping = stopping or sum(text in command_line(each) for each in started) >= number
            if stopping and all(each.pid in told and is_stopped(each) for each in started):
                return started
            for each in started if stopping else ():
                with suppress(psutil.Error):
                    each.suspend()
                    told.add(each.pid)
            assert time.monotonic() < end, [command_line(each) for each in started]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@dataclass
class WorkersOfTest:
    """Workers over one data folder."""

    kind: str
    as_user: bool
    folder: Path
    all: list[WorkerOfTest] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> WorkerOfTest:
        """One that has claimed the data folder, and starts a sandbox now."""
        module = "tests.activities.sandbox.worker_over_data"
        argv = [sys.executable, "-m", module, self.kind, str(self.data), str(self.folder / "tree")]
        command = as_user(argv, self.folder) if self.as_user else argv
        process = subprocess.Popen(command, cwd=REPOSITORY, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.all.append(WorkerOfTest(process, self.data))
        assert process.stdout
        assert process.stdout.readline() == "claimed\n"
        return self.all[-1]


@pytest.fixture(params=["root", "user", "none"])
async def workers(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[WorkersOfTest]:
    kind = "none" if request.param == "none" else "bubblewrap"
    if kind == "bubblewrap":
        await bubblewrap("self" if request.param == "root" else "user", tmp_path)
    for name in ("tree", "data"):
        (tmp_path / name).mkdir()
    workers = WorkersOfTest(kind, request.param == "user", tmp_path)
    yield workers
    for worker in workers.all:
        worker.kill()
        for process in worker.started():
            process.kill()


def test_next_worker_ends_what_dead_ones_left_and_nothing_of_the_living(workers: WorkersOfTest) -> None:
    living, dead = workers.start(), []
    of_living = living.stop_what_it_started("1001", 1)
    for moment in MOMENTS[workers.kind]:
        dead.append(workers.start())
        dead[-1].stop_what_it_started(*moment)
        dead[-1].kill()
    assert dead[-1].left()
    assert dead[-1].unfinished()
    before = living.left(), living.unfinished()
    assert before[1]

    following = workers.start()
    until_nothing(lambda: [found for worker in dead for found in (*worker.left(), *worker.unfinished())])

    assert before == (living.left(), living.unfinished())
    assert [each for each in of_living if not is_stopped(each)] == []
    for each in of_living:
        each.resume()
    for worker in (living, following):
        worker.process.communicate("end\n")
        assert worker.left() == []
    assert [path.name for path in (workers.data / "scratch").iterdir()] == ["locks"]


async def test_next_worker_ends_what_a_dead_doctor_left(tmp_path: Path) -> None:
    """It works over no data folder, and may have no right to: what it tries is in the system's temporary folder."""
    await bubblewrap("self", tmp_path)
    argv = [str(Path(sys.executable).with_name("autobuild")), "doctor"]
    env = {**os.environ, "AUTOBUILD_DATA": str(tmp_path / "none")}
    doctor = WorkerOfTest(subprocess.Popen(argv, env=env, text=True, stdout=subprocess.PIPE), tmp_path)
    doctor.stop_what_it_started("", 1)
    end_orphans(tmp_path)
    left = doctor.left()
    assert [each for each in left if isinstance(each, psutil.Process)]
    assert [each for each in left if isinstance(each, Path) and each.is_dir() and each.parent in TEMPORARY]

    doctor.kill()
    end_orphans(tmp_path)
    until_nothing(doctor.left)
    assert not (tmp_path / "none").exists()


def test_only_what_is_marked_with_a_dead_process_of_here_is_ended(tmp_path: Path) -> None:
    """Of a living one nothing, and in another container nothing can be ended: its record stays until the next boot."""
    here = ownership.process_name().rsplit("-", 2)[0]
    boot = here.partition("-")[0]
    dead, living, elsewhere, earlier = f"{here}-1-d", f"{here}-1-a", f"{boot}-0-1-e", "00000000-0-1-b"
    scratch = ownership.scratch(tmp_path)
    groups = {name: [mount.folder / f"autobuild-run-{name}-1" for mount in cgroup_mounts()] for name in (dead, living)}
    running = {}
    with ExitStack() as exits:
        for name in (dead, living, elsewhere):
            environment = {ownership.VARIABLE: name}
            running[name] = exits.enter_context(subprocess.Popen(["/bin/sleep", "1000"], env=environment))
            exits.callback(running[name].kill)
        for folder in (path for paths in groups.values() for path in paths):
            folder.mkdir()
            exits.callback(remove_group, folder)
        for name in (dead, living, elsewhere, earlier):
            (scratch / name.rpartition("-")[2] / "of a run").mkdir(parents=True)
            (scratch / f"{name}.lock").touch()
        exits.enter_context(FileLock(scratch / f"{living}.lock"))

        end_orphans(tmp_path)

        assert running[dead].wait(WITHIN_S) != 0
        assert [running[name].poll() for name in (living, elsewhere)] == [None, None]
        assert groups_of(dead) == []
        assert len(groups_of(living)) == len(groups[living])
        left = {path.name for path in scratch.iterdir()}
        assert left == {"locks", f"{living}.lock", "a", f"{elsewhere}.lock"}


def test_folders_of_another_host_stay_while_they_may_be_used(tmp_path: Path) -> None:
    """Hosts may share the place for temporary files, and none sees the processes of another. So a process that lives
    long shows that it does."""
    here = ownership.process_name().rsplit("-", 2)[0]
    old, place = time.time() - 15 * 24 * 3600, TEMPORARY[0]
    new, silent, both, dead = "00000000-0-1-f", "00000000-0-1-c", "00000000-0-2-c", f"{here}-4194305-d"
    folders = {
        f"{name}.{kind}": place / f"autobuild.{name}.{kind}" for name in (new, silent, both, dead) for kind in "ab"
    }
    own = folders["own"] = place / f"autobuild.{ownership.process_name()}.a"
    for name, folder in folders.items():
        folder.mkdir()
        if silent in name or name in ("own", f"{both}.a"):
            os.utime(folder, (old, old))
    try:
        end_orphans(tmp_path)
        assert [name for name, folder in folders.items() if folder.exists()] == [
            *(f"{name}.{kind}" for name in (new, both) for kind in "ab"),
            "own",
        ]
        assert own.stat().st_mtime > old + 24 * 3600
    finally:
        for folder in folders.values():
            with suppress(OSError):
                folder.rmdir()


def until_nothing(left: Callable[[], list[object]]) -> None:
    end = time.monotonic() + WITHIN_S
    while found := left():
        assert time.monotonic() < end, found
        time.sleep(0.02)


def command_line(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def is_stopped(process: psutil.Process) -> bool:
    """Also one that waits in the kernel for its child, which is stopped before it starts another program."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_DISK_SLEEP)
    return False


def remove_group(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
