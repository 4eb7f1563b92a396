"""Environments: what a project's own declaration installs, once for each hash of what decides it."""

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
from activities.model import RepoRef
from activities.result_store import digest
from activities.sandbox import ProcessResult, ResourceLimits, Runner, SandboxCommand, SandboxSpec
from activities.toolchains import Installed, Recipe, Site, Toolchain
from activities.tools import Project

INSTALL_LIMITS = ResourceLimits(wall_s=1200, disk=8 * 1024**3, file_size=4 * 1024**3)

# A registry that was away must not fail every later gate: what could not be installed is tried again after this.
_FAILED_FOR_S = 300.0


@dataclass(frozen=True)
class Environment:
    """`root` None: nothing could be installed, `problem` says why. `key` decides all that is in it. `under` is the
    `Box.under` of whatever works with it: what building the project wrote into the tree, which was at `src`
    then."""

    key: str
    root: Path | None = None
    problem: str = ""
    over: tuple[tuple[Path, str], ...] = ()
    under: Path | None = None
    src: str = ""
    chain: Toolchain | None = None

    def variables(self, src: str) -> Mapping[str, str]:
        """What commands that see the tree at `src` must be told."""
        if self.root is None or self.chain is None or src == self.src:
            return {}
        return self.chain.moved(self.root, self.src, src)


class Environments:
    """All environments of one host, below `root`, a repository's beside one another.

    The download cache is the repository's own, because what a stranger's build leaves in it must reach
    no other repository. Lock: one process installs, the others wait for it.
    """

    def __init__(self, root: Path, runner: Runner) -> None:
        self._root = root
        self._runner = runner
        # What a project declares cannot change: its folder is named by the commit. Reading it takes 50 ms.
        self._recipes: LRUCache[Project, Recipe] = LRUCache(64)

    async def get(self, repo: RepoRef, checkout: Path, project: Project) -> Environment:
        """The project's environment, made if it is not there yet."""
        chain = _toolchain(project)
        if chain is None:
            return Environment(key="")
        recipe = self._recipe(chain, project)
        home = self._home(repo, recipe)
        if (known := _read(home)) is None:
            async with _locked(home):
                known = _read(home) or await self._install(chain, recipe, repo, checkout, project, home)
        os.utime(home)
        root = home / "env" if known.partly or not known.problem else None
        under = home / "under"
        src = self._runner.places(SandboxSpec(tree=checkout, out=home / "out")).src
        return Environment(
            recipe.key, root, known.problem, chain.over(project, root) if root else (),
            under if any(under.iterdir()) else None, src, chain,
        )  # fmt: skip

    def _recipe(self, chain: Toolchain, project: Project) -> Recipe:
        if project not in self._recipes:
            self._recipes[project] = chain.recipe(project)
        return self._recipes[project]

    async def prepared(self, repo: RepoRef, checkout: Path, folder: str, command: str) -> tuple[Path, str]:
        """A private copy of the checkout in which the configured `install` command ran, with network; made once.
        The second is what went wrong, "" if nothing did."""
        home = self._root / "prepared" / repo.owner / repo.name / digest(checkout.name, folder, command)[:32]
        async with _locked(home):
            if _read(home) is None:
                shutil.rmtree(home, ignore_errors=True)
                await asyncio.to_thread(shutil.copytree, checkout, home / "tree", symlinks=True)
                (home / "out").mkdir()
                _write(home, await self._run_install(home, folder, command))
        known = _read(home)
        return home / "tree", known.problem if known else "The install command left nothing behind."

    async def _run_install(self, home: Path, folder: str, command: str) -> Installed:
        box = SandboxSpec(tree=home / "tree", out=home / "out", keep_writes=True)
        ran = await self._runner.run(
            box, SandboxCommand(("sh", "-c", command), cwd=folder, network=True, limits=INSTALL_LIMITS)
        )
        tail = (ran.stdout + ran.stderr)[-4000:].decode("utf-8", "backslashreplace")
        why = f"ran out of {ran.stopped}" if ran.stopped else f"ended with {ran.exit_code}"
        return Installed() if ran.exit_code == 0 else Installed(f"The install command {why}.", tail)

    def _home(self, repo: RepoRef, recipe: Recipe) -> Path:
        return self._root / "environments" / repo.owner / repo.name / recipe.key[:32]

    async def _install(
        self, chain: Toolchain, recipe: Recipe, repo: RepoRef, checkout: Path, project: Project, home: Path
    ) -> Installed:
        shutil.rmtree(home, ignore_errors=True)
        downloads = self._root / "downloads" / repo.owner / repo.name / chain.name
        box = SandboxSpec(
            tree=checkout, out=home / "out", env=self._made_in(home, downloads), env_writable=True,
            cache=downloads / "cache", read_only=chain.paths(), under=home / "under", under_grows=True,
        )  # fmt: skip

        async def run(command: SandboxCommand) -> ProcessResult:
            wall_s = min(command.limits.wall_s, INSTALL_LIMITS.wall_s)
            return await self._runner.run(box, replace(command, limits=replace(INSTALL_LIMITS, wall_s=wall_s)))

        env = _empty(box)
        installed = await chain.install(Site(project, box, self._runner.places(box), run), recipe)
        if env != home / "env":
            env.rename(home / "env")
        _write(home, installed)
        return installed

    def _made_in(self, home: Path, downloads: Path) -> Path:
        """Beside the cache, so that hard links work between the two; but where commands see an environment by its
        path on this host, it cannot move once it is made."""
        final = home / "env"
        moves = self._runner.places(SandboxSpec(tree=home, out=home / "out", env=final)).env != str(final)
        return downloads / home.name if moves else final


_INSTALLED = TypeAdapter(Installed)


def _toolchain(project: Project) -> Toolchain | None:
    return next((chain for chain in toolchains.registry().values() if chain.language == project.language), None)


def _empty(box: SandboxSpec) -> Path:
    """Makes the box's folders, and gives that of the environment, with nothing in it."""
    assert box.env
    assert box.cache
    assert box.under
    shutil.rmtree(box.env, ignore_errors=True)
    for folder in (box.env, box.out, box.under, box.cache):
        folder.mkdir(parents=True, exist_ok=True)
    return box.env


def _read(home: Path) -> Installed | None:
    try:
        installed = _INSTALLED.validate_json((home / "installed.json").read_bytes())
        age = time.time() - (home / "installed.json").stat().st_mtime
    except (OSError, ValidationError):
        return None
    return None if installed.problem and age > _FAILED_FOR_S else installed


def _write(home: Path, installed: Installed) -> None:
    part = home / "installed.part"
    part.write_bytes(_INSTALLED.dump_json(installed))
    part.rename(home / "installed.json")


@contextlib.asynccontextmanager
async def _locked(home: Path) -> AsyncIterator[None]:
    home.parent.mkdir(parents=True, exist_ok=True)
    async with AsyncFileLock(f"{home}.lock", poll_interval=0.05):
        yield
