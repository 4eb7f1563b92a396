"""Installed environments of projects: made once for each trust level and each hash of what decides their contents.

Code of a repository runs while its environment is installed, and can leave there what it likes. So every environment
belongs to a trust level, and nothing that a level's code could write is used by another one. The exception is
`PROTECTED`, the level of the default branch and of protected branches: every level may use what that one installed.
"""

import asyncio
import contextlib
import math
import os
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cachetools import LRUCache
from filelock import AsyncFileLock
from pydantic import TypeAdapter, ValidationError

from activities import toolchains
from activities.egress import RefusedTarget
from activities.host_trouble import raise_host_trouble
from activities.model import RepoRef
from activities.reporting.reasons import in_folder, install_failed
from activities.result_store import digest
from activities.sandbox import ProcessResult, ResourceLimits, Runner, SandboxCommand, SandboxSpec
from activities.sandbox.run_folders import copy_tree
from activities.tool_reports import last_output
from activities.tooling import EnvironmentRecipe, InstallResult, InstallSite, Project, Toolchain
from activities.untrusted_files import UntrustedFolder, remove_tree
from activities.workspace.leases import hold

PROTECTED = "protected"
"""The trust level of the default branch and of protected branches."""

INSTALL_LIMITS = ResourceLimits(wall_s=1200, disk=8 * 1024**3, file_size=4 * 1024**3)

# A failed installation is tried again after this: the cause may have been a registry that was unavailable.
_FAILURE_LASTS_S = 300.0

_INSTALLED = TypeAdapter(InstallResult)


@dataclass(frozen=True)
class Environment:
    """An environment for commands. `key` decides everything in it.

    `root` is None if nothing could be installed; `problem` says why. `mounts` and `build_output` belong into the
    `SandboxSpec` of every command that uses the environment. `src` is where the tree was when it was
    installed. `added` are the packages that are not the project's. `unavailable`: see
    `InstallResult`.
    """

    key: str
    root: Path | None = None
    problem: str = ""
    mounts: tuple[tuple[Path, str], ...] = ()
    build_output: Path | None = None
    src: str = ""
    toolchain: Toolchain | None = None
    added: tuple[str, ...] = ()
    unavailable: bool = False

    def variables(self, src: str) -> Mapping[str, str]:
        """Environment variables for commands that see the tree at `src`."""
        if self.root is None or self.toolchain is None or src == self.src:
            return {}
        return self.toolchain.moved_variables(self.root, self.src, src)


@dataclass(frozen=True)
class InstallSource:
    """Where a project's environment comes from: `level` is whose it is (the name of a folder), `checkout` holds the
    `project` that it is installed from. Without a checkout it exists already, and is never installed."""

    level: str
    project: Project
    checkout: Path | None


class Environments:
    """All environments of one host, below `root`, grouped by repository and trust level.

    Each repository has one download cache for each toolchain. Only installations of protected branches write to it;
    others read it below a layer of their own, which is thrown away. A file lock lets one process install an
    environment while others wait for it.
    """

    def __init__(self, root: Path, runner: Runner) -> None:
        self._root = root
        self._runner = runner
        # The root of a project is named by its commit, so what it declares cannot change. Reading it takes 50 ms.
        self._recipes: LRUCache[Project, EnvironmentRecipe] = LRUCache(64)

    async def source(
        self, repo: RepoRef, own: InstallSource, protected: Callable[[], Awaitable[Path]] | None
    ) -> InstallSource | None:
        """Where the environment of `own.project` comes from, None where nothing is installed for its language.

        It is a protected branch's environment where there is one by the same recipe, or where the base has the same
        recipe: `protected` gives the checkout of a base on a protected branch, from which it is installed here. One
        with a problem is not used: the head may be what repairs the build.
        """
        toolchain = _toolchain(own.project)
        if toolchain is None or own.level == PROTECTED:
            return own if toolchain else None
        key = self._recipe(toolchain, own.project).key
        folder = self._folder(repo, PROTECTED, key)
        hold(folder)
        installed = _read_installed(folder, math.inf)
        if installed is None and protected and _read_installed(self._folder(repo, own.level, key)) is None:
            checkout = await protected()
            project = replace(own.project, root=checkout / own.project.folder)
            if UntrustedFolder(checkout).is_folder(project.folder) and self._recipe(toolchain, project).key == key:
                await self.get(repo, project, InstallSource(PROTECTED, project, checkout))
                installed = _read_installed(folder, math.inf)
        if installed is None or installed.problem:
            return own
        return InstallSource(PROTECTED, own.project, None)

    async def get(self, repo: RepoRef, project: Project, source: InstallSource | None) -> Environment:
        """The environment from that source for commands on the project, installed if it does not exist yet."""
        toolchain = _toolchain(project)
        if toolchain is None or source is None:
            return Environment(key="")
        recipe = self._recipe(toolchain, source.project)
        folder = self._folder(repo, source.level, recipe.key)
        hold(folder)
        if (installed := _read_installed(folder)) is None:
            if source.checkout is None:
                raise FileNotFoundError(f"The environment {folder} was removed meanwhile.")
            async with _locked(folder):
                if (installed := _read_installed(folder)) is None:
                    installed = await self._install(repo, toolchain, recipe, source, source.checkout)
        hold(folder)
        root = folder / "env" if installed.partly or not installed.problem else None
        build_output = folder / "build-output"
        return Environment(
            key=recipe.key,
            root=root,
            problem=in_folder(toolchain.home(project).folder, installed.problem),
            mounts=toolchain.mounts(project, root) if root else (),
            build_output=build_output if any(build_output.iterdir()) else None,
            src=self._runner.paths(SandboxSpec(tree=folder, out=folder / "out")).src,
            toolchain=toolchain,
            added=installed.added,
            unavailable=installed.unavailable,
        )

    async def _install(
        self, repo: RepoRef, toolchain: Toolchain, recipe: EnvironmentRecipe, source: InstallSource, checkout: Path
    ) -> InstallResult:
        folder = self._folder(repo, source.level, recipe.key)
        await asyncio.to_thread(_make_fresh, folder)
        env, out, build_output = folder / "env", folder / "out", folder / "build-output"
        downloads = self._root / "downloads" / repo.owner / repo.name / toolchain.name
        cache = downloads if source.level == PROTECTED else folder / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        hold(downloads.parent)
        for path in (env, out, build_output):
            path.mkdir()
        below = downloads if downloads.is_dir() and downloads != cache else None
        spec = SandboxSpec(
            tree=checkout, out=out, env=env, env_writable=True, cache=cache, cache_below=below,
            read_only=toolchain.paths(), build_output=build_output, save_build_output=True,
        )  # fmt: skip

        refused: dict[RefusedTarget, None] = {}

        async def run(command: SandboxCommand) -> ProcessResult:
            wall_s = min(command.limits.wall_s, INSTALL_LIMITS.wall_s)
            result = await self._runner.run(spec, replace(command, limits=replace(INSTALL_LIMITS, wall_s=wall_s)))
            refused.update(dict.fromkeys(result.refused))
            return result

        installed = await toolchain.install(InstallSite(source.project, spec, self._runner.paths(spec), run), recipe)
        installed = installed.with_refused(tuple(refused))
        for path in (out, folder / "cache"):
            await asyncio.to_thread(remove_tree, path)
        if downloads.is_dir():
            os.utime(downloads)
        _write_installed(folder, installed)
        return installed

    async def prepared(self, repo: RepoRef, level: str, checkout: Path, folder: str, command: str) -> tuple[Path, str]:
        """A copy of the checkout in which the configured `install` command ran, with network; made once for each
        level. The second value is what went wrong, "" if nothing did."""
        name = digest(checkout.name, folder, command)[:32]
        home = self._root / "prepared" / repo.owner / repo.name / level / name
        async with _locked(home):
            if (installed := _read_installed(home)) is None:
                await asyncio.to_thread(_make_fresh, home)
                tree, out = home / "tree", home / "out"
                for path in (tree, out):
                    path.mkdir()
                await asyncio.to_thread(copy_tree, checkout, tree)
                shell = SandboxCommand(("sh", "-c", command), cwd=folder, network=True, limits=INSTALL_LIMITS)
                result = await self._runner.run(SandboxSpec(tree=tree, out=out, keep_writes=True), shell)
                installed = InstallResult()
                if result.exit_code:
                    reason = install_failed(result.exit_code, result.stopped)
                    installed = InstallResult(reason, last_output(result)).with_refused(result.refused)
                _write_installed(home, installed)
            hold(home)
        return home / "tree", installed.problem

    def _recipe(self, toolchain: Toolchain, project: Project) -> EnvironmentRecipe:
        if (recipe := self._recipes.get(project)) is None:
            recipe = self._recipes[project] = toolchain.recipe(project)
        return recipe

    def _folder(self, repo: RepoRef, level: str, key: str) -> Path:
        return self._root / "environments" / repo.owner / repo.name / level / key[:32]


def _toolchain(project: Project) -> Toolchain | None:
    return next((one for one in toolchains.registry().values() if one.language == project.language), None)


def _make_fresh(folder: Path) -> None:
    """An empty folder of that name. What was there is moved away as a whole before it is removed: an installation that
    was interrupted may have left links, and what cannot be removed."""
    old = folder.with_name(f"{folder.name}.{secrets.token_hex(8)}.old")
    with contextlib.suppress(FileNotFoundError):
        folder.rename(old)
        remove_tree(old)
    folder.mkdir()


def _read_installed(folder: Path, failure_lasts_s: float = _FAILURE_LASTS_S) -> InstallResult | None:
    """The result of an earlier installation, None if there is none or a failed one has to be tried again."""
    try:
        installed = _INSTALLED.validate_json((folder / "installed.json").read_bytes())
        age = time.time() - (folder / "installed.json").stat().st_mtime
    except (OSError, ValidationError) as error:
        if isinstance(error, OSError):
            raise_host_trouble(error)
        return None
    return None if installed.problem and age > failure_lasts_s else installed


def _write_installed(folder: Path, installed: InstallResult) -> None:
    part = folder / "installed.part"
    part.write_bytes(_INSTALLED.dump_json(installed))
    part.rename(folder / "installed.json")


@contextlib.asynccontextmanager
async def _locked(folder: Path) -> AsyncIterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    async with AsyncFileLock(f"{folder}.lock", poll_interval=0.05):
        yield
