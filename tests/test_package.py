"""The wheel is complete: installed elsewhere, it needs nothing of this folder."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot.app_setup.manifest import app_manifest
from bot.settings import app_variables
from tests.bot.app_setup.browser import Browser
from tests.deadlines import WITHIN_S

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a wheel that was made of a source distribution."""
    folder = tmp_path_factory.mktemp("package")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if name.partition("/")[0] not in ("tests", "benchmarks", "docs") and (ROOT / name).exists():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / "source" / name, follow_symlinks=False)
    uv = Path(sys.executable).with_name("uv")
    build: list[str | Path] = [uv, "build", "--quiet", "--offline", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*build, "--out-dir", folder / "dist", folder / "source"], check=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "installed")
    return folder / "installed"


def test_package_has_app_yml(installed: Path) -> None:
    assert (installed / "bot" / "app.yml").read_bytes() == (ROOT / "app.yml").read_bytes()


def test_package_has_the_samples_of_the_demo(installed: Path) -> None:
    def files(root: Path) -> dict[str, bytes]:
        paths = [path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}

    assert files(installed / "simulator" / "samples") == files(ROOT / "simulator" / "samples")


def test_installed_package_is_used(installed: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-c", "import bot; print(bot.__file__)"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()) == installed / "bot" / "__init__.py"


def test_installed_program_serves_the_set_up_page(installed: Path, tmp_path: Path) -> None:
    async def confirmed() -> str:
        clean = {name: value for name, value in os.environ.items() if name not in app_variables()}
        environ = clean | {
            "PYTHONPATH": str(installed),
            "AUTOBUILD_PORT": "0",
            "AUTOBUILD_DATA": str(tmp_path / "data"),
        }
        environ["AUTOBUILD_BASE_URL"] = ""
        command = (sys.executable, "-P", "-m", "bot", "setup")
        process = await asyncio.create_subprocess_exec(
            *command, cwd=tmp_path, env=environ, stderr=asyncio.subprocess.PIPE
        )
        assert process.stderr
        try:
            line = (await asyncio.wait_for(process.stderr.readline(), WITHIN_S)).decode()
            found = re.search(r"http://\S+", line)
            assert found, line
            async with Browser() as browser:
                form = await browser.open(found[0])
                return (await browser.submit(form, public="https://autobuild.example.com")).text
        finally:
            process.terminate()
            await process.communicate()

    text = asyncio.run(confirmed())
    assert "https://autobuild.example.com/webhook" in text
    for name, level in app_manifest()["default_permissions"].items():
        assert f"<code>{name}: {level}</code>" in text
