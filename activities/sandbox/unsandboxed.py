"""Commands without isolation (`AUTOBUILD_SANDBOX=none`): for one's own code on one's own machine.

Limits, the clean environment and the end of all processes are kept as far as that goes without
namespaces; secrets of the worker's account can be read, and the network is there.
"""

import asyncio
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths, SandboxSpec, rlimits, scratch
from activities.sandbox.cgroup_limits import Cap, capped
from activities.sandbox.checked import checked
from activities.sandbox.disk_usage import Disk
from activities.sandbox.environment import clean
from activities.sandbox.launch import held, release
from activities.sandbox.overlay import copy
from activities.sandbox.pidfd import Handle
from activities.sandbox.process_tree import MARK, Relatives
from activities.sandbox.shielded_threads import to_its_end
from activities.sandbox.supervisor import READ_SIZE, NeverBegan, supervise
from activities.sandbox.under import keep_new, lay_beneath
from activities.sandbox.usage import Usage


class UnsandboxedRunner:
    """`install_env` is for commands with network, as with bubblewrap."""

    name = "local"

    def __init__(self, install_env: Mapping[str, str] | None = None) -> None:
        self._install_env = install_env or {}
        self._turns: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()

    def paths(self, spec: SandboxSpec) -> SandboxPaths:
        """The host's paths. `src` is a copy made for each run, unless the spec keeps writes."""
        own = _own(spec)
        return SandboxPaths(
            src=str(spec.tree if spec.keep_writes else own / "src"),
            env=str(spec.env or own / "env"),
            out=str(spec.out),
            cache=str(spec.cache or own / "cache"),
            home=str(own / "tmp" / "home"),
        )

    async def run(self, spec: SandboxSpec, command: SandboxCommand) -> ProcessResult:
        """Commands of one spec take turns, since `places` promises the same folder to each."""
        checked(command)
        own = _own(spec)
        turn = self._turns.setdefault(own, asyncio.Lock())
        async with turn:
            try:
                await to_its_end(_prepare, own, spec)
                ran = await self._run(own, spec, command)
                if spec.build_output and spec.save_build_output:
                    await to_its_end(keep_new, own / "src", spec.tree, spec.build_output)
                return ran
            finally:
                await to_its_end(_clean, own, spec)

    async def _run(self, own: Path, spec: SandboxSpec, command: SandboxCommand) -> ProcessResult:
        places = self.paths(spec)
        written = [own, spec.out, *(path for path in (spec.cache, spec.env if spec.env_writable else None) if path)]
        disk = await asyncio.to_thread(Disk, written, command.limits.disk)
        environment = clean(command, places.home, str(own / "tmp"), self._install_env)
        async with capped(command.limits) as cap:
            group = await _start(places, command, environment, cap)
            try:
                return await supervise(group, command.limits, disk)
            finally:
                group.close()


@dataclass(frozen=True)
class Group:
    """A started command and its relatives."""

    process: asyncio.subprocess.Process
    command: SandboxCommand
    relatives: Relatives
    handle: Handle | None
    cap: Cap
    proc: str = ""

    @property
    def stdin(self) -> bytes:
        return release(self.command)

    def usage(self) -> Usage:
        return self.relatives.usage()

    def met(self) -> str:
        return self.cap.met()

    def kill(self) -> None:
        self.cap.kill()
        self.relatives.kill()

    async def ended(self) -> int:
        """Daemons end with the command that left them, as they do in a sandbox."""
        if self.handle:
            await self.handle.gone()
        else:
            await _returned(self.process)
        await asyncio.to_thread(self._kill_all)
        return await self.process.wait()

    def _kill_all(self) -> None:
        self.relatives.kill()
        self.cap.empty()  # also those who are no longer known as relatives

    def close(self) -> None:
        if self.handle:
            self.handle.close()


async def _start(places: SandboxPaths, command: SandboxCommand, environment: dict[str, str], cap: Cap) -> Group:
    mark = uuid.uuid4().hex
    try:
        process = await asyncio.create_subprocess_exec(
            *(*cap.before(), *held(command)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=READ_SIZE,
            cwd=os.path.join(places.src, command.cwd),
            env={**environment, MARK: mark},
            start_new_session=True,
        )
    except OSError as error:
        raise NeverBegan(str(error)) from error
    rlimits.apply(process.pid, command.limits)
    handle = Handle(process.pid) if hasattr(os, "pidfd_open") else None
    return Group(process, command, Relatives(process.pid, mark), handle, cap)


async def _returned(process: asyncio.subprocess.Process) -> None:
    """Where there are no pidfds. Not `wait()`, which also waits for daemons that hold the pipes."""
    while process.returncode is None:  # noqa: ASYNC110 - asyncio tells of it in no other way
        await asyncio.sleep(0.02)


def _own(spec: SandboxSpec) -> Path:
    """The run's own folder, at a place that `places` can name before the run."""
    return spec.out.with_name(f".{spec.out.name}.run")


def _prepare(own: Path, spec: SandboxSpec) -> None:
    scratch.remove(own)
    (own / "tmp" / "home").mkdir(parents=True)
    if not spec.keep_writes:
        (own / "src").mkdir()
        copy(spec.tree, own / "src")
        if spec.build_output:
            lay_beneath(spec.build_output, own / "src")
    for folder, place in _links(own, spec):
        if not os.path.lexists(place):
            place.symlink_to(folder)


def _clean(own: Path, spec: SandboxSpec) -> None:
    for folder, place in _links(own, spec):
        if place.is_symlink() and place.readlink() == folder:
            place.unlink()
    scratch.remove(own)
    scratch.tidy(spec.out)


def _links(own: Path, spec: SandboxSpec) -> Iterator[tuple[Path, Path]]:
    """`SandboxSpec.mounts` as links, for want of mounts: (folder, its place in the tree)."""
    src = spec.tree if spec.keep_writes else own / "src"
    return ((folder, src / inside) for folder, inside in spec.mounts)
