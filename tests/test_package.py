"""Installed from a wheel, the program is complete: it needs nothing of this folder, and works in any other."""

import asyncio
import contextlib
import json
import re
import subprocess
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from activities.recipes import react18
from bot.app_setup.manifest import app_manifest
from tests.bot.app_setup.browser import Browser
from tests.deadlines import WITHIN_S, until
from tests.installed_program import LEFT_BY_TOOLS, ROOT, InstalledProgram, files_of_ours, install

PACKAGES = ("activities", "bot", "simulator", "workflows")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> InstalledProgram:
    return install(tmp_path_factory)


@contextlib.asynccontextmanager
async def started(
    installed: InstalledProgram, folder: Path, *command: str, **settings: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A command that runs until it is stopped."""
    process = await asyncio.create_subprocess_exec(
        installed.program, *command, cwd=folder, env=installed.environ(folder / "data", **settings),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        await process.communicate()


async def address(process: asyncio.subprocess.Process, pattern: str) -> str:
    assert process.stdout
    line = (await asyncio.wait_for(process.stdout.readline(), WITHIN_S)).decode()
    found = re.search(pattern, line)
    assert found, line + (await process.stdout.read()).decode()
    return found[1]


def test_wheel_has_what_git_has_of_its_packages_and_nothing_else(installed: InstalledProgram) -> None:
    ours = {name: (ROOT / name).read_bytes() for name in files_of_ours(*PACKAGES)}
    with zipfile.ZipFile(installed.wheel) as wheel:
        packed = {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}
    assert sorted(packed) == sorted(ours)
    assert packed == ours
    assert not {*packed} & {*LEFT_BY_TOOLS}
    assert packed["bot/app.yml"] == (ROOT / "app.yml").read_bytes()


def test_installed_program_is_its_own(installed: InstalledProgram, tmp_path: Path) -> None:
    script = "import bot, importlib.util as u; print(bot.__file__, u.find_spec('tests'), u.find_spec('hypothesis'))"
    command = [str(installed.python), "-P", "-c", script]
    done = subprocess.run(
        command, cwd=tmp_path, env=installed.environ(tmp_path), capture_output=True, text=True, check=True
    )
    file, *others = done.stdout.split()
    assert Path(file).is_relative_to(installed.python.parents[1])
    assert others == ["None", "None"]


async def test_installed_program_serves_the_set_up_page(installed: InstalledProgram, tmp_path: Path) -> None:
    async with started(installed, tmp_path, "setup", AUTOBUILD_PORT="0") as setup, Browser() as browser:
        form = await browser.open(await address(setup, r"(http://\S+)"))
        text = (await browser.submit(form, public="https://autobuild.example.com")).text
    assert "https://autobuild.example.com/webhook" in text
    for name, level in app_manifest()["default_permissions"].items():
        assert f"<code>{name}: {level}</code>" in text


def test_installed_demo_ends_with_all_check_runs_and_a_migrated_pull_request(
    installed: InstalledProgram, tmp_path: Path
) -> None:
    done = subprocess.run(
        [installed.program, "demo"], cwd=tmp_path, env=installed.environ(tmp_path / "data"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for repository in ("octocat/python-sample", "octocat/typescript-sample"):
        assert len(re.findall(rf"^. {repository} autobuild / \w+: .", done.stdout, re.M)) == 9
    assert len(re.findall(r"^ ✗  autobuild / gate", done.stdout, re.M)) == 2
    assert len(re.findall(r"^ ✓  autobuild / gate", done.stdout, re.M)) == 1
    migration = done.stdout[done.stdout.index("octocat in octocat/react-sample #1: /migrate react18") :]
    said = re.findall(
        r"^(?:octocat in octocat/react-sample .*: (/\w+)|  (Paused|Done)\b|↺ .* (taken back): )", migration, re.M
    )
    assert ["".join(words) for words in said] == [
        "/migrate", "/pause", "Paused", "/rollback", "taken back", "/resume", "Done",
    ]  # fmt: skip
    commits = re.findall(r"^  [0-9a-f]{7} (.*)$", migration, re.M)
    assert commits == [step.title for step in react18.recipe.steps if step.name in ("packages", "roots", "docs")]
    assert re.search(r"^  left: package.json:\d+: .*`?ie 11", migration, re.M)
    assert len(re.findall(r"Tests cover .* total coverage is", done.stdout)) == 4
    assert "/patch is not shown. The `chat` agents need packages" in done.stdout  # the extra is not installed


def test_installed_gate_judges_a_folder(installed: InstalledProgram, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pyproject.toml").write_text("[tool.ruff]\n[tool.mypy]\n")
    (tmp_path / "project" / "a.py").write_text("import os\n")
    done = subprocess.run(
        [installed.program, "gate", "project", "--json"], cwd=tmp_path, env=installed.environ(tmp_path / "data"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    checks = {each["name"]: each["status"] for each in json.loads(done.stdout)["checks"]}
    assert (checks["linting"], checks["static_analysis"]) == ("failed", "passed"), done.stdout + done.stderr
    assert done.returncode == 1


async def test_installed_up_serves_the_simulated_github_and_doctor_checks_it(
    installed: InstalledProgram, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    async with started(installed, tmp_path, "up", "--pretend") as up, Browser() as browser:
        home = await browser.open(await address(up, r"GitHub: (http://\S+)"))
        assert home.status == 200
        assert "Add the sample python" in home.text

        async def healthy() -> bool:
            """Another process finds the one that runs; its worker may need a moment."""
            doctor = await asyncio.create_subprocess_exec(
                installed.program, "doctor", "--json", cwd=elsewhere, env=installed.environ(tmp_path / "data"),
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            said, errors = await doctor.communicate()
            assert b"Traceback" not in errors
            found = {each["subject"]: each["status"] for each in json.loads(said)["results"]}
            assert {found[name] for name in ("settings", "sandbox", "programs", "data folder")} == {"ok"}, said
            return doctor.returncode == 0

        assert await until(healthy)
        assert up.returncode is None
