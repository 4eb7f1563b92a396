"""Which folders of a repository are projects, and whose tools look into them."""

from pathlib import Path

import pytest

from activities.errors import UserError
from activities.projects import find_projects


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
        "a/b/c/package.json",
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
