"""A project on disk with a build backend of its own, and packages for it that no registry is asked for."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from activities.languages.python.installed import installed, our_version
from activities.sandbox import ProcessResult, SandboxCommand, SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner
from activities.toolchains.python import toolchain
from activities.tooling import InstallResult, InstallSite, Project
from tests.wheels import write_wheel

BACKEND = """
import os, zipfile
VERSION = os.environ.get("SETUPTOOLS_SCM_PRETEND_VERSION_FOR_ME", "0")
def get_requires_for_build_editable(config_settings=None): return []
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = f"me-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("me.pth", os.getcwd() + "\\n")
        wheel.writestr(f"me-{VERSION}.dist-info/METADATA", f"Metadata-Version: 2.1\\nName: me\\nVersion: {VERSION}\\nRequires-Dist: dep\\nRequires-Dist: extra; extra == 'test'\\nProvides-Extra: test\\n")
        wheel.writestr(f"me-{VERSION}.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"me-{VERSION}.dist-info/RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "me"
dynamic = ["version"]
dependencies = ["dep"]
[project.optional-dependencies]
test = ["extra"]
docs = ["nowhere-docs"]
[dependency-groups]
dev = [{include-group = "lint"}, "grouped"]
lint = ["linter<2"]
docs = ["nowhere-docs"]
"""

Make = Callable[[Mapping[str, str]], Project]
Install = Callable[[Project], Awaitable[InstallResult]]


@pytest.fixture
def project(tmp_path: Path) -> Make:
    def make(files: Mapping[str, str]) -> Project:
        for name, text in files.items():
            path = tmp_path / "tree" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Project(".", tmp_path / "tree", "python")

    return make


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder of packages that hold a name and a version and nothing else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    ours = {name: our_version(name) for name in ("pytest", "coverage")}
    listed = [
        ("dep", "1.0"),
        ("dep", "2.0"),
        ("extra", "1.0"),
        ("grouped", "1.0"),
        ("linter", "1.0"),
        ("linter", "2.0"),
    ]
    for name, version in [
        *listed,
        *ours.items(),
        ("pytest", "7.0"),
        ("flake8", "7.1"),
        ("ruff", "0.9.1"),
        ("ruff", "0.9.9"),
        ("vulture", "2.14"),
        ("vulture", "2.16"),
    ]:
        write_wheel(folder, name, version)
    return folder


@pytest.fixture
def install(tmp_path: Path, wheels: Path) -> Install:
    runner = BubblewrapRunner({"UV_OFFLINE": "1", "UV_FIND_LINKS": str(wheels)}, (wheels,))
    for name in ("env", "out", "cache", "under"):
        (tmp_path / name).mkdir()

    async def make(project: Project) -> InstallResult:
        box = SandboxSpec(
            tmp_path / "tree", tmp_path / "out", tmp_path / "env", True, tmp_path / "cache", toolchain.paths(),
            build_output=tmp_path / "under", save_build_output=True,
        )  # fmt: skip

        async def run(command: SandboxCommand) -> ProcessResult:
            return await runner.run(box, command)

        return await toolchain.install(InstallSite(project, box, runner.paths(box), run), toolchain.recipe(project))

    return make


@pytest.fixture
def versions(tmp_path: Path) -> Callable[[], dict[str, str]]:
    return lambda: {one.name: one.version for one in installed(tmp_path / "env").values()}
