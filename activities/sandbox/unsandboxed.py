"""Commands without isolation (`AUTOBUILD_SANDBOX=none`): for your own code on your own machine.

Limits, the clean environment and the end of all processes are kept as far as that is possible without
namespaces. Commands can read the secrets of the worker's account, and have the network.
"""

import asyncio
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from activities.errors import HostShortage, UserError
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths, SandboxSpec
from activities.sandbox.cgroup_limits import ResourceGroup, resource_group
from activities.sandbox.command import clean_environment, gated_command, gated_stdin, set_rlimits, validate
from activities.sandbox.ownership import mark
from activities.sandbox.process_tree import RUN_VARIABLE, ProcessHandle, ProcessTree
from activities.sandbox.run_folders import copy_build_output, copy_tree, save_new_files
from activities.sandbox.shielded_threads import to_shielded_thread
from activities.sandbox.supervisor import READ_SIZE, NotStarted, supervise
from activities.sandbox.usage import DiskUsage, Usage
from activities.untrusted_files import UntrustedFolder, remove_tree


class UnsandboxedRunner:
    """`install_env` is for commands with network, as with bubblewrap."""

    name = "local"

    def __init__(self, install_env: Mapping[str, str] | None = None) -> None:
        self._install_env = install_env or {}
        self._locks: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()

    def paths(self, spec: SandboxSpec) -> SandboxPaths:
        """The host's paths. `src` is a copy made for each run, unless writes are kept."""
        folder = _run_folder(spec)
        return SandboxPaths(
            src=str(spec.tree if spec.keep_writes else folder / "src"),
            env=str(spec.env or folder / "env"),
            out=str(spec.out),
            cache=str(spec.cache or folder / "cache"),
            home=str(folder / "tmp" / "home"),
        )

    async def run(self, spec: SandboxSpec, command: SandboxCommand) -> ProcessResult:
        """Commands with the same `out` run one after another, since `paths` promises the same folders to each."""
        validate(command)
        if command.service:
            raise UserError(
                "A command-line agent needs the sandbox. Set AUTOBUILD_SANDBOX=bubblewrap, or use another model."
            )
        folder, paths = _run_folder(spec), self.paths(spec)
        environment = clean_environment(command, paths.home, str(folder / "tmp"), self._install_env)
        writable = [folder, spec.out, *(path for path in (spec.cache, spec.env if spec.env_writable else None) if path)]
        lock = self._locks.setdefault(folder, asyncio.Lock())
        async with lock:
            try:
                await to_shielded_thread(_prepare, folder, spec)
                disk = await asyncio.to_thread(DiskUsage, writable, command.limits.disk)
                async with resource_group(command.limits) as group:
                    started = await _start(os.path.join(paths.src, command.cwd), command, environment, group)
                    try:
                        result = await supervise(started, command.limits, disk)
                    finally:
                        if started.handle:
                            started.handle.close()
                if spec.build_output and spec.save_build_output:
                    await to_shielded_thread(save_new_files, folder / "src", spec.tree, spec.build_output)
                return result
            finally:
                await to_shielded_thread(_clean_up, folder, spec)


@dataclass(frozen=True)
class LocalProcess:
    """A `RunningCommand` and all processes that come from it."""

    process: asyncio.subprocess.Process
    command: SandboxCommand
    tree: ProcessTree
    handle: ProcessHandle | None
    group: ResourceGroup
    proc: str = ""

    @property
    def stdin(self) -> bytes:
        return gated_stdin(self.command)

    def usage(self) -> Usage:
        return self.tree.usage()

    def exceeded(self) -> str:
        return self.group.exceeded()

    def host_shortage(self) -> HostShortage | None:
        return self.group.host_shortage()

    def kill(self) -> None:
        self.group.kill()
        self.tree.kill()

    async def ended(self) -> int:
        """Daemons end with the command that left them, as they do in a sandbox."""
        if self.handle:
            await self.handle.wait()
        else:
            # Where there are no pidfds. Not `process.wait()`, which also waits for daemons that hold the pipes.
            while self.process.returncode is None:  # noqa: ASYNC110 - asyncio reports it in no other way
                await asyncio.sleep(0.02)
        await asyncio.to_thread(self.tree.kill)
        await asyncio.to_thread(self.group.kill_all)  # also those that are no longer known to the tree
        return await self.process.wait()


async def _start(cwd: str, command: SandboxCommand, environment: dict[str, str], group: ResourceGroup) -> LocalProcess:
    run = uuid.uuid4().hex
    try:
        process = await asyncio.create_subprocess_exec(
            *(*group.prefix(), *gated_command(command, ".")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=READ_SIZE,
            cwd=cwd,
            env={**environment, **mark(), RUN_VARIABLE: run},
            start_new_session=True,
        )
    except OSError as error:
        raise NotStarted(str(error)) from error
    set_rlimits(process.pid, command.limits)
    handle = ProcessHandle(process.pid) if hasattr(os, "pidfd_open") else None
    return LocalProcess(process, command, ProcessTree(process.pid, run), handle, group)


def _run_folder(spec: SandboxSpec) -> Path:
    """The run's own folder, at a place that `paths` can name before the run."""
    return spec.out.with_name(f".{spec.out.name}.run")


def _prepare(folder: Path, spec: SandboxSpec) -> None:
    remove_tree(folder)
    (folder / "tmp" / "home").mkdir(parents=True)
    if not spec.keep_writes:
        (folder / "src").mkdir()
        copy_tree(spec.tree, folder / "src")
        if spec.build_output:
            copy_build_output(spec.build_output, folder / "src")
    for target, link in _links(folder, spec):
        if not os.path.lexists(link):
            link.symlink_to(target)


def _clean_up(folder: Path, spec: SandboxSpec) -> None:
    for target, link in _links(folder, spec):
        if link.is_symlink() and link.readlink() == target:
            link.unlink()
    remove_tree(folder)
    UntrustedFolder(spec.out).keep_regular_files()


def _links(folder: Path, spec: SandboxSpec) -> Iterator[tuple[Path, Path]]:
    """`SandboxSpec.mounts` are links here: (folder, its place in the tree)."""
    src = spec.tree if spec.keep_writes else folder / "src"
    return ((mounted, src / path) for mounted, path in spec.mounts)
