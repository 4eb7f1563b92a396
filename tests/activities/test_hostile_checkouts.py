"""What detection sees of a checkout that somebody filled with links, pipes, odd names and deep trees: nothing of the
host, and in the time that an honest checkout takes."""

import os
from pathlib import Path

import pytest

from activities import toolchains, tools
from activities.fingerprints import lines_of_tree
from activities.languages.javascript.manifest import manifest
from activities.languages.python.dependencies import declared, requirements_files
from activities.languages.python.layout import files_below, sources
from activities.languages.python.pytest_config import existing_files, has_tests, pytest_config
from activities.quality_gate.projects import find_projects
from activities.tooling import Project
from activities.untrusted_files import remove_tree

SECRET = "[project]\nname = 'secret'\n[tool.ruff]\n[tool.pytest.ini_options]\naddopts = '-p secret'\n"
NAMES = (
    "pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "requirements.txt", ".pre-commit-config.yaml", "uv.lock",
    "pytest.ini", "ruff.toml", "mypy.ini", ".flake8", "package.json", "package-lock.json", "pnpm-workspace.yaml",
    "eslint.config.js", ".prettierrc", "tsconfig.json", "biome.json", "conftest.py", "module.py", ".npmrc",
)  # fmt: skip
FOLDERS = ("src", "tests", "integration", "requirements", "benchmarks", "pkg", ".yarn/patches", "node_modules")


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """Files of the host that would tell a lot if they were read."""
    outside = tmp_path / "host"
    outside.mkdir()
    for name in NAMES:
        (outside / name).write_text(SECRET if name != "package.json" else '{"name": "secret", "workspaces": ["*"]}')
    for folder in FOLDERS:
        (outside / folder).mkdir(parents=True)
        for name in ("__init__.py", "test_secret.py", "dev.txt", "package.json"):
            (outside / folder / name).write_text("secret==1\n")
    (tmp_path / "checkout").mkdir()
    return outside


def everything(root: Path) -> str:
    """All that detection says of a checkout."""
    said: list[object] = [project.folder for project in find_projects(root)]
    for language in ("python", "javascript"):
        project = Project(".", root, language)
        said += [tool.used_by(project) for tool in tools.registry().values() if tool.language == language]
        said += [tool.has_work(project, tool.checks[0]) for tool in tools.registry().values()]
        said += [chain.recipe(project).steps for chain in toolchains.registry().values() if chain.language == language]
        said += [sources(project), declared(project), requirements_files(project), sorted(files_below(project))]
        said += [manifest(project), existing_files(project, ("tests/test_secret.py::test", "../host/setup.py::x"))]
        said += [has_tests(project, pytest_config(project), select) for select in ("unit", "integration")]
        said += [project.read(name) for name in NAMES]
    return repr(said)


@pytest.mark.parametrize("kind", ["absolute", "relative", "chained"])
def test_links_to_the_host_are_not_there(host: Path, kind: str) -> None:
    root = host.parent / "checkout"
    empty = everything(root)
    (root / "hop").symlink_to("../host" if kind == "chained" else "nowhere")
    for name in (*NAMES, *FOLDERS):
        target = {"absolute": str(host / name), "relative": f"../host/{name}", "chained": f"hop/{name}"}[kind]
        if "/" not in name:
            (root / name).symlink_to(target)
    said = everything(root)
    assert "secret" not in said
    files = {name for name in NAMES if name in said} - {name for name in NAMES if name in empty}
    # The names themselves are in the checkout, as links.
    assert files <= {"module.py", "conftest.py", *NAMES}
    assert find_projects(root) == ()
    lines = lines_of_tree(root)
    assert [lines(name) for name in NAMES] == [None] * len(NAMES)


def test_pipes_devices_and_loops_end(host: Path) -> None:
    root = host.parent / "checkout"
    for number, name in enumerate((*NAMES, "src", "tests")):
        match number % 4:
            case 0:
                os.mkfifo(root / name)
            case 1:
                (root / name).symlink_to("/dev/zero")
            case 2:
                (root / name).symlink_to(name)
            case _:
                (root / name).symlink_to("/")
    everything(root)
    assert find_projects(root) == ()


def test_folders_behind_links_are_not_walked(host: Path) -> None:
    """Neither those of the host, nor the checkout once more."""
    root = host.parent / "checkout"
    (root / "pkg").mkdir()
    (root / "pkg" / "__init__.py").touch()
    (root / "pkg" / "again").symlink_to("..")
    (root / "pkg" / "host").symlink_to(host)
    (root / "everything").symlink_to("/")
    project = Project(".", root, "python")
    assert sorted(path for path in files_below(project) if path.endswith(".py")) == ["pkg/__init__.py"]
    assert sources(project) == ("pkg",)


def test_odd_names_and_deep_trees_are_no_obstacle(host: Path) -> None:
    root = host.parent / "checkout"
    odd = [b"new\nline.py", b"\x1b[31mred.py", b"\xff\xfe.py", b"-rf.py", "\u202egnp.py".encode()]
    for name in odd:
        (root / os.fsdecode(name)).touch()
    (root / "README").touch()
    (root / "readme").touch()
    handle = os.open(root, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d" * 60, dir_fd=handle)
        below = os.open("d" * 60, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(os.open("test_deep.py", os.O_CREAT | os.O_WRONLY, dir_fd=handle))
    os.close(handle)
    project = Project(".", root, "python")
    assert sorted(os.fsencode(path) for path in files_below(project) if path.endswith(".py")) == sorted(odd)
    everything(root)
    assert [each.language for each in find_projects(root)] == ["python"]
    remove_tree(root)  # pytest itself cannot


def test_links_within_the_repository_count(host: Path) -> None:
    root = host.parent / "checkout"
    (root / "config").mkdir()
    (root / "config" / "pyproject.toml").write_text("[project]\nname = 'own'\n[tool.ruff]\n")
    (root / "pyproject.toml").symlink_to("config/pyproject.toml")
    project = find_projects(root)[0]
    assert tools.registry()["ruff"].used_by(project) == "[tool.ruff] in pyproject.toml"
