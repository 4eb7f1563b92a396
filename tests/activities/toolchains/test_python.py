"""Installing Python projects with the real uv in the real sandbox, from wheels on this disk: no registry is asked."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from activities.languages.python.installed import installed, our_version, version_of
from activities.languages.python.safe_start import start_program
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths
from activities.toolchains.python import toolchain
from activities.tooling import BESIDE, InstallResult, Workbench
from activities.tools import registry
from tests.activities.toolchains.conftest import BACKEND, PROJECT, Install, Make
from tests.wheels import write_wheel


async def test_groups_and_extras_for_development_are_installed(
    project: Make, install: Install, versions: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    made = project({"pyproject.toml": PROJECT, "backend.py": BACKEND, "me.py": ""})
    assert (await install(made)).problem == ""
    ours = {name: our_version(name) for name in ("pytest", "coverage")}
    assert versions() == {
        "me": "9999.0.0", "dep": "2.0", "extra": "1.0", "grouped": "1.0", "linter": "1.0", **ours
    }  # fmt: skip
    (link,) = tmp_path.glob("env/lib/python3*/site-packages/me.pth")
    assert link.read_text() == "/src\n"
    assert sorted(path.name for path in made.root.iterdir()) == ["backend.py", "me.py", "pyproject.toml"]
    python = tmp_path / "env" / "bin" / "python"
    assert subprocess.check_output([python, "-c", "import sys; print(sys.prefix)"], text=True).strip() == str(
        tmp_path / "env"
    )


async def test_files_written_by_the_build_are_kept(project: Make, install: Install, tmp_path: Path) -> None:
    writes = BACKEND + "os.makedirs('src/me', exist_ok=True)\nopen('src/me/_version.py', 'w').write(VERSION)\n"
    made = project({"pyproject.toml": PROJECT, "backend.py": writes, "PKG-INFO": "Version: 4.17.0\n\n"})
    assert (await install(made)).problem == ""
    assert (tmp_path / "under" / "src" / "me" / "_version.py").read_text() == "4.17.0"
    assert not (made.root / "src").exists()


async def test_package_of_the_project_keeps_its_version(
    project: Make, install: Install, versions: Callable[[], dict[str, str]]
) -> None:
    files = {
        "requirements.txt": "-c limits.txt\ndep\n",
        "limits.txt": "dep<2\n",
        "requirements-dev.txt": "pytest==7.0\n",
    }
    hooks = "repos: [{rev: 7.1, hooks: [{id: other}]}, {rev: '7.1', hooks: [{id: flake8}]}]\n"
    outcome = await install(project({**files, ".pre-commit-config.yaml": hooks}))
    assert outcome == InstallResult(added=("coverage", "flake8"))
    assert versions() == {"dep": "1.0", "pytest": "7.0", "flake8": "7.1", "coverage": our_version("coverage")}


@pytest.mark.parametrize(
    ("declared", "revision", "expected"),
    [
        ("", "v0.9.1", "0.9.1"),
        ("ruff>=0.9", "v0.9.1", "0.9.1"),  # beside what the project brought, which its tests may use
        ("ruff==0.9.9", "v0.9.1", "0.9.9"),
        ("ruff", "v0.8", "0.9.9"),
        ("", "v0.8", None),
    ],
)
async def test_linter_comes_in_the_version_of_its_hook_or_not_at_all(
    project: Make,
    install: Install,
    versions: Callable[[], dict[str, str]],
    declared: str,
    revision: str,
    expected: str | None,
    tmp_path: Path,
) -> None:
    """Where that cannot be had, ours runs, or the one that the project brought."""
    hooks = f"repos: [{{rev: {revision}, hooks: [{{id: ruff}}]}}]\n"
    made = project({"requirements-dev.txt": declared, ".pre-commit-config.yaml": hooks})
    assert (await install(made)).problem == ""
    beside = installed(tmp_path / "env" / BESIDE / "ruff").get("ruff")
    assert (beside.version if beside else versions().get("ruff")) == expected
    assert bool(beside) == (declared == "ruff>=0.9")


async def test_linter_that_does_not_go_with_the_project_stands_beside_it(
    project: Make, install: Install, wheels: Path, versions: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    """As pre-commit would have it, with what its hook adds."""
    program = {"flake8-6.5.dist-info/entry_points.txt": "[console_scripts]\nflake8 = flake8:main\n"}
    write_wheel(wheels, "flake8", "6.5", program, "dep==2.0")
    write_wheel(wheels, "plugin", "1.0", requires="flake8<7")
    hook = "repos: [{rev: '6.5', hooks: [{id: flake8, additional_dependencies: [plugin]}]}]\n"
    lock = '[[package]]\nname = "dep"\nversion = "1.0"\n'
    made = project({"requirements.txt": "dep\n", "poetry.lock": lock, ".pre-commit-config.yaml": hook})
    assert (await install(made)).problem == ""
    assert versions()["dep"] == "1.0"
    beside = installed(tmp_path / "env" / BESIDE / "flake8")
    assert {one.name: one.version for one in beside.values()} == {"flake8": "6.5", "plugin": "1.0", "dep": "2.0"}
    bench = Workbench(
        made, SandboxPaths("/src", "/env", "/out", "/cache", "/home"), tmp_path, never_run, tmp_path / "env"
    )
    flake8 = registry()["flake8"]
    words = start_program(bench, flake8)
    assert (words[0], words[-1]) == ("/env/beside/flake8/bin/python", "/env/beside/flake8/bin/flake8")
    assert version_of(bench, "flake8", "flake8") == "6.5"
    assert version_of(bench, "black", "black") == our_version("black")


async def test_packages_that_only_the_types_need_are_installed_as_far_as_they_can_be_had(
    project: Make, install: Install, wheels: Path, versions: Callable[[], dict[str, str]]
) -> None:
    write_wheel(wheels, "mypy", our_version("mypy"))
    tox = "[testenv]\ncommands = pytest\n[testenv:types]\ndeps =\n    mypy\n    extra\n    dep>1\n    nowhere\ncommands = mypy .\n"
    made = project({"tox.ini": tox, "requirements.txt": "dep<2\n", "x.py": ""})
    assert (await install(made)).problem == ""
    assert (versions()["dep"], versions()["extra"]) == ("1.0", "1.0")


async def test_type_checker_of_a_hook_sees_no_package_of_the_project(
    project: Make, install: Install, wheels: Path, versions: Callable[[], dict[str, str]], tmp_path: Path
) -> None:
    write_wheel(
        wheels, "mypy", "1.19", {"mypy-1.19.dist-info/entry_points.txt": "[console_scripts]\nmypy = mypy:main\n"}
    )
    hook = "repos: [{rev: '1.19', hooks: [{id: mypy, additional_dependencies: [dep]}]}]\n"
    made = project({"requirements.txt": "extra\n", ".pre-commit-config.yaml": hook, "x.py": ""})
    assert (await install(made)).problem == ""
    assert set(installed(tmp_path / "env" / BESIDE / "mypy")) == {"mypy", "dep"}
    assert "mypy" not in versions()
    started = list[str]()

    async def run(command: SandboxCommand) -> ProcessResult:
        started.extend(command.argv)
        return ProcessResult(0, b"", b"", 0.0)

    paths = SandboxPaths("/src", "/env", "/out", "/cache", "/home")
    await registry()["mypy"].run(Workbench(made, paths, tmp_path / "out", run, tmp_path / "env"))
    assert "--python-executable=/env/beside/mypy/bin/python" in started


async def never_run(command: SandboxCommand) -> ProcessResult:
    raise AssertionError(command)


async def test_poetry_lock_file_gives_the_versions(
    project: Make, install: Install, versions: Callable[[], dict[str, str]]
) -> None:
    lock = '[[package]]\nname = "dep"\nversion = "1.0"\n[[package]]\nname = "x"\n[[package]]\nversion = 3\n'
    table = "[tool.poetry]\npackage-mode = false\n[tool.poetry.group.dev.dependencies]\ndep = '^1'\n"
    made = project({"pyproject.toml": table, "poetry.lock": lock})
    assert toolchain.recipe(made).locked
    assert (await install(made)).problem == ""
    assert versions()["dep"] == "1.0"


async def test_missing_package_is_named_and_the_rest_is_installed(
    project: Make, install: Install, versions: Callable[[], dict[str, str]]
) -> None:
    files = {"pyproject.toml": PROJECT, "backend.py": "raise SystemExit('no compiler')\n"}
    outcome = await install(project({**files, "requirements-test.txt": "nowhere-to-be-found\n"}))
    assert outcome.partly
    assert outcome.problem.startswith(
        "Could not install the requirements of requirements-test.txt, the project itself. "
    )
    assert {"dep", "extra", "grouped", "linter", "pytest", "coverage"} <= versions().keys()


@pytest.mark.parametrize(
    "text", ["[project\n", "tool = 3\n[project]\nname = 3\n", "[dependency-groups]\ndev = ['-r /etc/passwd']\n"]
)
async def test_broken_manifest_still_gets_the_tools(
    project: Make, install: Install, versions: Callable[[], dict[str, str]], text: str
) -> None:
    outcome = await install(project({"pyproject.toml": text}))
    assert "\n" not in outcome.problem
    assert versions().keys() >= {"pytest", "coverage"} or outcome.problem


async def test_unsupported_python_is_named(project: Make, install: Install) -> None:
    table = PROJECT.replace('name = "me"', 'name = "me"\nrequires-python = ">=4"')
    backend = BACKEND.replace("Provides-Extra: test", "Requires-Python: >=4\\nProvides-Extra: test")
    outcome = await install(project({"pyproject.toml": table, "backend.py": backend}))
    running = ".".join(map(str, sys.version_info[:3]))
    assert outcome.problem.startswith(f"The project requires Python >=4, but checks run with Python {running}.")


@pytest.mark.parametrize(
    ("files", "changes"),
    [
        ({"pyproject.toml": PROJECT + "[tool.ruff]\nline-length = 99\n"}, False),
        ({"me.py": "x = 1\n"}, False),
        ({"README.md": "changed"}, False),
        ({"pyproject.toml": PROJECT.replace("linter<2", "linter")}, True),
        ({"pyproject.toml": PROJECT + "[tool.mypy]\nstrict = true\n"}, True),
        ({"limits.txt": "dep<3\n"}, True),
        ({"setup.py": ""}, True),
        ({"uv.lock": "version = 1\n"}, True),
        ({".flake8": ""}, True),
        ({"src/fast.c": "int x;"}, True),
        ({"node_modules/y/fast.c": "int x;"}, False),
    ],
)
def test_key_changes_with_what_is_installed_only(project: Make, files: dict[str, str], changes: bool) -> None:
    made = project({"pyproject.toml": PROJECT, "requirements.txt": "-c limits.txt\n", "limits.txt": "dep\n"})
    before = toolchain.recipe(made).key
    assert (toolchain.recipe(project(files)).key != before) is changes


@pytest.mark.parametrize(
    ("conflicts", "left_out"),
    [
        ("", ""),
        ('[{ group = "old" }, { group = "new" }]', " --no-group old"),  # tox names new
        ('[{ extra = "cpu" }, { extra = "gpu" }], [{ group = "new" }, { extra = "gpu" }]', " --no-extra gpu"),
        ('[{ package = "me", extra = "cpu" }, { extra = 3 }, "x"], 4', ""),
    ],
)
def test_one_of_conflicting_groups_is_installed(project: Make, conflicts: str, left_out: str) -> None:
    groups = '[dependency-groups]\nold = ["dep<2"]\nnew = ["dep"]\n'
    table = f'[project]\nname = "me"\n{groups}[tool.uv]\nconflicts = [{conflicts}]\n'
    tox = "[testenv]\ndependency_groups = new\ncommands = pytest\n"
    made = project({"pyproject.toml": table, "uv.lock": "version = 1\n", "tox.ini": tox})
    everything = "uv sync --frozen --all-packages --all-groups --all-extras"
    assert toolchain.recipe(made).steps == (everything + left_out,)


def test_requirements_file_outside_of_the_project_is_not_read(project: Make, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("one\n")
    made = project({"requirements.txt": "-r ../secret.txt\n-r /etc/hostname\n-r link.txt\n"})
    os.symlink("../secret.txt", made.root / "link.txt")
    before = toolchain.recipe(made).key
    (tmp_path / "secret.txt").write_text("two\n")
    assert toolchain.recipe(made).key == before


@pytest.mark.parametrize(
    ("files", "python"),
    [
        ({"README.md": ""}, False),
        ({"package.json": "{}", "index.js": ""}, False),
        ({"package.json": "{}", "pyproject.toml": "[tool.codespell]\n"}, False),
        ({"package.json": "{}", "pyproject.toml": "[project]\nname = 'x'\n"}, True),
        ({"setup.cfg": ""}, True),
        ({"requirements-dev.txt": ""}, True),
        ({"main.py": ""}, True),
        ({"tests/test_x.py": ""}, True),
    ],
)
def test_python_project_is_detected(project: Make, files: dict[str, str], python: bool) -> None:
    assert toolchain.detect(project(files).root) is python


async def test_members_of_a_workspace_share_one_environment(
    project: Make, install: Install, versions: Callable[[], dict[str, str]]
) -> None:
    workspace = (
        '[tool.uv.workspace]\nmembers = ["p/*"]\nexclude = ["p/old"]\n[dependency-groups]\ndev = ["dep", "me"]\n'
    )
    backend = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    made = project(
        {
            "pyproject.toml": workspace,
            "p/a/pyproject.toml": f'[project]\nname = "me"\ndynamic = ["version"]\n{backend}[dependency-groups]\ntest = ["grouped"]\n',
            "p/a/backend.py": BACKEND,
            "p/b/requirements.txt": "linter\n",
            "p/b/pyproject.toml": "[project]\nname = 'b'\nversion = '1'\n[tool.uv]\npackage = false\n",
            "p/b/.flake8": "",
            "p/old/pyproject.toml": "[project]\nname = 'old'\n",
        }
    )
    member = replace(made, folder="p/a", root=made.root / "p/a")
    assert toolchain.recipe(member) == toolchain.recipe(made)
    assert (await install(member)).problem == ""
    assert {"me", "dep", "grouped", "linter", "flake8"} <= versions().keys()
    assert "old" not in versions()


@pytest.mark.parametrize(
    "more",
    ["x = 0x" + "f" * 5000, ".".join("a" * 3000) + " = 1", "[project]\nrequires-python = '>=" + "9" * 5000 + "'"],
)
def test_numbers_and_keys_beyond_all_measure_have_an_environment(project: Make, more: str) -> None:
    keys = {toolchain.recipe(project({"pyproject.toml": f"{more}\n# {n}\n"})).key for n in range(2)}
    assert all(keys)
