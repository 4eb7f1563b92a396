"""The temporary folders of a run, and the files that are copied into the tree or saved from it."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from activities.host_trouble import trouble_of_program
from activities.sandbox.command import SYSTEM_PATH
from activities.sandbox.ownership import mark
from activities.sandbox.sandbox_user import SandboxUser
from activities.sandbox.supervisor import NotStarted
from activities.untrusted_files import UntrustedFileError, UntrustedFolder, remove_tree

_BY_PRODUCTS = ("__pycache__", ".egg-info", ".dist-info")
_BUILD_FOLDERS = ("build", "dist")
"""Of a build tool, unless it is a package of that name."""


@dataclass(frozen=True)
class RunFolders:
    """The folders of one run, below `root`, which no other user can read.

    `upper` gets what the command writes to the tree, `work` is for the overlay file system, `tmp` is its `/tmp`;
    `cache_work` is for the overlay of the download cache.
    `mounts` gets what it writes to `SandboxSpec.mounts`, with two folders for each.
    """

    root: Path
    user: SandboxUser

    @classmethod
    def create(cls, parent: Path, user: SandboxUser) -> "RunFolders":
        """New ones inside `parent`, which `user` may write to."""
        folders = cls(Path(tempfile.mkdtemp(prefix=".run-", dir=parent)), user)
        folders.work.mkdir()
        folders.mounts.mkdir()
        for path in (folders.upper, folders.tmp, folders.tmp / "home"):
            path.mkdir(0o755)
            path.chmod(0o755)  # whatever the worker's umask is
            user.give(path, again=True)
        return folders

    @property
    def upper(self) -> Path:
        return self.root / "upper"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def cache_work(self) -> Path:
        """Made when needed."""
        path = self.root / "cache-work"
        path.mkdir(exist_ok=True)
        return path

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    @property
    def mounts(self) -> Path:
        return self.root / "mounts"

    def mount_layer(self, number: int) -> tuple[Path, Path]:
        """The upper and work folder of the mount with that number, made when needed."""
        pair = self.mounts / f"{number}-upper", self.mounts / f"{number}-work"
        for path in pair:
            path.mkdir(exist_ok=True)
        self.user.give(pair[0])
        return pair

    def remove(self) -> None:
        """Blocking."""
        for work in (self.work, self.root / "cache-work"):
            with contextlib.suppress(OSError):  # the kernel makes this one with mode 000
                os.chmod(work / "work", 0o700)
        remove_tree(self.root)


def copy_tree(tree: Path, to: Path) -> None:
    """Copies a checkout, links as links, and blocks by reference where the file system can. Blocking.

    Never hard links: a command that writes into a file would write into the checkout.
    """
    share = ["--reflink=auto"] if sys.platform == "linux" else []
    command, environment = ["cp", "-a", *share, "--", f"{tree}/.", str(to)], {"PATH": SYSTEM_PATH, **mark()}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise trouble_of_program(done.returncode, said) or NotStarted(f"The checkout could not be copied: {said}")


def save_new_files(written: Path, tree: Path, build_output: Path) -> None:
    """Moves what a build wrote to `written` and is not in the tree to `build_output`. Blocking.

    Later runs need a generated version file, or a module that was compiled in place.
    """
    source, target = UntrustedFolder(written), UntrustedFolder(build_output)
    for path in _new_files(source, tree):
        with contextlib.suppress(UntrustedFileError):
            source.move(path, target)


def copy_build_output(build_output: Path, tree: Path) -> None:
    """Copies what an earlier build wrote into a copy of the tree, except where that has something. Blocking."""
    source, target = UntrustedFolder(build_output), UntrustedFolder(tree)
    for path in _new_files(source, tree):
        with contextlib.suppress(UntrustedFileError):
            source.copy(path, target)


def _new_files(source: UntrustedFolder, tree: Path) -> Iterator[str]:
    """Only regular files, and none that builds and tests leave behind."""
    there = UntrustedFolder(tree)

    def enter(folder: str) -> bool:
        name = folder.rpartition("/")[2]
        if name in _BUILD_FOLDERS:
            return source.is_file(f"{folder}/__init__.py")
        return not name.startswith(".") and not name.endswith(_BY_PRODUCTS)

    return (path for path in source.files(enter=enter) if not there.look(path))
