"""Under which user of this host the commands of a sandbox run. Never under its root.

A worker that is an ordinary user gives its sandboxes a user namespace, in which they have its rights and no more.
Root's sandboxes have no user namespace, since that would have the rights of root's files: bubblewrap makes their mounts
as root, and the command starts as `SANDBOX_ID`, a user that owns nothing else. What a sandbox writes, and the trees it
works on, are then given to that user. Root of a container that has only a part of the host's users (rootless engines)
counts as an ordinary user, since it is one.
"""

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from activities.sandbox.command import SYSTEM_PATH
from activities.sandbox.ownership import mark
from activities.sandbox.supervisor import NotStarted

SANDBOX_ID = 61000
"""Of user and group, also as commands see it. Between what systemd gives to users and to services, and used for neither
(https://systemd.io/UIDS-GIDS)."""

_NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try", "--unshare-net")
_DROP = ("--cap-drop", "ALL")


@dataclass(frozen=True)
class SandboxUser:
    """`isolation` are bubblewrap's options; `prefix` is put before the command in the sandbox. `owner` is the user of
    this host that has to own what a sandbox writes, None for the worker's own."""

    isolation: tuple[str, ...]
    prefix: tuple[str, ...] = ()
    owner: int | None = None

    def give(self, folder: Path, again: bool = False) -> None:
        """Makes a folder, and what is in it, the sandbox's, if it is not; or `again`, if it got new contents.
        Blocking.

        The folder itself changes hands last, so its owner says whether all is done.
        """
        if self.owner is None:
            return
        facts = folder.lstat()
        if not stat.S_ISDIR(facts.st_mode) or (facts.st_uid == self.owner and not again):
            return
        with os.scandir(folder) as entries:
            is_empty = next(entries, None) is None
        if is_empty:
            os.chown(folder, self.owner, self.owner)
        else:  # by file descriptor, without recursion, never through a link, and each folder after what is in it
            command = ("chown", "-R", "-h", "-P", f"{self.owner}:{self.owner}", "--", folder)
            subprocess.run(command, env={"PATH": SYSTEM_PATH, **mark()}, capture_output=True, check=False)

    def give_reports(self, out: Path) -> None:
        """The same for a folder in which the worker leaves files for a command to read. Blocking."""
        if self.owner is not None:
            with os.scandir(out) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        self.give(Path(entry.path))
                    else:
                        os.chown(entry.path, self.owner, self.owner, follow_symlinks=False)
            os.chown(out, self.owner, self.owner)


@cache
def sandbox_user() -> SandboxUser:
    """Raises `NotStarted` for a root that cannot become another user."""
    if os.geteuid() != 0 or not all(_has_id(kind) for kind in ("uid", "gid")):
        ids = ("--uid", str(SANDBOX_ID), "--gid", str(SANDBOX_ID))
        return SandboxUser((*_NAMESPACES, "--unshare-user", "--disable-userns", *ids, *_DROP))
    setpriv = shutil.which("setpriv", path=SYSTEM_PATH)
    if setpriv is None:
        raise NotStarted("Root needs the program setpriv of util-linux, to run repositories' code as another user")
    become = ("--reuid", str(SANDBOX_ID), "--regid", str(SANDBOX_ID), "--clear-groups")
    nothing = ("--inh-caps=-all", "--bounding-set=-all")
    needed = (word for name in ("SETUID", "SETGID", "SETPCAP") for word in ("--cap-add", f"CAP_{name}"))
    return SandboxUser((*_NAMESPACES, *_DROP, *needed), (setpriv, *become, *nothing, "--"), SANDBOX_ID)


def _has_id(kind: str) -> bool:
    """Whether this process's user namespace has the id (user_namespaces(7)): the host's has all."""
    for line in Path(f"/proc/self/{kind}_map").read_text().splitlines():
        first, _, count = map(int, line.split())
        if first <= SANDBOX_ID < first + count:
            return True
    return False
