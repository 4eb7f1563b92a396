"""The packages that our own programs for JavaScript need, from a lock file that the product ships.

They are installed once into the data folder, in the sandbox and without scripts; the lock file's hashes decide what
they are.
"""

import asyncio
import tempfile
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
    texts = [(beside / name).read_text("utf-8") for name in _MANIFESTS]
    home = data / "node-packages" / digest(_VERSION, versions(), *texts)[:32]
    if home.is_dir():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    async with AsyncFileLock(f"{home}.lock", poll_interval=0.05):
        if not home.is_dir():
            await _install(runner, data, home, texts)
    return home


async def _install(runner: Runner, data: Path, home: Path, texts: list[str]) -> None:
    scratch = scratch_of(data)
    scratch.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix="packages.", dir=scratch))
    try:
        for name in ("tree", "out"):
            (part / name).mkdir()
        for name, text in zip(_MANIFESTS, texts, strict=True):
            UntrustedFolder(part / "tree").write(name, text.encode())
        argv = (*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
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
        # Half of what a program of ours takes to start is the compilation of its packages.
        variables = module_variables(Path(runner.paths(spec).src))
        await runner.run(spec, SandboxCommand((node(), "-e", _COMPILE), env=variables, limits=_LIMITS))
        (part / "tree").rename(home)
    finally:
        await asyncio.to_thread(remove_tree, part)
