"""What a gate would do, and the configuration that is made of it."""

import json
from pathlib import Path

import pytest

from activities.errors import UserError
from activities.repo_config import plan_gate, validate
from bot.local_gate.explained import explained, write_configuration

FILES = {
    "pyproject.toml": "[project]\nname = 'x'\nversion = '1'\n[dependency-groups]\ndev = ['pytest']\n",
    ".pre-commit-config.yaml": "repos:\n- repo: https://example.invalid/x\n  rev: v0.9.1\n  hooks:\n"
    "  - {id: ruff, args: [--fix, --select=E]}\n",
    "tests/test_x.py": "def test_x(): pass\n",
    "x.py": "",
    "web/package.json": json.dumps({"scripts": {"test": "sh run.sh"}, "devDependencies": {"prettier": "^3.0.0"}}),
    "web/Makefile": "lint:\n\tnpx prettier --check .\n",
    "service/pom.xml": "<project/>\n",
    "noxfile.py": "import nox\n",
    ".github/workflows/ci.yml": "jobs:\n  test:\n    services: {redis: {image: redis}}\n",
    ".github/workflows/odd.yml": "a: [",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_each_tool_has_its_version_and_where_it_was_learnt(folder: Path) -> None:
    lines = [line.strip() for line in explained(folder).splitlines()]
    hook = "hook ruff in .pre-commit-config.yaml"
    assert f"ruff 0.9.1 ({hook}): asked for by {hook}; runs `ruff --select=E` (from .pre-commit-config.yaml)" in lines
    assert "prettier ^3.0.0 (package.json) in web: asked for by prettier in Makefile" in lines
    assert "mypy: only informs: nothing here asks for it" in lines
    assert ". (python)" in lines
    assert "web (javascript)" in lines
    assert any(line.startswith("environment: uv pip install ") for line in lines)
    assert 'web/package.json, script "test": sh is not known, so only its exit code counts.' in lines
    assert ".github/workflows/ci.yml, job test: its services (redis) are not started." in lines
    assert ".github/workflows/odd.yml: it could not be read as YAML, so nothing was learnt from it." in lines
    assert "noxfile.py: no command that runs the tests was understood." in lines
    assert "environment: uv pip install pytest (from pyproject.toml)" in lines
    assert "environment: npm install --no-package-lock --ignore-scripts (from package.json)" in lines
    assert 'node-test in web: asked for by the script "test" in package.json; runs `sh run.sh`' in lines
    assert any(line.startswith("service/pom.xml: Java is not looked at") for line in lines)


def test_the_configuration_holds_what_the_repository_asks_for(folder: Path) -> None:
    path = write_configuration(folder)
    text = path.read_text()
    assert validate(text) == []
    plan = {check.name: check for check in plan_gate(text).checks}
    assert plan["linting"].tool_options == {"tools": ["ruff", "prettier"]}
    assert plan["unit_tests"].tool_options == {"tools": ["pytest", "node-test"]}
    assert not plan["static_analysis"].asked
    assert "  # static_analysis:\n" in text
    with pytest.raises(UserError, match="exists already"):
        write_configuration(folder)


def test_a_folder_without_anything_has_a_valid_configuration(tmp_path: Path) -> None:
    assert validate(write_configuration(tmp_path).read_text()) == []
    assert "No project of a language that is known was found." in explained(tmp_path)


def test_odd_names_end_no_comment(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(json.dumps({"scripts": {"test": "a\n# b\nversion: 2\x1b[2J"}}))
    text = write_configuration(tmp_path).read_text()
    assert validate(text) == []
    assert "\x1b" not in text + explained(tmp_path)
