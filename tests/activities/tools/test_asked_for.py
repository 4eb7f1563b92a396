"""Where a repository asks for a tool, and what asks for nothing."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from activities.tooling import Project
from activities.tools import registry

STEPS = "name: mypy\non: push\njobs:\n  lint:\n    name: bandit\n    steps:\n    - name: Run flake8\n      {}\n"
LOCAL = "repos:\n- repo: local\n  hooks:\n  - id: lint\n    entry: {}\n    exclude: mypy\n    args: [pylint]\n"
NAMES = ("ruff", "flake8", "pylint", "black", "isort", "mypy", "pyright", "bandit", "pip-audit")


def asked(root: Path, files: Mapping[str, str], folder: str = ".") -> dict[str, str]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project = Project(folder, root / folder, "python")
    found = {name: registry()[name].asked_for(project, registry()[name].checks[0]) for name in NAMES}
    return {name: where for name, where in found.items() if where}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject.toml": "[project]\nname = 'x'\ndependencies = ['flake8', 'mypy']\n"},
        {".github/workflows/ci.yml": STEPS.format("run: pip install mypy-extensions flake8-bugbear # ruff")},
        {".github/workflows/ci.yml": STEPS.format("if: matrix.tool == 'mypy'\n      run: pytest .mypy_cache black.py")},
        {"Makefile": "lint:\n\t# ruff check\n\tcp x.ruff my-black\n"},
        {".pre-commit-config.yaml": LOCAL.format("sh check.sh")},
        {"README.md": "Run ruff and mypy.", "docs/Makefile": "ruff check"},
        {
            "package.json": json.dumps(
                {"scripts": {"clean": "rimraf dist black && rm -rf mypy", "b": "npm run build black"}}
            )
        },
        {
            "Makefile": "x:\n\techo 'no black here'\n\t@printf black\n\tpip uninstall -y black\n\tflake=1 x --style=black\n"
        },
        {"Makefile": ".PHONY: black mypy\ncheck: black mypy\nclean: rm -rf ruff\nTHEME = black\n\tgit add black\n"},
        {
            ".github/workflows/a.yml": "jobs: {a: {strategy: {matrix: {theme: [black, white]}}, steps: [{run: x -s black}]}}\n"
        },
        {".gitlab-ci.yml": "variables:\n  THEME:\n  - black\njob:\n  script: ['./run --style black # mypy']\n"},
    ],
)
def test_what_names_no_tool_asks_for_none(tmp_path: Path, files: dict[str, str]) -> None:
    assert asked(tmp_path, {"x.py": "", **files}) == {}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({".github/workflows/ci.yml": STEPS.format("run: uvx ruff check .")}, {"ruff": "ruff in .github/workflows/ci.yml"}),
        ({".github/workflows/a.yaml": STEPS.format("uses: psf/black@stable")},
         {"black": "black in .github/workflows/a.yaml"}),
        ({".github/workflows/a.yaml": STEPS.format("uses: astral-sh/ruff-action@v3")},
         {"ruff": "ruff in .github/workflows/a.yaml"}),
        ({".gitlab-ci.yml": "lint:\n  script:\n  - python -m pylint src\n"}, {"pylint": "pylint in .gitlab-ci.yml"}),
        ({"azure-pipelines.yml": "steps:\n- script: mypy==1.2 src\n"}, {"mypy": "mypy in azure-pipelines.yml"}),
        ({"Makefile": "lint: ; venv/bin/isort --profile black .\n"}, {"isort": "isort in Makefile"}),
        ({"justfile": "lint:\n    @bandit -r src\n"}, {"bandit": "bandit in justfile"}),
        ({"noxfile.py": "session.run('mypy', 'src')\n"}, {"mypy": "mypy in noxfile.py"}),
        ({"tox.ini": "[testenv:lint]\ndeps = flake8\n"}, {"flake8": "flake8 in tox.ini"}),
        ({"pyproject.toml": "[tool.hatch.envs.lint.scripts]\ncheck = ['black --check .']\n"},
         {"black": "black in pyproject.toml"}),
        ({"pyproject.toml": "[tool.poe.tasks]\ntypes = {cmd = 'basedpyright'}\n"},
         {"pyright": "basedpyright in pyproject.toml"}),
        ({".pre-commit-config.yaml": LOCAL.format("uv run ruff check")}, {"ruff": "ruff in .pre-commit-config.yaml"}),
        *(({"Makefile": f"lint:\n\t{line}\n"}, {"mypy": "mypy in Makefile"}) for line in (
            "$(VENV)/bin/mypy .", "$(PYTHON) -m mypy", "uv run --with x mypy", "poetry run python -m mypy .",
            "@cd src && A=1 pipenv run mypy", "${{ x }} mypy", "docker compose run --rm web mypy .", "sh -c 'cd x; mypy'",
            "pip install -U 'mypy[reports]>=1'", "if ! mypy; then", "git ls-files | xargs mypy", "sudo -E env A=1 mypy",
            "uvx --from mypy mypy", "uv tool install mypy@1", "(cd x; mypy .)", "tool \\\n\t; mypy 'x", "hatch run mypy")),
        ({"Makefile": "MYPY ?= $(BIN)/mypy\nx:\n\t$(MYPY) .\n"}, {"mypy": "mypy in Makefile"}),
        ({"tasks.py": "def lint(c):\n    c.run('poetry run black .')\n"}, {"black": "black in tasks.py"}),
        ({"Jenkinsfile": "sh 'black .'\n"}, {"black": "black in Jenkinsfile"}),
        ({".gitlab-ci.yml": "a: !reference [b]\njob:\n  script:\n  - - black .\n"}, {"black": "black in .gitlab-ci.yml"}),
        ({".circleci/config.yml": "a: {steps: [{run: {name: mypy, command: black .}}]}"},
         {"black": "black in .circleci/config.yml"}),
        ({".husky/pre-commit": "ruff check\n"}, {"ruff": "ruff in .husky/pre-commit"}),
        ({"package.json": json.dumps({"lint-staged": {"*.py": ["black"]}})}, {"black": "black in package.json"}),
        ({".github/workflows/a.yml": STEPS.format("run: |\n        pip-audit -r requirements.txt")},
         {"pip-audit": "pip-audit in .github/workflows/a.yml"}),
    ],
)  # fmt: skip
def test_a_command_of_the_repository_asks_for_its_tool(
    tmp_path: Path, files: dict[str, str], expected: dict[str, str]
) -> None:
    assert asked(tmp_path, {"x.py": "", **files}) == expected
    assert asked(tmp_path, {"packages/a/x.py": ""}, "packages/a") == expected


def test_the_folders_around_ask_for_a_projects_tools(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[tool.ruff]\n", "packages/a/x.py": "", "packages/setup.cfg": "[mypy]\n"}
    assert asked(tmp_path, files, "packages/a") == {
        "mypy": "[mypy] in setup.cfg",
        "ruff": "[tool.ruff] in pyproject.toml",
    }


@pytest.mark.parametrize(
    ("package", "files", "expected"),
    [
        ({"devDependencies": {"prettier": "3"}}, {"Makefile": "npx prettier --check .\n"}, "prettier in Makefile"),
        ({}, {"Makefile": "npx prettier --check .\n"}, ""),
        ({"devDependencies": {"prettier": "3"}}, {}, ""),
    ],
)
def test_a_command_asks_for_a_tool_of_the_packages_that_is_declared(
    tmp_path: Path, package: dict[str, object], files: dict[str, str], expected: str
) -> None:
    for name, text in {"package.json": json.dumps(package), **files}.items():
        (tmp_path / name).write_text(text)
    assert registry()["prettier"].asked_for(Project(".", tmp_path, "javascript"), "linting") == expected


@pytest.mark.parametrize(
    ("language", "files", "expected"),
    [
        ("python", {"tests/test_a.py": ""}, ""),
        ("python", {"pytest.ini": "[pytest]\naddopts = --cov=x\n"}, "--cov in pytest's options"),
        ("python", {".coveragerc": ""}, ".coveragerc"),
        ("python", {"pyproject.toml": "[tool.coverage.run]\nbranch = true\n"}, "[tool.coverage] in pyproject.toml"),
        ("python", {"requirements-dev.txt": "pytest-cov\n"}, "pytest-cov in requirements-dev.txt"),
        ("python", {"tox.ini": "[testenv]\ncommands = coverage run -m pytest\n"}, "coverage in tox.ini"),
        ("python", {".github/workflows/t.yml": STEPS.format("uses: codecov/codecov-action@v5")},
         "codecov in .github/workflows/t.yml"),
        *(("python", {"Makefile": f"x:\n\t{line}\n"}, "") for line in (
            "rm -rf build coverage", "open coverage", "pytest --no-cov", "echo --cov", "cd coverage && ls nyc", "coverage")),
        ("python", {"Makefile": "clean: rm -rf build coverage\ncoverage:\n\tx\n"}, ""),
        ("python", {"Makefile": "x:\n\ttox -- --cov=x\n"}, "--cov in Makefile"),
        ("python", {"Makefile": "x:\n\tuv run python -m coverage run -m pytest\n"}, "coverage in Makefile"),
        ("python", {"Makefile": "x:\n\tbash <(curl -s https://codecov.io/bash)\n"}, "codecov in Makefile"),
        ("python", {".github/workflows/t.yml": STEPS.format("uses: coverallsapp/github-action@v2")},
         "coveralls in .github/workflows/t.yml"),
        ("javascript", {"package.json": '{"scripts": {"clean": "rimraf dist coverage"}}'}, ""),
        ("javascript", {"package.json": '{"scripts": {"test": "cross-env A=1 nyc mocha"}}'}, "nyc in package.json"),
        ("javascript", {"package.json": '{"scripts": {"test": "jest"}}'}, ""),
        ("javascript", {"package.json": '{"scripts": {"test": "jest --coverage"}}'}, "--coverage in package.json"),
        ("javascript", {"package.json": '{"scripts": {"test": "c8 mocha"}}'}, "c8 in package.json"),
        ("javascript", {"package.json": '{"jest": {"coverageThreshold": {}}}'}, "jest in package.json"),
        ("javascript", {"package.json": '{"devDependencies": {"@vitest/coverage-v8": "3"}}'},
         "@vitest/coverage-v8 in devDependencies of package.json"),
        ("javascript", {"package.json": "{}", "vitest.config.ts": "test: { coverage: {} }"}, "vitest.config.ts"),
        ("javascript", {"package.json": "{}", "codecov.yml": ""}, "codecov.yml"),
    ],
)  # fmt: skip
def test_coverage_is_asked_for_by_its_own_words(
    tmp_path: Path, language: str, files: dict[str, str], expected: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    runner = {"python": "pytest", "javascript": "jest"}[language]
    project = Project(".", tmp_path, language)
    assert registry()[runner].asked_for(project, "coverage") == expected
    assert registry()[runner].asked_for(project, "unit_tests") or language == "javascript"
