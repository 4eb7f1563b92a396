"""The program as `uv tool install` installs it: from a wheel, into an environment of its own that nobody activates."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from bot.settings import Settings

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
LEFT_BY_TOOLS = (
    "bot/__pycache__/gone.cpython-311.pyc",
    "simulator/samples/python/main/.pytest_cache/README.md",
    "simulator/samples/python/main/src/ledger/__pycache__/book.cpython-311.pyc",
    "simulator/samples/typescript/main/node_modules/left/index.js",
)
"""What lies in a checkout where somebody has worked, and belongs in no package."""


def files_of_ours(*folders: str) -> list[str]:
    """What git has, and what it would be given."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).exists()]


@dataclass(frozen=True)
class InstalledProgram:
    """`wheel` is what was installed, `program` is `autobuild`, `folder` is nobody's checkout."""

    wheel: Path
    program: Path

    @property
    def python(self) -> Path:
        return self.program.resolve().with_name("python")

    def environ(self, data: Path, **settings: str) -> dict[str, str]:
        """This process's without our settings, and without the checkout's environment on the PATH."""
        ours = {name for name, _, _ in Settings.table()} | {"PYTHONPATH", "VIRTUAL_ENV"}
        kept = {name: value for name, value in os.environ.items() if not {name, name.removesuffix("_FILE")} & ours}
        elsewhere = [each for each in os.get_exec_path() if Path(each).resolve() != UV.parent.resolve()]
        return kept | {"PATH": os.pathsep.join(elsewhere), "AUTOBUILD_DATA": str(data)} | settings


def install(factory: pytest.TempPathFactory) -> InstalledProgram:
    """The same for all tests of a run, also of several processes."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "installed"
    with FileLock(shared / "installed.lock"):
        if not (folder / "bin" / "autobuild").exists():
            _install(folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    return InstalledProgram(wheel, folder / "bin" / "autobuild")


def _install(folder: Path) -> None:
    """Of a source distribution, so that this is complete, too; with the versions that we test with."""
    for name in files_of_ours():
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / "source" / name, follow_symlinks=False)
    for name in LEFT_BY_TOOLS:
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / name).write_bytes(b"\xa7 left by a tool")
    build = ("build", "--quiet", "--offline", "--no-build-isolation", "--python", sys.executable)
    subprocess.run([UV, *build, "--out-dir", folder / "dist", folder / "source"], check=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    places = {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    tool = ("tool", "install", "--quiet", "--compile-bytecode", "--python", sys.executable)
    versions = ("--constraints", ROOT / "requirements.lock")
    subprocess.run([UV, *tool, *versions, wheel], env=os.environ | places, check=True)
