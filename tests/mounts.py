"""Small disks for tests: real file systems that get full, or cannot be written."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

_OURS = "autobuild-test-"


@contextlib.contextmanager
def small_disk(place: Path, size: str, inodes: int = 0) -> Iterator[Path]:
    """A file system of that size at `place`, which is made. Skips the test where mounts are not allowed."""
    _unmount_those_of_killed_tests()
    place.mkdir(parents=True, exist_ok=True)
    options = f"size={size},mode=755" + (f",nr_inodes={inodes}" if inodes else "")
    with _mounted(place, "-t", "tmpfs", "-o", options, f"{_OURS}{os.getpid()}", str(place)):
        yield place


def _unmount_those_of_killed_tests() -> None:
    """Their folders could not be removed, and pytest ends with an error when it tries."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        source, place, *_ = line.split(" ")
        pid = source.removeprefix(_OURS)
        if pid != source and not psutil.pid_exists(int(pid)):
            subprocess.run(("umount", "--lazy", place), check=False)


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """The folder can be read and not be written, for the block."""
    with _mounted(folder, "--bind", str(folder), str(folder)):
        subprocess.run(("mount", "-o", "remount,bind,ro", str(folder)), check=True)
        yield folder


@contextlib.contextmanager
def _mounted(place: Path, *arguments: str) -> Iterator[None]:
    done = subprocess.run(("mount", *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounts are not allowed here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(("umount", "--lazy", str(place)), check=True)


def fill(disk: Path, leave: int = 0) -> Path:
    """Writes until so many bytes are left; the file that takes them."""
    path = disk / "filler"
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while (free := _free(disk) - leave) > 0:
            file.write(b"x" * min(free, 1024**2))
    return path


def _free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize
