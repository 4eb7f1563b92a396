"""InstallResult environments of projects: made once for each hash of everything that decides their contents."""

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cachetools import LRUCache
from filelock import AsyncFileLock
from pydantic import TypeAdapter, ValidationError

from activities import toolchains
from activities.egress import RefusedTarget
from activities.model import RepoRef
from activities.reporting.reasons import install_failed
from activities.result_store import digest
from activities.sandbox import ProcessResult, ResourceLimits, Runner, SandboxCommand, SandboxSpec
from activities.tool_reports import last_output
from activities.tooling import EnvironmentRecipe, InstallResult, InstallSite, Project, Toolchain
from activities.untrusted_files import remove_tree

INSTALL_LIMITS = ResourceLimits(wall_s=1200, disk=8 * 1024**3, file_size=4 * 1024**3)

# A failed installation is tried again after this: the cause may have been a registry that was unavailable.
_FAILURE_LASTS_S = 300.0

_INSTALLED = TypeAdapter(InstallResult)


@dataclass(frozen=True)
class Environment:
    """An environment for commands. `key` decides everything in it.

    `root` is None if nothing could be installed; `problem` says why. `mounts` and `build_output` belong into the
    `SandboxSpec` of every command that uses the environment. `src` is where the tree was when it was installed.
    """

    key: str
    root: Path | None = None
    problem: str = ""
    mounts: tuple[tuple[Path, str], ...] = ()
    build_output: Path | None = None
    src: str = ""
    toolchain: Toolchain | None = None

    def variables(self, src: str) -> Mapping[str, str]:
        """Environment variables for commands that see the tree at `src`."""
        if self.root is None or self.toolchain is None or src == self.src:
            return {}
        return self.toolchain.moved_variables(self.root, self.src, src)


class Environments:
    """All environments of one host, below `root`, grouped by repository.

    Each repository has its own download cache: untrusted builds write to it, so no other repository may read it.
    A file lock lets one process install an environment while others wait for it.
    """

    def __init__(self, root: Path, runner: Runner) -> None:
        self._root = root
        self._runner = runner
        # The root of a project is named by its commit, so what it declares cannot change. Reading it takes 50 ms.
        self._recipes: LRUCache[Project, EnvironmentRecipe] = LRUCache(64)

    async def get(self, repo: RepoRef, checkout: Path, project: Project) -> Environment:
        """The project's environment, installed if it does not exist yet."""
        toolchain = next((one for one in toolchains.registry().values() if one.language == project.language), None)
        if toolchain is None:
            return Environment(key="")
        if (recipe := self._recipes.get(project)) is None:
            recipe = self._recipes[project] = toolchain.recipe(project)
        folder = self._root / "environments" / repo.owner / repo.name / recipe.key[:32]
        if (installed := _read_installed(folder)) is None:
            async with _locked(folder):
                if (installed := _read_installed(folder)) is None:
                    downloads = self._root / "downloads" / repo.owner / repo.name / toolchain.name
                    installed = await self._install(toolchain, recipe, checkout, project, folder, downloads)
        os.utime(folder)  # `Cleanup` removes what was not used for a while
        root = folder / "env" if installed.partly or not installed.problem else None
        build_output = folder / "build-output"
        return Environment(
            key=recipe.key,
            root=root,
            problem=installed.problem,
            mounts=toolchain.mounts(project, root) if root else (),
            build_output=build_output if any(build_output.iterdir()) else None,
            src=self._runner.paths(SandboxSpec(tree=checkout, out=folder / "out")).src,
            toolchain=toolchain,
        )

    async def _install(
        self,
        toolchain: Toolchain,
        recipe: EnvironmentRecipe,
        checkout: Path,
        project: Project,
        folder: Path,
        downloads: Path,
    ) -> InstallResult:
        remove_tree(folder)
        env, out, build_output = folder / "env", folder / "out", folder / "build-output"
        cache = downloads / "cache"
        for path in (env, out, build_output, cache):
            path.mkdir(parents=True, exist_ok=True)
        spec = SandboxSpec(
            tree=checkout, out=out, env=env, env_writable=True, cache=cache,
            read_only=toolchain.paths(), build_output=build_output, save_build_output=True,
        )  # fmt: skip

        refused: dict[RefusedTarget, None] = {}

        async def run(command: SandboxCommand) -> ProcessResult:
            wall_s = min(command.limits.wall_s, INSTALL_LIMITS.wall_s)
            result = await self._runner.run(spec, replace(command, limits=replace(INSTALL_LIMITS, wall_s=wall_s)))
            refused.update(dict.fromkeys(result.refused))
            return result

        installed = await toolchain.install(InstallSite(project, spec, self._runner.paths(spec), run), recipe)
        installed = installed.with_refused(tuple(refused))
        _write_installed(folder, installed)
        return installed

    async def prepared(self, repo: RepoRef, checkout: Path, folder: str, command: str) -> tuple[Path, str]:
        """A copy of the checkout in which the configured `install` command ran, with network; made once.
        The second value is what went wrong, "" if nothing did."""
        home = self._root / "prepared" / repo.owner / repo.name / digest(checkout.name, folder, command)[:32]
        async with _locked(home):
            if (installed := _read_installed(home)) is None:
                remove_tree(home)
                await asyncio.to_thread(shutil.copytree, checkout, home / "tree", symlinks=True)
                (home / "out").mkdir()
                spec = SandboxSpec(tree=home / "tree", out=home / "out", keep_writes=True)
                shell = SandboxCommand(("sh", "-c", command), cwd=folder, network=True, limits=INSTALL_LIMITS)
                result = await self._runner.run(spec, shell)
                installed = InstallResult()
                if result.exit_code:
                    reason = install_failed(result.exit_code, result.stopped)
                    installed = InstallResult(reason, last_output(result)).with_refused(result.refused)
                _write_installed(home, installed)
        return home / "tree", installed.problem


def _read_installed(folder: Path) -> InstallResult | None:
    """The result of an earlier installation, None if there is none or a failed one has to be tried again."""
    try:
        installed = _INSTALLED.validate_json((folder / "installed.json").read_bytes())
        age = time.time() - (folder / "installed.json").stat().st_mtime
    except (OSError, ValidationError):
        return None
    return None if installed.problem and age > _FAILURE_LASTS_S else installed


def _write_installed(folder: Path, installed: InstallResult) -> None:
    part = folder / "installed.part"
    part.write_bytes(_INSTALLED.dump_json(installed))
    part.rename(folder / "installed.json")


@contextlib.asynccontextmanager
async def _locked(folder: Path) -> AsyncIterator[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    async with AsyncFileLock(f"{folder}.lock", poll_interval=0.05):
        yield
