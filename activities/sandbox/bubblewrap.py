"""The default runner: bubblewrap, on Linux. What a command may not see does not exist for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

from activities.egress import PROXY_VARIABLES, without_proxies
from activities.egress.namespace import NetworkNotJoined, listen_inside
from activities.egress.proxy import EgressProxy, EgressSession
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths, SandboxSpec
from activities.sandbox.bubblewrap_options import (
    PATHS,
    InstallAccess,
    bubblewrap_options,
    cache_options,
    mount_options,
    overlay_options,
)
from activities.sandbox.bubblewrap_process import BubblewrapProcess, start
from activities.sandbox.cgroup_limits import resource_group
from activities.sandbox.command import validate
from activities.sandbox.ownership import mark
from activities.sandbox.run_folders import RunFolders, copy_build_output, copy_tree, save_new_files
from activities.sandbox.sandbox_user import SandboxUser, sandbox_user
from activities.sandbox.shielded_threads import to_shielded_thread
from activities.sandbox.supervisor import NotStarted, not_started, supervise
from activities.sandbox.usage import DiskUsage
from activities.untrusted_files import UntrustedFolder


class BubblewrapRunner:
    """`install_env` and `install_read_only` are shown to commands with network and to no others: they
    say where this host's registries are (index addresses, CA bundles, pip.conf, npmrc). `egress` is their network."""

    name = "bubblewrap"

    def __init__(
        self,
        install_env: Mapping[str, str] | None = None,
        install_read_only: tuple[Path, ...] = (),
        egress: EgressProxy | None = None,
    ) -> None:
        self._install = InstallAccess({**without_proxies(install_env or {}), **PROXY_VARIABLES}, install_read_only)
        self._egress = egress or EgressProxy()
        self._overlays: dict[tuple[int, int], bool] = {}

    def paths(self, spec: SandboxSpec) -> SandboxPaths:
        """The same for every sandbox."""
        return PATHS

    async def run(self, spec: SandboxSpec, command: SandboxCommand) -> ProcessResult:
        """Runs the command; its layers are gone afterwards and `out` holds regular files only.

        Raises UserError for a command that cannot be given to a program, `NotStarted` with
        bubblewrap's own words when the host does not let it make the sandbox.
        """
        validate(command)
        user = sandbox_user()
        folders = RunFolders.create(spec.out.parent, user)
        try:
            await to_shielded_thread(_give, user, spec)
            result = await self._run(folders, spec, command, await self._tree_options(folders, spec))
            if spec.build_output and spec.save_build_output:
                await to_shielded_thread(save_new_files, folders.upper, spec.tree, spec.build_output)
                await to_shielded_thread(user.give, spec.build_output, again=True)
            return result
        finally:
            await to_shielded_thread(_clean_up, folders, spec.out)

    async def _run(
        self, folders: RunFolders, spec: SandboxSpec, command: SandboxCommand, tree: tuple[str, ...]
    ) -> ProcessResult:
        writable = [folders.upper, folders.mounts, folders.tmp, spec.out]
        for path, is_writable in ((spec.tree, spec.keep_writes), (spec.env, spec.env_writable), (spec.cache, True)):
            if path and is_writable:
                writable.append(path)
        disk = await asyncio.to_thread(DiskUsage, writable, command.limits.disk)
        async with resource_group(command.limits) as group:
            options = bubblewrap_options(spec, command, folders, tree, self._install)
            process = await start(options, command, group)
            try:
                if not (command.network or command.service):
                    return await supervise(process, command.limits, disk)
                async with self._network(process, command) as session:
                    result = await supervise(process, command.limits, disk, session.exceeded)
                if session.trouble and result.exit_code and not result.stopped:
                    raise session.trouble
                return replace(result, refused=tuple(session.refused))
            finally:
                process.handle.close()

    @contextlib.asynccontextmanager
    async def _network(self, process: BubblewrapProcess, command: SandboxCommand) -> AsyncIterator[EgressSession]:
        """The proxy for a command that still waits at its gate. Raises `NotStarted`."""
        try:
            egress = self._egress if command.network else EgressProxy(service=command.service)
            if command.reaches:
                egress = egress.only(*command.reaches)
            listener = await listen_inside(process.pid1, mark())
        except BaseException as error:
            process.kill()
            await asyncio.shield(process.process.communicate())
            if isinstance(error, NetworkNotJoined):
                raise not_started(0, str(error).encode()) from None
            raise
        async with egress.serve(listener) as session:
            yield session

    async def _tree_options(self, folders: RunFolders, spec: SandboxSpec) -> tuple[str, ...]:
        """How `/src` is mounted: as it is, below a layer for the run's writes, or as a copy."""
        overlays = await self._supports_overlays(folders, spec)
        if spec.keep_writes:
            tree: tuple[str, ...] = ("--bind", str(spec.tree), PATHS.src)
        elif overlays:
            tree = overlay_options(folders, spec)
        else:
            await to_shielded_thread(copy_tree, spec.tree, folders.upper)
            if spec.build_output:
                await to_shielded_thread(copy_build_output, spec.build_output, folders.upper)
                await to_shielded_thread(folders.user.give, folders.upper, again=True)
            tree = ("--bind", str(folders.upper), PATHS.src)
        return (*tree, *mount_options(folders, spec, overlays), *cache_options(folders, spec, overlays))

    async def _supports_overlays(self, folders: RunFolders, spec: SandboxSpec) -> bool:
        """Not every kernel and file system has overlays for users; tried once for each pair of file systems."""
        devices = (spec.tree.stat().st_dev, folders.root.stat().st_dev)
        if devices not in self._overlays:
            try:
                await self._run(folders, spec, SandboxCommand(("true",)), overlay_options(folders, spec))
                self._overlays[devices] = True
            except NotStarted:
                self._overlays[devices] = False
        return self._overlays[devices]


def _give(user: SandboxUser, spec: SandboxSpec) -> None:
    """What the sandbox writes to, and the files that it works on, as far as they are not its own."""
    for folder in (spec.tree, spec.env, spec.cache, spec.cache_below, spec.build_output):
        if folder:
            user.give(folder)
    user.give_reports(spec.out)


def _clean_up(folders: RunFolders, out: Path) -> None:
    folders.remove()
    UntrustedFolder(out).keep_regular_files()
