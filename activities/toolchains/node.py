"""JavaScript and TypeScript: npm, pnpm and yarn, with node from the product's own environment.

The environment folder holds what decides the packages (`activities/node_manifest.py`) and the `node_modules` that the
package manager makes of it, those of a workspace's packages too. They are laid over the tree where a tool runs, so
that node finds in them what it would find on a person's machine.
"""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path

from activities.languages.javascript.manifest import manifest
from activities.languages.javascript.package_json import read_package, workspace_home
from activities.languages.javascript.package_manager import (
    PackageManager,
    find_manager,
    install_environment,
    install_words,
)
from activities.languages.javascript.programs import MANAGER_FOLDER, node_home, npm, versions
from activities.reports import valid_unicode
from activities.result_store import digest
from activities.sandbox import ProcessResult, SandboxCommand
from activities.tool_reports import last_output
from activities.tooling import EnvironmentRecipe, InstallResult, InstallSite, Project, Toolchain

_MOST_LAID = 300


def _detect(folder: Path) -> bool:
    return (folder / "package.json").is_file()


def _recipe(project: Project) -> EnvironmentRecipe:
    home = workspace_home(project)
    manager = find_manager(home, read_package(home))
    files = sorted(manifest(home).items())
    facts = (versions(), manager.name, manager.package, *(part for name, data in files for part in (name, _text(data))))
    fetch = (f"npm install {manager.package}",) if manager.package else ()
    return EnvironmentRecipe(
        digest(*facts), (*fetch, " ".join((manager.name, *install_words(manager)))), bool(manager.lock)
    )


async def _install(site: InstallSite, recipe: EnvironmentRecipe) -> InstallResult:
    home = workspace_home(site.project)
    manager = find_manager(home, read_package(home))
    await asyncio.to_thread(_lay_out, _environment(site), manifest(home))
    if manager.package and (ran := await _run(site, manager, _fetching(site, manager))).exit_code != 0:
        return _not_installed(f"{manager.name} {manager.version} could not be fetched", ran)
    ran = await _run(site, manager, (*_starting(site, manager), *install_words(manager)))
    if ran.exit_code != 0:
        return _not_installed(f"{manager.name} could not install the packages", ran)
    return InstallResult()


def _over(project: Project, env_root: Path) -> tuple[tuple[Path, str], ...]:
    """Each `node_modules` of the environment, at its place in the tree. A folder of the tree that is a link is left
    out: what is laid there would land wherever a stranger's link leads."""
    home = workspace_home(project)
    checkout = home.root.resolve()
    laid = []
    for folder in _module_folders(env_root):
        place = checkout / folder.parent
        if place.is_dir() and place.resolve() == place and not _taken(checkout / folder):
            laid.append((env_root / folder, os.path.normpath(f"{home.folder}/{folder.as_posix()}")))
    return tuple(laid[:_MOST_LAID])


def _taken(place: Path) -> bool:
    return place.is_symlink() or (place.exists() and not place.is_dir())


def _environment(site: InstallSite) -> Path:
    assert site.spec.env is not None, "an installation has an environment to write to"
    return site.spec.env


def _lay_out(env_root: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (env_root / name).parent.mkdir(parents=True, exist_ok=True)
        (env_root / name).write_bytes(data)


def _fetching(site: InstallSite, manager: PackageManager) -> tuple[str, ...]:
    """The manager itself goes into the environment, not into the cache, which every installation may write to."""
    options = ("--prefix", f"{site.paths.env}/{MANAGER_FOLDER}", "--no-save", "--ignore-scripts", "--workspaces=false")
    return (*npm(), "install", *options, manager.package)


def _starting(site: InstallSite, manager: PackageManager) -> tuple[str, ...]:
    return (f"{site.paths.env}/{MANAGER_FOLDER}/node_modules/.bin/{manager.name}",) if manager.package else npm()


async def _run(site: InstallSite, manager: PackageManager, argv: tuple[str, ...]) -> ProcessResult:
    """In the environment's folder, which is no folder of the tree, with our node first on the PATH."""
    inside = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', site.paths.env, *argv)
    path = f"{node_home() / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    env = {"PATH": path, **install_environment(manager, site.paths.cache)}
    return await site.run(SandboxCommand(inside, env=env, network=True))


def _not_installed(what: str, ran: ProcessResult) -> InstallResult:
    if ran.stopped:
        return InstallResult(f"{what}: stopped at its {ran.stopped} limit.", last_output(ran))
    both = ran.stdout + b"\n" + ran.stderr
    said = _said(both.decode("utf-8", "backslashreplace"))
    return InstallResult(f"{what}: {said or f'exit code {ran.exit_code}'}", last_output(ran))


_MISMATCH = re.compile(
    r"can only install packages when your package|FROZEN_LOCKFILE|OUTDATED_LOCKFILE|YN0028|lockfile needs"
)
_ERROR = re.compile(r"^\s*(?:npm (?:error|ERR!)|error|ERR_PNPM|ERR|➤ YN\d+: .*Error)\s*(.*)$", re.MULTILINE)
_NO_NEWS = re.compile(r"^(code |errno |A complete log|For a full report|Alternatively|$)")


def _said(output: str) -> str:
    """What the manager says is wrong, in a sentence or two."""
    if _MISMATCH.search(output):
        return "the lock file does not match package.json. Install once on your machine and commit the lock file."
    lines = [valid_unicode(match[0].strip()) for match in _ERROR.finditer(output) if not _NO_NEWS.match(match[1])]
    return " ".join(lines[:2])[:500]


def _module_folders(env_root: Path) -> Iterator[Path]:
    for folder, folders, _ in os.walk(env_root):
        if "node_modules" in folders:
            yield (Path(folder) / "node_modules").relative_to(env_root)
        folders[:] = sorted(name for name in folders if name != "node_modules" and not name.startswith("."))


def _text(data: bytes) -> str:
    return data.decode("latin-1")


toolchain = Toolchain("node", "javascript", _detect, _recipe, _install, lambda: (node_home(),), _over)
