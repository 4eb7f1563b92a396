"""Environments: made once, where checks see them, and sharing no file with the download cache."""

from pathlib import Path

import pytest

from activities.environments import PROTECTED, Environment, Environments, InstallSource
from activities.model import RepoRef
from activities.sandbox import Runner, SandboxCommand, SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner
from activities.sandbox.unsandboxed import UnsandboxedRunner
from activities.toolchains.python import toolchain
from activities.tooling import Project
from tests.activities.toolchains.conftest import BACKEND, PROJECT, Make

REPO = RepoRef("octocat", "example")
FILES = {"pyproject.toml": PROJECT, "backend.py": BACKEND + "open('made.py', 'w').close()\n", "me.py": ""}


@pytest.fixture(params=["bubblewrap", "local"])
def runner(request: pytest.FixtureRequest, wheels: Path) -> Runner:
    offline = {"UV_OFFLINE": "1", "UV_FIND_LINKS": str(wheels)}
    return BubblewrapRunner(offline, (wheels,)) if request.param == "bubblewrap" else UnsandboxedRunner(offline)


async def install(tmp_path: Path, runner: Runner, made: Project, level: str = PROTECTED) -> Environment:
    return await Environments(tmp_path / "data", runner).get(REPO, made, InstallSource(level, made, made.root))


async def test_environment_shares_no_file_with_the_cache(runner: Runner, project: Make, tmp_path: Path) -> None:
    made = project(FILES)
    environment = await install(tmp_path, runner, made)
    assert (environment.problem, environment.root) == (
        "",
        next((tmp_path / "data/environments").glob("*/*/protected/*/env")),
    )
    assert environment.root
    [metadata] = environment.root.glob("lib/python3*/site-packages/dep-2.0.dist-info/METADATA")
    assert metadata.stat().st_nlink == 1
    assert (tmp_path / "data/downloads/octocat/example/python/CACHEDIR.TAG").is_file()
    assert sorted(path.name for path in environment.root.parent.iterdir()) == ["build-output", "env", "installed.json"]


HOSTILE = """
for place in ("/env", "/cache", os.environ["UV_CACHE_DIR"], "/install/cache", "/install/env"):
    try:
        os.rename(place, place + "-moved")
        os.symlink("/", place)
    except OSError:
        pass
"""


async def test_build_that_replaces_its_folders_shows_nothing_of_the_host(
    project: Make, wheels: Path, tmp_path: Path
) -> None:
    runner = BubblewrapRunner({"UV_OFFLINE": "1", "UV_FIND_LINKS": str(wheels)}, (wheels,))
    hostile = BACKEND + HOSTILE
    made = project({**FILES, "backend.py": hostile})
    environment = await install(tmp_path, runner, made)
    assert (environment.problem, environment.root) == (
        "",
        next((tmp_path / "data/environments").glob("*/*/protected/*/env")),
    )
    assert not [path for path in (tmp_path / "data").glob("*/*/*/*/*/*") if path.is_symlink()]
    (tmp_path / "out").mkdir()
    spec = SandboxSpec(made.root, tmp_path / "out", environment.root)
    ran = await runner.run(spec, SandboxCommand(("sh", "-c", "ls /env; ls /env/etc /env/root")))
    assert b"pyvenv.cfg" in ran.stdout.split()
    assert ran.exit_code != 0


async def test_check_sees_the_environment_and_not_the_cache(project: Make, wheels: Path, tmp_path: Path) -> None:
    runner = BubblewrapRunner({"UV_OFFLINE": "1", "UV_FIND_LINKS": str(wheels)}, (wheels,))
    made = project(FILES)
    environment = await install(tmp_path, runner, made)
    (tmp_path / "out").mkdir()
    spec = SandboxSpec(made.root, tmp_path / "out", environment.root, build_output=environment.build_output)
    script = "cat made.py && head -1 /env/pyvenv.cfg | cut -c1-4; ls -d /cache; touch /env/x || echo locked"
    ran = await runner.run(spec, SandboxCommand(("sh", "-c", script)))
    assert ran.stdout == b"home\nlocked\n"


async def test_editable_project_is_found_in_a_moved_tree(project: Make, runner: Runner, tmp_path: Path) -> None:
    made = project(FILES)
    environment = await install(tmp_path, runner, made)
    (tmp_path / "later" / "tree").mkdir(parents=True)
    (tmp_path / "later" / "tree" / "me.py").write_text("print('of this tree')")
    (tmp_path / "later" / "out").mkdir()
    spec = SandboxSpec(tmp_path / "later/tree", tmp_path / "later/out", environment.root, read_only=toolchain.paths())
    places = runner.paths(spec)
    run = SandboxCommand((f"{places.env}/bin/python", "-P", "-m", "me"), env=environment.variables(places.src))
    ran = await runner.run(spec, run)
    assert ran.stdout == b"of this tree\n", ran.stderr


async def test_installed_environment_is_used_again(runner: Runner, project: Make, tmp_path: Path) -> None:
    made = project(FILES)
    first = await install(tmp_path, runner, made)
    assert first.root
    (first.root / "mark").touch()
    assert await install(tmp_path, runner, made) == first
    assert (first.root / "mark").exists()
