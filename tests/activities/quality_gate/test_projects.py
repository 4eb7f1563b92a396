"""Which folders of a repository are projects, and whose tools look into them."""

from pathlib import Path

import pytest

from activities.errors import UserError
from activities.quality_gate.projects import find_projects


def tree(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}" if path.suffix == ".json" else "")
    return root


def found(root: Path, *folders: str) -> list[tuple[str, str]]:
    return [(project.folder, project.language) for project in find_projects(root, folders)]


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "node_modules/left-pad/package.json",
        "tests/fixtures/sample/pyproject.toml",
        "examples/one/package.json",
        ".hidden/package.json",
        "a/b/c/package.json",  # it says nothing of its own
        "a/b/c/x.py",
        "a/b/c/d/e/f/setup.cfg",
    ],
)
def test_other_files_make_no_project(tmp_path: Path, name: str) -> None:
    assert found(tree(tmp_path, name)) == []


def test_a_folder_behind_a_link_is_no_project(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", "package.json")
    root = tree(tmp_path / "root", "README.md")
    (root / "web").symlink_to(outside)
    assert found(root) == []


def test_one_repository_may_hold_two_languages(tmp_path: Path) -> None:
    root = tree(tmp_path, "pyproject.toml", "web/package.json", "web/src/index.ts")
    assert found(root) == [(".", "python"), ("web", "javascript")]


def test_a_package_whose_module_is_called_setup_is_no_project(tmp_path: Path) -> None:
    root = tree(tmp_path, "pyproject.toml", "cli/__init__.py", "cli/setup.py", "other/setup.py")
    assert found(root) == [(".", "python"), ("other", "python")]


def test_a_folder_below_a_project_of_its_language_is_part_of_it(tmp_path: Path) -> None:
    root = tree(tmp_path, "package.json", "packages/core/package.json", "service/pyproject.toml")
    assert found(root) == [(".", "javascript"), ("service", "python")]


def test_the_configured_folders_and_no_others(tmp_path: Path) -> None:
    root = tree(tmp_path, "pyproject.toml", "api/pyproject.toml", "web/package.json")
    assert found(root, "api", "web") == [("api", "python"), ("web", "javascript")]


@pytest.mark.parametrize("folder", ["missing", "..", "../outside"])
def test_a_configured_folder_that_is_not_there_is_named(tmp_path: Path, folder: str) -> None:
    tree(tmp_path / "outside", "package.json")
    with pytest.raises(UserError, match=r"is not in the repository"):
        found(tree(tmp_path / "root", "README.md"), folder)


UV_ROOT = (
    '[project]\nname = "root"\n[tool.uv.workspace]\nmembers = ["packages/*", "apps/**"]\nexclude = ["packages/old*"]\n'
)
PNPM = "packages:\n  - packages/*\n  - '!packages/old'\n"
PACKAGE = '{"scripts": {"test": "node --test"}}'


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "folders"),
    [
        (
            {"pyproject.toml": UV_ROOT, "packages/a/pyproject.toml": "", "packages/b/README.md": "", "apps/x/y/pyproject.toml": ""},
            [".", "apps/x/y", "packages/a"],
        ),
        ({"pyproject.toml": UV_ROOT, "packages/old-a/pyproject.toml": "[project]\nname='o'"}, ["."]),
        ({"pyproject.toml": "[project]\nname='r'", "tools/x/pyproject.toml": "[project]\nname='x'"}, [".", "tools/x"]),
        ({"pyproject.toml": "[project]\nname='r'", "tools/x/pyproject.toml": "[tool.ruff]"}, ["."]),
        ({"pyproject.toml": "[project]\nname='r'", "service/requirements.txt": "x"}, ["."]),
        ({"pyproject.toml": "[tool.ruff]", "service/requirements.txt": "x"}, [".", "service"]),
        ({"package.json": '{"workspaces": ["libs/{a,b}"]}', "libs/a/package.json": "{}", "libs/c/package.json": "{}"}, [".", "libs/a"]),
        ({"package.json": '{"workspaces": {"packages": ["./a/"]}}', "a/package.json": "{}"}, [".", "a"]),
        ({"package.json": '{"workspaces": ["examples/*"]}', "examples/one/package.json": "{}"}, [".", "examples/one"]),
        (
            {"package.json": "{}", "pnpm-workspace.yaml": PNPM, "packages/a/package.json": "{}", "packages/old/package.json": PACKAGE},
            [".", "packages/a"],
        ),
        ({"package.json": "{}", "web/package.json": PACKAGE, "stub/package.json": '{"type": "module"}'}, [".", "web"]),
        (
            {"web/package.json": '{"workspaces": ["p/*/*"]}', "web/p/q/r/package.json": '{"workspaces": ["s"]}', "web/p/q/r/s/package.json": "{}"},
            ["web", "web/p/q/r", "web/p/q/r/s"],
        ),
    ],
    ids=["uv", "uv exclude", "manifest", "settings", "requirements", "requirements below settings", "npm", "yarn", "named",
         "pnpm", "plain npm", "nested"],
)  # fmt: skip
def test_members_of_a_workspace_and_folders_with_a_manifest_are_projects(
    tmp_path: Path, files: dict[str, str], folders: list[str]
) -> None:
    assert [folder for folder, _ in found(written(tmp_path, files))] == folders
