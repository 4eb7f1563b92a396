"""Of a repository of many projects only those are checked that a change touches, and those that need one of them."""

from pathlib import Path

import pytest

from activities.quality_gate.affected_projects import affected_folders
from activities.quality_gate.projects import find_projects

MANY = 25


@pytest.fixture(params=["python", "javascript"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Each project needs the one before it."""
    for number in range(MANY):
        folder, needed = tmp_path / "p" / f"p{number:02}", f"p{number - 1:02}"
        folder.mkdir(parents=True)
        if request.param == "python":
            needs = f'[dependency-groups]\nweb = ["{needed.upper()}>=1"]\n'
            (folder / "pyproject.toml").write_text(f'[project]\nname = "{folder.name}"\n{needs}')
        else:
            (folder / "package.json").write_text(f'{{"name": "{folder.name}", "devDependencies": {{"{needed}": "*"}}}}')
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["p/*"]\n')
    (tmp_path / "package.json").write_text('{"workspaces": ["p/*"]}')
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "checked"),
    [
        (["p/p24/src/x.py"], {"p/p24"}),
        (["p/p22/x.ts"], {"p/p22", "p/p23", "p/p24"}),
        (["p/p24/x", "README.md"], None),
        (["p/p24/pyproject.toml"], None),
        (["p/p24/package.json"], None),
        ([".github/workflows/ci.yml"], None),
        ([], None),
    ],
)
def test_what_a_change_can_affect(root: Path, paths: list[str], checked: set[str] | None) -> None:
    assert affected_folders(find_projects(root), paths) == checked


def test_of_few_projects_all_are_checked(root: Path) -> None:
    assert affected_folders(find_projects(root)[:10], ["p/p05/x.py"]) is None
