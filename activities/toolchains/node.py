"""JavaScript and TypeScript: npm, pnpm and yarn, with node from the product's own environment.

The environment folder holds the files that decide the packages (see `languages/javascript/manifest.py`) and the
`node_modules` that the package manager makes of them, those of a workspace's packages too. They are mounted over the
tree where a tool runs, so that node finds in them what it would find on a person's machine.
"""

import asyncio
import os
import re
from pathlib import Path

from activities.languages.javascript.manifest import manifest
from activities.languages.javascript.package_json import read_package, workspace_home
from activities.languages.javascript.package_manager import (
    PackageManager,
    find_manager,
    install_environment,
    install_words,
)
from activities.languages.javascript.programs import (
    MANAGER_FOLDER,
    SYSTEM_PATH,
    node_home,
    npm,
    takes_packages,
    versions,
)
from activities.reports import valid_unicode
from activities.result_store import digest
from activities.sandbox import ProcessResult, SandboxCommand
from activities.tool_reports import last_output
from activities.tooling import EnvironmentRecipe, InstallResult, InstallSite, Project, Toolchain

_MOST_MOUNTS = 300
_MISMATCH = re.compile(
    r"can only install packages when your package|FROZEN_LOCKFILE|OUTDATED_LOCKFILE|YN0028|lockfile needs"
)
_ERROR = re.compile(r"^\s*(?:npm (?:error|ERR!)|error|ERR_PNPM|ERR|➤ YN\d+: .*Error)\s*(.*)$", re.MULTILINE)
_UNINFORMATIVE = re.compile(r"^(code |errno |A complete log|For a full report|Alternatively|$)")


class NodeToolchain(Toolchain):
    name = "node"
    language = "javascript"
    judges = (
        ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnp.*", ".pnpmfile.cjs", ".pnpmfile.mjs", "node_modules/*",
        ".yarn/plugins/*", ".yarn/releases/*",
    )  # fmt: skip

    def detect(self, folder: Path) -> bool:
        return (folder / "package.json").is_file()

    def recipe(self, project: Project) -> EnvironmentRecipe:
        home = workspace_home(project)
        manager = find_manager(home, read_package(home))
        facts = [versions(), manager.name, manager.package]
        for name, data in sorted(manifest(home).items()):
            facts += (name, data.decode("latin-1"))
        fetch = (f"npm install {manager.package}",) if manager.package else ()
        steps = (*fetch, " ".join((manager.name, *install_words(manager))))
        return EnvironmentRecipe(digest(*facts), steps, bool(manager.lock))

    async def install(self, site: InstallSite, recipe: EnvironmentRecipe) -> InstallResult:
        """A manager other than npm is installed into the environment first, not into the cache, which every
        installation may write to."""
        home = workspace_home(site.project)
        manager = find_manager(home, read_package(home))
        assert site.spec.env is not None, "an installation has an environment to write to"
        await asyncio.to_thread(_write_files, site.spec.env, manifest(home))
        program: tuple[str, ...] = npm()
        if manager.package:
            folder = f"{site.paths.env}/{MANAGER_FOLDER}"
            options = ("--prefix", folder, "--no-save", "--ignore-scripts", "--workspaces=false")
            result = await _run(site, manager, (*program, "install", *options, manager.package))
            if result.exit_code != 0:
                return _failure(f"{manager.name} {manager.version} could not be installed", result)
            program = (f"{folder}/node_modules/.bin/{manager.name}",)
        result = await _run(site, manager, (*program, *install_words(manager)))
        if result.exit_code != 0:
            return _failure(f"{manager.name} could not install the packages", result)
        return InstallResult()

    def paths(self) -> tuple[Path, ...]:
        return (node_home(),)

    def mounts(self, project: Project, env_root: Path) -> tuple[tuple[Path, str], ...]:
        """Each `node_modules` of the environment, at its place in the tree. A folder of the tree that is a link is left
        out: its mount would land wherever the link leads."""
        home = workspace_home(project)
        mounts = []
        for name, folders, _ in os.walk(env_root):
            if "node_modules" in folders:
                folder = (Path(name) / "node_modules").relative_to(env_root)
                if takes_packages(home.root, env_root, folder.parent):
                    mounts.append((env_root / folder, os.path.normpath(f"{home.folder}/{folder.as_posix()}")))
            folders[:] = sorted(each for each in folders if each != "node_modules" and not each.startswith("."))
        return tuple(mounts[:_MOST_MOUNTS])


def _write_files(env_root: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (env_root / name).parent.mkdir(parents=True, exist_ok=True)
        (env_root / name).write_bytes(data)


async def _run(site: InstallSite, manager: PackageManager, argv: tuple[str, ...]) -> ProcessResult:
    """In the environment's folder, which is no folder of the tree, with our node first on the PATH."""
    inside = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', site.paths.env, *argv)
    path = f"{node_home() / 'bin'}:{SYSTEM_PATH}"
    env = {"PATH": path, **install_environment(manager, site.paths.cache)}
    return await site.run(SandboxCommand(inside, env=env, network=True))


def _failure(what: str, result: ProcessResult) -> InstallResult:
    """With the manager's own reason, in a sentence or two."""
    output = (result.stdout + b"\n" + result.stderr).decode("utf-8", "backslashreplace")
    if result.stopped:
        reason = f"stopped at its {result.stopped} limit."
    elif _MISMATCH.search(output):
        reason = "the lock file does not match package.json. Install the packages locally and commit the lock file."
    else:
        errors = [match[0].strip() for match in _ERROR.finditer(output) if not _UNINFORMATIVE.match(match[1])]
        reason = valid_unicode(" ".join(errors[:2])[:500]) or f"exit code {result.exit_code}"
    return InstallResult(f"{what}: {reason}", last_output(result))


toolchain = NodeToolchain()
