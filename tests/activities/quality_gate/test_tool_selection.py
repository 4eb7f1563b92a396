"""In which projects of a workspace each tool is started: once for each file, and in each member where no run around it
looks there."""

import json
from pathlib import Path

import pytest

from activities.quality_gate.projects import find_projects
from activities.quality_gate.tool_selection import ToolChoice, select_tools, without_work

UV = '[project]\nname = "r"\n[tool.uv.workspace]\nmembers = ["p/*"]\n'
MEMBER = '[project]\nname = "m"\n'
OWN_PYTEST = f'{MEMBER}[tool.pytest.ini_options]\naddopts = "-ra"\n'
TWO = {"p/a/pyproject.toml": MEMBER, "p/a/tests/test_a.py": "", "p/b/pyproject.toml": MEMBER, "p/b/tests/test_b.py": ""}
SAME_NAMES = {**TWO, "p/b/tests/test_a.py": ""}
CONFIGURED = f'{UV}[tool.pytest.ini_options]\naddopts = "-ra"\n'


def started(root: Path, check: str, files: dict[str, str]) -> list[str]:
    """`folder tool`, and the members that it leaves alone."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    runs = select_tools(check, tuple(ToolChoice(project) for project in find_projects(root)))
    return [" ".join((run.project.folder, run.tool.name, *(f"-{one}" for one in run.project.members))) for run in runs]


@pytest.mark.parametrize(
    ("root", "members", "runs"),
    [
        (UV, TWO, ["p/a pytest", "p/b pytest"]),
        (UV, {**TWO, "tests/test_r.py": ""}, [". pytest -p/a -p/b", "p/a pytest", "p/b pytest"]),
        (CONFIGURED, TWO, [". pytest"]),
        (CONFIGURED, SAME_NAMES, ["p/a pytest", "p/b pytest"]),
        (CONFIGURED.replace("-ra", "--import-mode=importlib"), SAME_NAMES, [". pytest"]),
        (CONFIGURED, {**TWO, "p/b/pyproject.toml": OWN_PYTEST}, [". pytest -p/b", "p/b pytest"]),
        (f'{CONFIGURED}testpaths = ["p/*/tests"]\n', {**TWO, "p/b/pyproject.toml": OWN_PYTEST}, [". pytest"]),
        (f'{CONFIGURED}testpaths = ["tests"]\n', {**TWO, "tests/test_r.py": ""},
         [". pytest -p/a -p/b", "p/a pytest", "p/b pytest"]),
        (UV, {**TWO, "conftest.py": ""}, [". pytest"]),
    ],
    ids=["members", "root too", "root's configuration", "modules of one name", "importlib", "own configuration",
         "testpaths of members", "testpaths of the root", "conftest.py"],
)  # fmt: skip
def test_where_pytest_is_started(tmp_path: Path, root: str, members: dict[str, str], runs: list[str]) -> None:
    assert started(tmp_path, "unit_tests", {"pyproject.toml": root, **members}) == runs


@pytest.mark.parametrize(
    ("check", "root", "member", "runs"),
    [
        ("linting", "[tool.ruff]\n", "[tool.ruff]\n", [". ruff"]),
        ("linting", "", "[tool.ruff]\n", [". ruff -p/a", "p/a ruff"]),
        ("linting", "[tool.black]\n", "", [". black"]),
        ("linting", "[tool.black]\n", "[tool.black]\n", [". black -p/a", "p/a black"]),
        ("static_analysis", "[tool.mypy]\n", "", ["p/a mypy", "p/b mypy"]),
        ("static_analysis", '[tool.mypy]\nfiles = ["p/*/src"]\n', "", [". mypy"]),
        ("static_analysis", '[tool.mypy]\nfiles = "p"\n', "[tool.mypy]\n", [". mypy -p/a", "p/a mypy"]),
        ("dependencies", "", "", [". pip-audit"]),
    ],
)
def test_where_other_tools_are_started(tmp_path: Path, check: str, root: str, member: str, runs: list[str]) -> None:
    files = {**TWO, "pyproject.toml": UV + root, "p/a/pyproject.toml": MEMBER + member}
    assert started(tmp_path, check, files) == runs


JEST = '{"scripts": {"test": "jest"}}'
PACKAGES = {
    "p/a/package.json": JEST,
    "p/b/package.json": '{"scripts": {"test": "node --test"}}',
    "p/c/package.json": "{}",
}


def test_examples_are_left_out_where_the_root_runs_its_own_tests(tmp_path: Path) -> None:
    files = {
        "examples/a/package.json": JEST,
        "package.json": '{"workspaces": ["examples/*"], "scripts": {"test": "mocha"}}',
    }
    assert started(tmp_path, "unit_tests", files) == [". mocha"]
    files["package.json"] = '{"workspaces": ["examples/*"], "scripts": {"test": "npm test -ws"}}'
    assert started(tmp_path, "integration_tests", files) == []


@pytest.mark.parametrize(
    ("root", "runs"),
    [
        ({"workspaces": ["p/*"]}, ["p/a jest", "p/b node-test"]),
        ({"workspaces": ["p/*"], "devDependencies": {"jest": "*"}}, ["p/a jest", "p/b node-test"]),
        ({"workspaces": ["p/*"], "scripts": {"test": "turbo run test"}}, ["p/a jest", "p/b node-test"]),
        ({"workspaces": ["p/*"], "scripts": {"test": "jest"}}, [". jest", "p/b node-test"]),
        ({"workspaces": ["p/*"], "scripts": {"test": "jest"}, "jest": {"projects": ["<rootDir>/p/b"]}},
         [". jest -p/a", "p/a jest", "p/b node-test"]),
        ({"workspaces": ["p/*"], "scripts": {"test": "node --test && npm test -ws"}}, [". node-test", "p/a jest"]),
    ],
    ids=["no script", "declared in the root", "delegated", "for all", "for some", "both"],
)  # fmt: skip
def test_where_a_package_starts_its_tests(tmp_path: Path, root: dict[str, object], runs: list[str]) -> None:
    assert started(tmp_path, "unit_tests", {"package.json": json.dumps(root), **PACKAGES}) == runs


ESLINT = {"devDependencies": {"eslint": "*", "typescript": "*"}, "workspaces": ["p/*"]}
LINTED = {"p/a/package.json": '{"scripts": {"lint": "eslint src"}}', "p/b/package.json": "{}", "eslint.config.js": ""}


@pytest.mark.parametrize(
    ("check", "root", "files", "runs"),
    [
        ("linting", {"scripts": {"lint": "eslint ."}}, {}, [". eslint"]),
        ("linting", {"scripts": {"lint": "eslint p/b"}}, {}, [". eslint -p/a", "p/a eslint"]),
        ("linting", {}, {}, [". eslint -p/a", "p/a eslint"]),
        ("linting", {"scripts": {"lint": "eslint ."}}, {"p/b/eslint.config.js": ""}, [". eslint -p/b", "p/b eslint"]),
        ("static_analysis", {}, {"tsconfig.json": "{}", "p/a/tsconfig.json": "{}", "p/a/x.ts": ""}, ["p/a tsc"]),
        ("static_analysis", {}, {"tsconfig.json": "{}", "p/a/tsconfig.json": "{}", "x.ts": ""}, [". tsc -p/a", "p/a tsc"]),
        ("static_analysis", {"scripts": {"types": "tsc --noEmit"}}, {"tsconfig.json": "{}", "p/a/tsconfig.json": "{}"}, [". tsc"]),
        ("static_analysis", {"scripts": {"build": "tsc --build"}},
         {"tsconfig.json": '{"include": ["**/*.js"]}', "p/a/tsconfig.json": "{}"}, [". tsc"]),
        ("static_analysis", {"scripts": {"build": "tsc"}},
         {"tsconfig.json": '{"include": ["src"]}', "p/a/tsconfig.json": "{}"}, [". tsc -p/a", "p/a tsc"]),
        ("static_analysis", {"scripts": {"types": "tsc --noEmit"}},
         {"tsconfig.json": '{"include": ["src", "p/b"]}', "p/a/tsconfig.json": "{}", "p/b/tsconfig.json": "{}"},
         [". tsc -p/a", "p/a tsc"]),
        ("static_analysis", {}, {"tsconfig.json": '{"references": [{"path": "./p/a"}]}', "p/a/tsconfig.json": "{}"}, [". tsc"]),
    ],
    ids=["root's script", "paths", "members' scripts", "own configuration", "base", "own code", "script", "build", "own build", "included",
         "references"],
)  # fmt: skip
def test_where_the_linters_of_packages_are_started(
    tmp_path: Path, check: str, root: dict[str, object], files: dict[str, str], runs: list[str]
) -> None:
    assert started(tmp_path, check, {"package.json": json.dumps({**ESLINT, **root}), **LINTED, **files}) == runs


def test_projects_without_tests_are_named(tmp_path: Path) -> None:
    files = {
        "package.json": '{"workspaces": ["p/*"]}', "p/a/package.json": JEST, "p/b/package.json": "{}",
        "p/c/package.json": "{}", "p/c/pyproject.toml": MEMBER, "p/c/test_c.py": "",
    }  # fmt: skip
    started(tmp_path, "unit_tests", files)
    choices = tuple(ToolChoice(project) for project in find_projects(tmp_path))
    assert without_work("unit_tests", choices) == ("p/b",)
