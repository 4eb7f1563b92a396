"""Why a project uses a tool, and what is no reason."""

import time
from collections.abc import Callable, Mapping

import pytest

from activities.tooling import Project
from activities.tools import registry

MakeProject = Callable[[Mapping[str, str]], Project]
HOOKS = "repos:\n- repo: https://example.invalid/x\n  rev: v1.2.3\n  hooks:\n  - id: {}\n"
NAMES = ["ruff", "flake8", "pylint", "black", "isort", "mypy", "pyright", "bandit", "pytest", "pytest-benchmark"]


def used(name: str, project: Project) -> str:
    return {tool.name: tool for tool in registry().values()}[name].used_by(project)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject.toml": "[tool.other]\n"},
        {"pyproject.toml": "[tool.ruff\n"},
        {"pyproject.toml": "tool = 3\n"},
        {"pyproject.toml": "[project]\nname = 'x'\ndependencies = ['flake8', 'mypy']\n"},
        {"pyproject.toml": "[dependency-groups]\ndocs = ['ruff', 'pylint', 'pytest']\n"},
        {
            "pyproject.toml": "[dependency-groups]\ndev = 'ruff'\ntest = [3, {include-group = 3}, {include-group = 'test'}]\n"
        },
        {"setup.cfg": "[flake8-of-another]\n[mypy.of.another\n"},
        {"setup.cfg": "no section\n[flake8]\n"},
        {".pre-commit-config.yaml": "repos: [[[{hooks: 3}]]]"},
        {".pre-commit-config.yaml": "a: &a [*a]"},
        {".pre-commit-config.yaml": HOOKS.format("trailing-whitespace")},
        {"requirements.txt": "-r ../outside.txt\n-r requirements.txt\n# ruff\n"},
    ],
)
def test_unused_tools_have_no_reason(project: MakeProject, files: dict[str, str]) -> None:
    made = project({"x.py": "", **files})
    assert {name: used(name, made) for name in NAMES} == dict.fromkeys(NAMES, "")


@pytest.mark.parametrize(
    ("name", "files", "reason"),
    [
        ("ruff", {"pyproject.toml": "[tool.ruff]\nline-length = 100\n"}, "[tool.ruff] in pyproject.toml"),
        ("ruff", {".ruff.toml": ""}, ".ruff.toml"),
        ("ruff", {".pre-commit-config.yaml": HOOKS.format("ruff-format")}, "hook ruff-format in .pre-commit-config.yaml"),
        ("ruff", {"pyproject.toml": "[dependency-groups]\ndev = [{include-group = 'lint'}]\nlint = ['Ruff>=0.5']\n"},
         "ruff in dependency group dev"),
        ("flake8", {"setup.cfg": "[flake8]\nmax-line-length = 100\n"}, "[flake8] in setup.cfg"),
        ("flake8", {"tox.ini": "[flake8]\n%(x)s = 3\n"}, "[flake8] in tox.ini"),
        ("flake8", {".flake8": "[flake8]\n"}, ".flake8"),
        ("pylint", {".pylintrc": ""}, ".pylintrc"),
        ("pylint", {"requirements-dev.txt": "pylint==3.0 ; python_version > '3'\n"}, "pylint in requirements-dev.txt"),
        ("black", {"pyproject.toml": "[tool.black]\n"}, "[tool.black] in pyproject.toml"),
        ("isort", {"setup.cfg": "[isort]\nprofile = black\n"}, "[isort] in setup.cfg"),
        ("mypy", {"mypy.ini": "[mypy]\n"}, "mypy.ini"),
        ("mypy", {"setup.cfg": "[options.extras_require]\ntesting =\n    mypy\n    pytest\n"}, "mypy in extra testing"),
        ("pyright", {"pyrightconfig.json": "{}"}, "pyrightconfig.json"),
        ("bandit", {"bandit.yaml": ""}, "bandit.yaml"),
        ("pytest", {"pyproject.toml": "[tool.poetry.group.test.dependencies]\npytest = '^8'\n"},
         "pytest in dependency group test"),
        ("pytest", {"requirements/base.txt": "", "requirements/test.txt": "-r base.txt\npytest\n"},
         "pytest in requirements/test.txt"),
        ("pytest-benchmark", {"pyproject.toml": "[project]\nname = 'x'\n[project.optional-dependencies]\ntest = ['pytest-benchmark']\n"},
         "pytest-benchmark in extra test"),
    ],
)  # fmt: skip
def test_used_by_names_the_configuration(project: MakeProject, name: str, files: dict[str, str], reason: str) -> None:
    assert used(name, project(files)) == reason


def test_configuration_that_links_out_of_the_tree_is_not_read(project: MakeProject) -> None:
    made = project({"x.py": ""})
    (made.root.parent / "pyproject.toml").write_text("[tool.ruff]\n")
    (made.root / "pyproject.toml").symlink_to("../pyproject.toml")
    assert used("ruff", made) == ""


def test_exponential_configuration_is_read_quickly(project: MakeProject) -> None:
    doubling = "".join(f"g{n} = [{{include-group='g{n + 1}'}}, {{include-group='g{n + 1}'}}]\n" for n in range(3000))
    hooks = ", ".join("{id: x}" for _ in range(3000))
    repos = f"a: &a [{hooks}]\nrepos: [{', '.join('{hooks: *a}' for _ in range(3000))}]\n"
    files = {
        "pyproject.toml": f"[dependency-groups]\ndev = [{{include-group='g0'}}]\ntest = [{{include-group='g0'}}]\n{doubling}",
        ".pre-commit-config.yaml": repos,
        "requirements.txt": "".join(f"-r r{n}.txt\n" for n in range(3000)) + "x\n" * 300_000,
    }
    made = project(files)
    started = time.process_time()
    assert {used(name, made) for name in NAMES} == {""}
    assert time.process_time() - started < 20
