"""A change that edits what decides a check is named in that check's verdict, and in no other."""

import pytest

from activities.quality_gate.tool_config_changes import edited
from activities.reporting.reasons import edited_judges

PYPROJECT = '[project]\nname = "x"\n[tool.ruff]\nselect = ["E"]\n[tool.poetry]\nname = "x"\n'
HOOKS = "repos:\n- repo: a\n  rev: v0\n  hooks:\n  - id: black\n- repo: b\n  rev: v1\n  hooks:\n  - id: ruff\n"


def said(check: str, path: str, before: str = "", after: str = "") -> str:
    return edited_judges(edited(check, [path], {path: (before, after)}), [])


@pytest.mark.parametrize(
    ("check", "path", "before", "after"),
    [
        ("linting", "src/ruff.py", "", ""),
        ("linting", "mypy.ini", "", ""),
        ("linting", "pyproject.toml", PYPROJECT, PYPROJECT.replace('name = "x"', 'name = "y"')),
        ("linting", "package.json", '{"version": "1"}', '{"version": "2"}'),
        ("static_analysis", "setup.cfg", "[flake8]\nignore = E1\n", "[flake8]\nignore = E2\n"),
        ("dependencies", "ruff.toml", "", ""),
        ("security", ".pre-commit-config.yaml", HOOKS, HOOKS.replace("v1", "v2")),
        ("unit_tests", ".pre-commit-config.yaml", HOOKS, HOOKS.replace("v1", "v2")),
    ],
)
def test_changes_that_configure_no_tool_of_the_check(check: str, path: str, before: str, after: str) -> None:
    assert said(check, path, before, after) == ""


@pytest.mark.parametrize(
    ("check", "path", "before", "after"),
    [
        ("linting", "pyproject.toml", PYPROJECT, PYPROJECT.replace('["E"]', "[]")),
        ("linting", "web/.eslintrc.cjs", "", ""),
        ("linting", "setup.cfg", "[flake8]\nignore = E1\n", "[flake8]\nignore = E2\n"),
        ("static_analysis", "setup.cfg", "", "[mypy-tests.*]\nignore_errors = true\n"),
        ("static_analysis", "tsconfig.build.json", "", ""),
        ("coverage", "tox.ini", "[coverage:run]\nomit = a\n", "[coverage:run]\nomit = b\n"),
        ("unit_tests", "setup.cfg", "", "[tool:pytest]\naddopts = -x\n"),
        ("linting", ".pre-commit-config.yaml", HOOKS, HOOKS.replace("v1", "v2")),
        ("linting", ".pre-commit-config.yaml", "", HOOKS),
        ("linting", ".pre-commit-config.yaml", HOOKS, "a: [b"),
        ("linting", ".pre-commit-config.yaml", HOOKS, HOOKS + "    args: [--exit-zero]\n"),
        # What we cannot read may be read by another parser.
        ("linting", "pyproject.toml", "not = [toml", "not = [toml either"),
        ("linting", "package.json", "[" * 100_000, "{}"),
        ("linting", "package.json", "{}", '\ufeff{"eslintConfig": {}}'),
        ("unit_tests", "setup.cfg", "", "[tool:pytest\naddopts = -x\n"),
        ("security", "pyproject.toml", "", '[tool.bandit]\nskips = ["B101"]\n'),
    ],
)
def test_changes_of_a_tools_configuration_are_named(check: str, path: str, before: str, after: str) -> None:
    assert said(check, path, before, after) == f"This change also edits the configuration of this check: {path}."


def test_many_edited_files_are_counted() -> None:
    paths = [f"{letter}/ruff.toml" for letter in "edcba"]
    text = edited_judges(edited("linting", paths, {}), [])
    assert (
        text
        == "This change also edits the configuration of this check: a/ruff.toml, b/ruff.toml, c/ruff.toml and 2 more."
    )


def test_a_shared_file_that_was_not_read_counts_as_edited() -> None:
    assert edited("linting", ["package.json"], {}) == ["package.json"]
