"""A project on disk, and a workbench for it in the real sandbox."""

import os
import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from activities.sandbox import ProcessResult, ResourceLimits, SandboxCommand, SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner
from activities.tooling import OUR_TOOLS, Project, Workbench

Make = Callable[..., Workbench]


@pytest.fixture
def project(tmp_path: Path) -> Callable[[Mapping[str, str]], Project]:
    """Writes files (name → text) and gives the project that they make."""

    def make(files: Mapping[str, str]) -> Project:
        root = tmp_path / "tree"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return Project(".", root, "python")

    return make


@pytest.fixture
def bench(tmp_path: Path, project: Callable[[Mapping[str, str]], Project]) -> Make:
    """A workbench for files. Its environment sees the packages that these tests run with."""
    runner = BubblewrapRunner()

    def make(files: Mapping[str, str], limits: ResourceLimits | None = None, **options: object) -> Workbench:
        made = project(files)
        out, env = tmp_path / "out", tmp_path / "env"
        out.mkdir(exist_ok=True)
        _environment(env)
        box = SandboxSpec(made.root, out, env, read_only=(OUR_TOOLS, Path(sys.base_prefix)))

        async def run(command: SandboxCommand) -> ProcessResult:
            return await runner.run(box, command)

        return Workbench(made, runner.paths(box), out, run, env, limits or ResourceLimits(wall_s=60), options)

    return make


def _environment(env: Path) -> None:
    """As small as an environment can be: an interpreter and links to the few packages that a suite needs."""
    packages = env / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    if packages.exists():
        return
    packages.mkdir(parents=True)
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "coverage"):
        (packages / name).symlink_to(Path(sysconfig.get_path("purelib"), name))
    (env / "bin").mkdir()
    os.symlink(f"{sys.base_prefix}/bin/python{sysconfig.get_python_version()}", env / "bin" / "python")
    (env / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\n")
