"""This machine: the sandbox, the programs that a gate starts, and the data folder."""

import asyncio
import contextlib
import os
import platform
import re
import shutil
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from activities.errors import SandboxMissing
from activities.languages.javascript.programs import node
from activities.languages.python.install import UV
from activities.sandbox.select import make_runner
from bot.doctor.context import DoctorContext
from bot.doctor.results import DoctorResult, look, right, wrong

# Git's configuration goes through the environment (GIT_CONFIG_COUNT).
OLDEST_GIT = (2, 31)
_GIB = 2**30
_LOW = 10 * _GIB
_NONE = _GIB
_INSTALL = "Install Autobuild anew: `make`, or a new image."


async def sandbox(case: DoctorContext) -> Sequence[DoctorResult]:
    """As a worker tries it at its start."""
    if case.settings.sandbox == "none":
        return [look("sandbox", "It is turned off: a repository's code runs as this user.", "Unset AUTOBUILD_SANDBOX.")]
    try:
        await make_runner(case.settings.sandbox)
    except SandboxMissing as error:
        what, _, mend = str(error).partition(" Let users ")
        return [wrong("sandbox", what, f"Let users {mend}" if mend else "")]
    return [right("sandbox", "Bubblewrap works here.")]


async def programs(case: DoctorContext) -> Sequence[DoctorResult]:
    """Git is the host's; the others came with Autobuild."""
    git, node_is, uv = await asyncio.gather(_version("git"), _version(node()), _version(UV))
    lines = []
    if not git:
        lines.append(wrong("programs", "There is no git.", "Install it from your distribution."))
    elif _numbers(git) < OLDEST_GIT:
        lines.append(wrong("programs", f"git {git} is too old.", f"Install {'.'.join(map(str, OLDEST_GIT))} or newer."))
    lines += [
        wrong("programs", f"Our {name} does not run.", _INSTALL)
        for name, it in (("node", node_is), ("uv", uv))
        if not it
    ]
    return lines or [right("programs", f"git {git}, node {node_is}, uv {uv}, Python {platform.python_version()}.")]


async def _version(program: str) -> str:
    """What `--version` says, "" where it cannot be started or breaks."""
    try:
        process = await asyncio.create_subprocess_exec(
            program, "--version", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return ""
    try:
        said, _ = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    found = re.search(rb"\d+(\.\d+)+", said[:1000])
    return found[0].decode() if found and process.returncode == 0 else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")[:2]))


async def data_folder(case: DoctorContext) -> Sequence[DoctorResult]:
    """May we write there, may others, and how much room is left."""
    return await asyncio.to_thread(_data_folder, case.settings.data.absolute())


def _data_folder(path: Path) -> Sequence[DoctorResult]:
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    if not there.is_dir():
        return [wrong("data folder", f"{there} is no folder.", "Name a folder: AUTOBUILD_DATA.")]
    if why_not := _unwritable(there):
        return [_not_ours(path, there == path, why_not)]
    lines = []
    if there == path and stat.S_IMODE(path.stat().st_mode) & stat.S_IWOTH:
        lines.append(wrong("data folder", f"Everybody may write to {path}.", f"`chmod o-w {path}`"))
    free = shutil.disk_usage(there).free
    room = f"{free / _GIB:.1f} GiB free for {path}."
    if free < _NONE:
        lines.append(wrong("data folder", room, "Make room: a gate needs gigabytes."))
    elif free < _LOW:
        lines.append(look("data folder", room, "Environments and mirrors grow: 20 GiB is a good beginning."))
    return lines or [right("data folder", room)]


def _not_ours(path: Path, is_there: bool, why: str) -> DoctorResult:
    """The mend is of this folder alone: what is above it may be the machine itself."""
    user = os.geteuid()
    own = f"chown -R {user} {path}" if is_there else f"mkdir {path} && chown {user} {path}"
    what = f"User {user} may not write to {path}: {why}." if is_there else f"User {user} may not make {path}."
    return wrong("data folder", what, f"`{own}` as root, or name another folder: AUTOBUILD_DATA.")


def _unwritable(folder: Path) -> str:
    """Why not; "" where it can be done. By doing it: permissions say nothing of a read-only file system."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__
