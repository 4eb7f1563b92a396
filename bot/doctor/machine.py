"""This machine: the sandbox, the programs that a gate starts, and the data folder."""

import asyncio
import contextlib
import os
import platform
import pwd
import re
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from activities.errors import SandboxMissing
from activities.languages.javascript.programs import node
from activities.languages.python.install import UV
from activities.sandbox.sandbox_user import SANDBOX_ID
from activities.sandbox.select import make_runner
from activities.workspace.storage import free_bytes
from bot.doctor.context import DoctorContext
from bot.doctor.results import DoctorResult, fail, ok, warn
from bot.host_state import host_problem, less_than_reserve

# Git's configuration goes through the environment (GIT_CONFIG_COUNT).
OLDEST_GIT = (2, 31)
_GIB = 2**30
_LOW = 10 * _GIB
_FIXES = {
    "disk": "Free some space on that disk.",
    "read-only": "Mount it so that it can be written, or change AUTOBUILD_DATA.",
    "disk error": "Look at the system's log, and replace the disk.",
}
_RAISE = "End what takes them, or raise this host's limits."


async def sandbox(context: DoctorContext) -> Sequence[DoctorResult]:
    """As a worker tries it at its start."""
    if context.settings.sandbox == "none":
        message = "The sandbox is disabled: a repository's code runs as this user."
        return [warn("sandbox", message, "Unset AUTOBUILD_SANDBOX.")]
    try:
        await make_runner(context.settings.sandbox)
    except SandboxMissing as error:
        message, end, fix = str(error).partition("). ")
        return [fail("sandbox", message + end.strip(), fix)]
    with contextlib.suppress(KeyError):
        account = pwd.getpwuid(SANDBOX_ID).pw_name
        message = f"The account {account} has the id {SANDBOX_ID}, which a root worker's sandboxes use."
        return [warn("sandbox", message, "Give that account another id.")]
    as_whom = f"the user {SANDBOX_ID}, not as root" if os.geteuid() == 0 else "this user, without its files"
    return [ok("sandbox", f"Bubblewrap works. Commands of repositories run as {as_whom}.")]


async def programs(_context: DoctorContext) -> Sequence[DoctorResult]:
    """Git is the host's; the others come with Autobuild."""
    git, node_version, uv = await asyncio.gather(_version("git"), _version(node()), _version(UV))
    results = []
    if not git:
        results.append(fail("programs", "git is not installed.", "Install it from your distribution."))
    elif tuple(map(int, git.split(".")[:2])) < OLDEST_GIT:
        oldest = ".".join(map(str, OLDEST_GIT))
        results.append(fail("programs", f"git {git} is too old.", f"Install {oldest} or newer."))
    for name, version in (("node", node_version), ("uv", uv)):
        if not version:
            fix = "Reinstall Autobuild: run `make`, or use a new image."
            results.append(fail("programs", f"Autobuild's {name} does not run.", fix))
    python = platform.python_version()
    return results or [ok("programs", f"git {git}, node {node_version}, uv {uv}, Python {python}.")]


async def _version(program: str) -> str:
    """What `--version` prints, "" where it cannot be started or fails."""
    try:
        process = await asyncio.create_subprocess_exec(
            program, "--version", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return ""
    try:
        output, _ = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    found = re.search(rb"\d+(\.\d+)+", output[:1000])
    return found[0].decode() if found and process.returncode == 0 else ""


async def data_folder(context: DoctorContext) -> Sequence[DoctorResult]:
    """Whether we may write there, whether everybody may, and how much space is left."""
    settings = context.settings
    problem = await host_problem(settings.data, settings.data_reserve)
    if problem and problem.message != less_than_reserve(settings.data_reserve):  # which is said with the number
        return [fail("data folder", problem.message, _FIXES.get(problem.shortage, _RAISE))]
    return await asyncio.to_thread(_data_folder, settings.data.absolute(), settings.data_reserve)


def _data_folder(path: Path, reserve: int) -> Sequence[DoctorResult]:
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    if not existing.is_dir():
        return [fail("data folder", f"{existing} is not a folder.", "Set AUTOBUILD_DATA to a folder.")]
    try:  # by doing it: permissions say nothing of a read-only file system
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return [_not_writable(path, error.strerror or type(error).__name__ if existing == path else "")]
    results = []
    mode = stat.S_IMODE(path.stat().st_mode) if existing == path else 0
    if mode & stat.S_IWOTH:
        results.append(fail("data folder", f"Every user may write to {path}.", f"`chmod 700 {path}`"))
    elif mode & 0o077:
        results.append(warn("data folder", f"Other users may read {path}.", f"`chmod 700 {path}`"))
    free = free_bytes(existing)
    space = f"{free / _GIB:.1f} GiB free for {path}."
    if free < reserve:
        results.append(fail("data folder", f"{space} {less_than_reserve(reserve)}", "Free some space on that disk."))
    elif free < _LOW:
        results.append(warn("data folder", space, "Provide 20 GiB: environments and mirrors grow."))
    return results or [ok("data folder", space)]


def _not_writable(path: Path, why: str) -> DoctorResult:
    """`why` is "" where the folder does not exist. The fix changes this folder only, never one above it."""
    user = os.geteuid()
    message = f"User {user} cannot write to {path}: {why}." if why else f"User {user} cannot create {path}."
    command = f"chown -R {user} {path}" if why else f"mkdir {path} && chown {user} {path}"
    return fail("data folder", message, f"Run `{command}` as root, or change AUTOBUILD_DATA.")
