"""The packages that our own programs for JavaScript need, from a lock file that the product ships, and command-line
agents, by their version.

They are installed once into the data folder, in the sandbox and without scripts; a lock file's hashes decide what
they are.
"""

import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import AsyncFileLock

from activities.errors import ProgramsMissing
from activities.languages.javascript.package_manager import error_of
from activities.languages.javascript.programs import node, node_home, npm, versions
from activities.migration.transforms.programs import module_variables
from activities.reporting.migration import no_packages
from activities.result_store import digest
from activities.sandbox import ResourceLimits, Runner, SandboxCommand, SandboxSpec
from activities.sandbox.ownership import scratch_of
from activities.tool_reports import last_output
from activities.untrusted_files import UntrustedFolder, remove_tree

_VERSION = "2"
_COMPILE = "for (const name of Object.keys(require('./package.json').dependencies)) try { require(name) } catch {}"
_MANIFESTS = ("package.json", "package-lock.json")
_LIMITS = ResourceLimits(wall_s=600)


async def node_packages(runner: Runner, data: Path, beside: Path) -> Path:
    """The folder with `node_modules` for the lock file in `beside`. Raises ProgramsMissing where it
    cannot be installed."""
    manifests = {name: (beside / name).read_text("utf-8") for name in _MANIFESTS}
    home = data / "node-packages" / digest(_VERSION, versions(), *manifests.values())[:32]
    return await _installed_once(_Installation(runner, data, home, manifests, ("ci",)))


async def npm_package(runner: Runner, data: Path, package: str) -> Path:
    """The same for one package, `name@1.2.3`, with its scripts run, without a network. Raises ProgramsMissing."""
    name, _, version = package.rpartition("@")
    manifests = {"package.json": json.dumps({"private": True, "dependencies": {name: version}})}
    home = data / "node-packages" / digest("one package", _VERSION, versions(), package)[:32]
    return await _installed_once(_Installation(runner, data, home, manifests, ("install",), scripts=True))


@dataclass(frozen=True)
class _Installation:
    """`words` are npm's. `scripts`: what the packages want to do after their installation is done."""

    runner: Runner
    data: Path
    home: Path
    manifests: Mapping[str, str]
    words: tuple[str, ...]
    scripts: bool = False


async def _installed_once(wanted: _Installation) -> Path:
    home = wanted.home
    if home.is_dir():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    async with AsyncFileLock(f"{home}.lock", poll_interval=0.05):
        if not home.is_dir():
            await _install(wanted)
    return home


async def _install(wanted: _Installation) -> None:
    runner, scratch = wanted.runner, scratch_of(wanted.data)
    scratch.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix="packages.", dir=scratch))
    try:
        for name in ("tree", "out"):
            (part / name).mkdir()
        for name, text in wanted.manifests.items():
            UntrustedFolder(part / "tree").write(name, text.encode())
        argv = (*npm(), *wanted.words, "--ignore-scripts", "--no-audit", "--no-fund")
        env = {
            "PATH": f"{node_home() / 'bin'}:/usr/bin:/bin",
            "NODE_USE_SYSTEM_CA": "1",
            "npm_config_cache": "/tmp/npm",
            "npm_config_fetch_retry_mintimeout": "1000",  # npm's own ten seconds and a minute are long to look at
            "npm_config_fetch_retry_maxtimeout": "5000",
        }
        spec = SandboxSpec(part / "tree", part / "out", keep_writes=True, read_only=(node_home(),))
        result = await runner.run(spec, SandboxCommand(argv, env=env, network=True, limits=_LIMITS))
        if result.exit_code:
            output = last_output(result)
            raise ProgramsMissing(no_packages(error_of(output) or output))
        if wanted.scripts:
            await runner.run(spec, SandboxCommand((*npm(), "rebuild"), env=env, limits=_LIMITS))
        else:
            # Half of what a program of ours takes to start is the compilation of its packages.
            variables = module_variables(Path(runner.paths(spec).src))
            await runner.run(spec, SandboxCommand((node(), "-e", _COMPILE), env=variables, limits=_LIMITS))
        (part / "tree").rename(wanted.home)
    finally:
        await asyncio.to_thread(remove_tree, part)
