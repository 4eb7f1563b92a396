"""JavaScript and TypeScript: npm, pnpm and yarn, with node from the product's own environment.

The environment folder holds the files that decide the packages (see `languages/javascript/manifest.py`) and the
`node_modules` that the package manager makes of them, those of a workspace's packages too. They are mounted over the
tree where a tool runs, so that node finds in them what it would find on a person's machine.
"""

import asyncio
import os
import re
from collections.abc import Iterable
from itertools import islice
from pathlib import Path, PurePosixPath

from activities.languages.javascript.manifest import manifest
from activities.languages.javascript.node_versions import wanted_node
from activities.languages.javascript.package_json import (
    is_excluded,
    read_package,
    workspace_home,
    workspace_members,
)
from activities.languages.javascript.package_manager import (
    PackageManager,
    error_of,
    find_manager,
    install_environment,
    install_words,
    wanted_bun,
)
from activities.languages.javascript.programs import (
    BUN_FOLDER,
    MANAGER_FOLDER,
    NODE_FOLDER,
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
from activities.untrusted_files import UntrustedFolder

_MOST_MOUNTS = 300
_OLD_NODE_FOLDER = ".manager-node"
"""In an environment: the Node that its package manager runs with, if that is not ours."""
_MISMATCH = re.compile(
    r"can only install packages when your package|FROZEN_LOCKFILE|OUTDATED_LOCKFILE|YN0028|lockfile needs"
)


class NodeToolchain(Toolchain):
    name = "node"
    language = "javascript"
    manifests = ("package.json", "pnpm-workspace.yaml")
    judges = (
        ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnp.*", ".pnpmfile.cjs", ".pnpmfile.mjs", "node_modules/*",
        ".yarn/plugins/*", ".yarn/releases/*",
    )  # fmt: skip

    def detect(self, folder: Path) -> bool:
        return Project(".", folder, self.language).has_file("package.json")

    def home(self, project: Project) -> Project:
        return workspace_home(project)

    def members(self, project: Project) -> Iterable[str]:
        return workspace_members(project)

    def package_name(self, project: Project) -> str:
        return read_package(project).text("name")

    def needed_packages(self, project: Project) -> Iterable[str]:
        return read_package(project).dependencies

    def stands_alone(self, project: Project) -> bool:
        """A package.json that only says how files of another package are to be read is none."""
        package = read_package(project)
        return bool(package.scripts or package.dependencies) and not is_excluded(project)

    def recipe(self, project: Project) -> EnvironmentRecipe:
        home = workspace_home(project)
        manager = find_manager(home, read_package(home))
        facts = [versions(), manager.name, manager.package, manager.node]
        for name, data in sorted(manifest(home).items()):
            facts += (name, data.decode("latin-1"))
        steps = {" ".join((manager.name, *install_words(manager))): manager.lock or "package.json"}
        if manager.package:
            named = read_package(home).text("packageManager").startswith(f"{manager.name}@{manager.version}")
            steps = {f"npm install {manager.package}": "package.json" if named else manager.lock, **steps}
        wanted = wanted_node(home)
        if node := wanted.package:
            facts.append(node)
            steps = {f"npm install {node}": wanted.found_in, **steps}
        if bun := wanted_bun(home):
            facts.append(bun)
            steps = {f"npm install {bun}": "package.json", **steps}
        return EnvironmentRecipe(digest(*facts), tuple(steps), bool(manager.lock), tuple(steps.values()))

    async def install(self, site: InstallSite, recipe: EnvironmentRecipe) -> InstallResult:
        """A manager other than npm is installed into the environment first, not into the cache, which every
        installation may write to."""
        home = workspace_home(site.project)
        manager = find_manager(home, read_package(home))
        assert site.spec.env is not None, "an installation has an environment to write to"
        await asyncio.to_thread(_write_files, site.spec.env, manifest(home))
        program: tuple[str, ...] = npm()
        if node := wanted_node(home).package:
            # Where it cannot be had, ours runs, and the report says so.
            await _run(site, manager, _install_beside(site, NODE_FOLDER, node))
        if bun := wanted_bun(home):  # where it cannot be had, the test runner says so
            await _run(site, manager, _install_beside(site, BUN_FOLDER, bun))
        if manager.node:
            await _run(site, manager, _install_beside(site, _OLD_NODE_FOLDER, manager.node))
        if manager.package:
            folder = f"{site.paths.env}/{MANAGER_FOLDER}"
            result = await _run(site, manager, _install_beside(site, MANAGER_FOLDER, manager.package))
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
        """Each `node_modules` of the environment, at its place in the tree. What is a link there, or on the way to
        it, is left out, as in the tree: what is mounted would come from wherever the link leads, or land there."""
        home = workspace_home(project)

        def enter(folder: str) -> bool:
            name = PurePosixPath(folder).name
            return name != "node_modules" and not name.startswith(".")

        found = (PurePosixPath(entry.path) for entry in UntrustedFolder(env_root).walk(enter=enter))
        homes = (path.parent for path in found if path.name == "node_modules")
        usable = (folder for folder in homes if takes_packages(home.root, env_root, folder))
        places = ((folder / "node_modules").as_posix() for folder in usable)
        mounts = ((env_root / place, os.path.normpath(f"{home.folder}/{place}")) for place in places)
        return tuple(islice(mounts, _MOST_MOUNTS))


def _write_files(env_root: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        UntrustedFolder(env_root).write(name, data)


def _install_beside(site: InstallSite, folder: str, package: str) -> tuple[str, ...]:
    """npm's words for a program that is none of the project's packages."""
    options = ("--prefix", f"{site.paths.env}/{folder}", "--no-save", "--ignore-scripts", "--workspaces=false")
    return (*npm(), "install", *options, package)


async def _run(site: InstallSite, manager: PackageManager, argv: tuple[str, ...]) -> ProcessResult:
    """In the environment's folder, which is no folder of the tree, with our node first on the PATH."""
    inside = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', site.paths.env, *argv)
    path = f"{node_home() / 'bin'}:{SYSTEM_PATH}"
    if manager.node:
        path = f"{site.paths.env}/{_OLD_NODE_FOLDER}/node_modules/{manager.node.partition('@')[0]}/bin:{path}"
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
        reason = valid_unicode(error_of(output)[:500]) or f"exit code {result.exit_code}"
    return InstallResult(f"{what}: {reason}", last_output(result))


toolchain = NodeToolchain()
