"""The default runner: bubblewrap, on Linux. What a command may not see is not there at all."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from activities.errors import UserError
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths, SandboxSpec, scratch
from activities.sandbox.bubblewrap_args import PLACES, Install, arguments
from activities.sandbox.bubblewrap_process import start
from activities.sandbox.cgroup_limits import capped
from activities.sandbox.checked import checked
from activities.sandbox.disk_usage import Disk
from activities.sandbox.overlay import copy
from activities.sandbox.scratch import Scratch
from activities.sandbox.shielded_threads import to_its_end
from activities.sandbox.supervisor import NeverBegan, supervise
from activities.sandbox.under import keep_new, lay_beneath


class BubblewrapRunner:
    """`install_env` and `install_read_only` are shown to commands with network and to no others: they
    say where this host's registries are (index addresses, CA bundles, pip.conf, npmrc)."""

    name = "bubblewrap"

    def __init__(self, install_env: Mapping[str, str] | None = None, install_read_only: tuple[Path, ...] = ()) -> None:
        self._install = Install(install_env or {}, install_read_only)
        self._overlays: dict[tuple[int, int], bool] = {}

    def paths(self, spec: SandboxSpec) -> SandboxPaths:
        """The same for every spec."""
        return PLACES

    async def run(self, spec: SandboxSpec, command: SandboxCommand) -> ProcessResult:
        """Runs the command; its layers are gone afterwards and `out` holds plain files only.

        Raises UserError for a command that cannot be given to a program, `NeverBegan` with
        bubblewrap's own words when the host does not let it make the sandbox.
        """
        checked(command)
        place = scratch.make(spec.out.parent)
        try:
            ran = await self._run(place, spec, command, await self._tree(place, spec))
            if spec.build_output and spec.save_build_output:
                await to_its_end(keep_new, place.upper, spec.tree, spec.build_output)
            return ran
        finally:
            await to_its_end(_clean, place, spec.out)

    async def _run(
        self, place: Scratch, spec: SandboxSpec, command: SandboxCommand, tree: tuple[str, ...]
    ) -> ProcessResult:
        disk = await asyncio.to_thread(Disk, _written(place, spec), command.limits.disk)
        async with capped(command.limits) as cap:
            sandbox = await start(arguments(spec, command, place, tree, self._install), command, cap)
            try:
                return await supervise(sandbox, command.limits, disk)
            finally:
                sandbox.handle.close()

    async def _tree(self, place: Scratch, spec: SandboxSpec) -> tuple[str, ...]:
        """How `/src` is mounted: as it is, below a layer for the run's writes, or as a copy."""
        layers = await self._layers_work(place, spec)
        return (*await self._src(place, spec, layers), *_laid_over(place, spec, layers))

    async def _src(self, place: Scratch, spec: SandboxSpec, layers: bool) -> tuple[str, ...]:
        if spec.keep_writes:
            return ("--bind", str(spec.tree), PLACES.src)
        if layers:
            return _overlay(place, spec)
        await to_its_end(copy, spec.tree, place.upper)
        if spec.build_output:
            await to_its_end(lay_beneath, spec.build_output, place.upper)
        return ("--bind", str(place.upper), PLACES.src)

    async def _layers_work(self, place: Scratch, spec: SandboxSpec) -> bool:
        """Not every kernel and file system has overlays for users; asked once per pair of them."""
        kinds = (spec.tree.stat().st_dev, place.root.stat().st_dev)
        if kinds not in self._overlays:
            self._overlays[kinds] = await self._overlay_works(place, spec)
        return self._overlays[kinds]

    async def _overlay_works(self, place: Scratch, spec: SandboxSpec) -> bool:
        try:
            await self._run(place, spec, SandboxCommand(("true",)), _overlay(place, spec))
        except NeverBegan:
            return False
        return True


def _overlay(place: Scratch, spec: SandboxSpec) -> tuple[str, ...]:
    """The first source is the lowest."""
    lower = (spec.build_output, spec.tree) if spec.build_output else (spec.tree,)
    sources = (word for path in lower for word in ("--overlay-src", str(path)))
    return (*sources, "--overlay", str(place.upper), str(place.work), PLACES.src)


def _laid_over(place: Scratch, spec: SandboxSpec, layers: bool) -> Iterator[str]:
    """`SandboxSpec.mounts` at its places in the tree. Without layers it is read-only there."""
    for number, (folder, inside) in enumerate(spec.mounts):
        _refuse_links(spec.tree, inside)
        at = os.path.join(PLACES.src, inside)
        if layers:
            upper, work = place.layer(number)
            yield from ("--overlay-src", str(folder), "--overlay", str(upper), str(work), at)
        else:
            yield from ("--ro-bind", str(folder), at)


def _refuse_links(tree: Path, inside: str) -> None:
    """A mount follows the links on its way, and bubblewrap makes folders there while it still sees the
    whole host."""
    place = tree
    for part in Path(inside).parts:
        place /= part
        if part == ".." or place.is_symlink():
            raise UserError(f"{inside!r} leads through a link. Make it a plain folder of the repository.")


def _written(place: Scratch, spec: SandboxSpec) -> list[Path]:
    """Every folder of this host that the command can write to."""
    maybe = ((spec.tree, spec.keep_writes), (spec.env, spec.env_writable), (spec.cache, True))
    return [place.upper, place.over, place.tmp, spec.out, *(path for path, writable in maybe if path and writable)]


def _clean(place: Scratch, out: Path) -> None:
    scratch.remove(place.root)
    scratch.tidy(out)
