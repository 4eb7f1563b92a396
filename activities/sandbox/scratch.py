"""The folders a run needs beside its `out`, and their removal whatever a stranger's code left in them."""

import contextlib
import os
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scratch:
    """`upper` holds what the run wrote to the tree, `work` is the overlay's own, `tmp` is `/tmp`."""

    root: Path

    @property
    def upper(self) -> Path:
        return self.root / "upper"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    @property
    def over(self) -> Path:
        """Holds what the run wrote into the folders that are laid over the tree, a layer each."""
        return self.root / "over"

    def layer(self, number: int) -> tuple[Path, Path]:
        """The upper and the work folder of one folder that is laid over the tree; made when asked for."""
        pair = self.over / f"{number}-upper", self.over / f"{number}-work"
        for path in pair:
            path.mkdir(exist_ok=True)
        return pair


def make(folder: Path) -> Scratch:
    """A new one inside `folder`, readable by nobody else."""
    scratch = Scratch(Path(tempfile.mkdtemp(prefix=".run-", dir=folder)))
    for path in (scratch.upper, scratch.work, scratch.tmp, scratch.tmp / "home", scratch.over):
        path.mkdir()
    return scratch


def remove(path: Path) -> None:
    """Removes a folder with locked folders (mode 000), trees deeper than a path can name, odd names.

    Never follows a link out of it. Blocking. What cannot be removed is left: nothing here is worth
    failing a check whose result is known.
    """
    with contextlib.suppress(OSError):  # the kernel makes this one with mode 000
        os.chmod(path / "work" / "work", 0o700)
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
    except (OSError, RecursionError):
        # chmod and rm walk by file descriptor, without recursion.
        for tool in (("chmod", "-R", "u+rwx"), ("rm", "-rf")):
            subprocess.run([*tool, "--", path], capture_output=True, check=False)


def tidy(out: Path) -> None:
    """Leaves only readable plain files and folders in a report folder. Blocking.

    A link would make us read the file of the host that it names, a pipe would make us wait for ever.
    """
    for folder, folders, files in os.walk(out):
        for name in [*folders, *files]:
            with contextlib.suppress(OSError):
                _tidy_one(os.path.join(folder, name))


def _tidy_one(path: str) -> None:
    mode = os.lstat(path).st_mode
    if stat.S_ISDIR(mode):
        os.chmod(path, stat.S_IMODE(mode) | 0o700)
    elif stat.S_ISREG(mode):
        os.chmod(path, stat.S_IMODE(mode) | 0o600)
    else:
        os.unlink(path)
