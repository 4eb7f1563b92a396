"""A change of code that decides what a check reports is named in that check's verdict; an honest change is not."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from activities import tools
from activities.checking import ToolRun
from activities.custom_command import configured_tool
from activities.quality_gate.diff import HeadDiff
from activities.quality_gate.judging_code import edited_code
from activities.tooling import Project

Files = Mapping[str, str]


def named(tmp_path: Path, tool: str, files: Files, path: str, before: str = "", *, folder: str = ".") -> list[str]:
    """What is named of a change of one file in a tree of these files, in the first check of the tool."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = tools.registry()[tool]
    added = frozenset((path,)) if path in files and not before else frozenset[str]()
    diff = HeadDiff({}, {}, (path,), added, {path: (before, files.get(path, ""))})
    project = Project(folder, (tmp_path / folder).resolve(), found.language)
    return edited_code(found.checks[0], diff, [ToolRun(project, found)])


PROJECT = '[project]\nname = "app"\n'
PYTEST = "[tool.pytest.ini_options]\n"
SCRIPTS = '{"scripts": {"test": "npm run build && jest", "build": "tsc", "docs": "typedoc"}}'


@pytest.mark.parametrize(
    ("tool", "files", "path"),
    [
        ("pytest", {"src/app/conf.py": ""}, "src/app/conf.py"),
        ("pytest", {"tests/test_a.py": ""}, "tests/test_a.py"),
        ("pytest", {"src/app/__init__.py": "", "src/app/json.py": ""}, "src/app/json.py"),
        ("pytest", {"app/types.py": ""}, "app/types.py"),
        ("pytest", {"docs/json.md": ""}, "docs/json.md"),
        ("pytest", {"pyproject.toml": f"{PYTEST}addopts = '-p xdist'\n", "app.py": ""}, "app.py"),
        ("ruff", {"conftest.py": ""}, "conftest.py"),
        ("ruff", {"setup.py": ""}, "setup.py"),
        ("mypy", {"mypy.ini": "[mypy]\nfiles = app.py\n", "app.py": ""}, "app.py"),
        ("eslint", {"eslint.config.js": "export default [{files: ['src/**']}]", "src/index.js": ""}, "src/index.js"),
        ("jest", {"jest.config.js": "module.exports = {rootDir: './src'}", "src/index.js": ""}, "src/index.js"),
        ("jest", {"jest.config.js": "module.exports = {setupFiles: ['./setup.js']}", "setup.js": "import './src/a'",
                  "src/a.js": ""}, "src/a.js"),
        ("vitest", {"vitest.config.ts": "export default {resolve: {alias: {'@': './src'}}}"}, "src/index.ts"),
        ("node-test", {"package.json": '{"scripts": {"test": "node --test a.test.mjs"}}'}, "a.test.mjs"),
    ],
)  # fmt: skip
def test_honest_changes_are_not_named(tmp_path: Path, tool: str, files: Files, path: str) -> None:
    assert named(tmp_path, tool, files, path) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SCRIPTS, SCRIPTS.replace("typedoc", "typedoc --all")),
        (SCRIPTS, SCRIPTS.replace('{"scripts"', '{"version": "2", "scripts"')),
    ],
)
def test_other_parts_of_a_package_json_are_not_named(tmp_path: Path, before: str, after: str) -> None:
    assert named(tmp_path, "jest", {"package.json": after}, "package.json", before) == []


def test_a_project_may_have_the_name_of_a_tool(tmp_path: Path) -> None:
    files = {"pyproject.toml": PROJECT.replace("app", "click"), "src/click/__init__.py": "x = 1\n"}
    assert named(tmp_path, "pytest", files, "src/click/__init__.py", before="x = 0\n") == []
    assert named(tmp_path, "pytest", files, "src/click/__init__.py") == ["src/click/__init__.py"]


@pytest.mark.parametrize(
    ("tool", "files", "path"),
    [
        ("pytest", {"conftest.py": ""}, "conftest.py"),
        ("pytest", {}, "tests/unit/conftest.py"),
        ("pytest-benchmark", {}, "benchmarks/conftest.py"),
        *(("pytest", {name: ""}, name) for name in (
            "pytest.py", "_pytest/__init__.py", "coverage.py", "coverage/__init__.py", "json.py", "src/typing.py",
            "tests/pluggy.py", "sitecustomize.py", "src/usercustomize.py", "x.pth", "setup.py", "xdist.py",
        )),
        ("mypy", {"mypy.py": ""}, "mypy.py"),
        ("pylint", {"astroid/__init__.py": ""}, "astroid/__init__.py"),
        ("pytest", {"pyproject.toml": f"{PYTEST}addopts = '-q -p tools.plug'\n"}, "tools/plug.py"),
        ("pytest", {"pytest.ini": "[pytest]\naddopts = -ptools.plug\n"}, "tools/plug.py"),
        ("pytest", {"tox.ini": "[pytest]\naddopts =\n  -p tools.plug\n"}, "tools/plug/__init__.py"),
        ("pytest", {"conftest.py": "pytest_plugins = ['tests.plug']\n"}, "tests/plug.py"),
        ("pytest", {"tests/conftest.py": "pytest_plugins: list[str] = (\n  'a.b',\n  'tests.plug',\n)\n"}, "tests/plug.py"),
        ("pytest", {"pyproject.toml": '[project.entry-points.pytest11]\nx = "app.plug"\n'}, "src/app/plug.py"),
        ("pytest", {"setup.cfg": "[options.entry_points]\npytest11 =\n  x = app.plug:f\n"}, "app/plug.py"),
        ("pytest", {"pyproject.toml": '[tool.coverage.run]\nplugins = ["tools.cov"]\n'}, "tools/cov.py"),
        ("pytest", {".coveragerc": "[run]\nplugins = tools.cov\n"}, "tools/cov.py"),
        ("pytest", {"pyproject.toml": '[build-system]\nbackend-path = ["_b"]\nbuild-backend = "backend"\n'}, "_b/backend.py"),
        ("mypy", {"mypy.ini": "[mypy]\nplugins = tools/plug.py:factory, pydantic.mypy\n"}, "tools/plug.py"),
        ("mypy", {"pyproject.toml": '[tool.mypy]\nplugins = ["tools.plug"]\n'}, "tools/plug.py"),
        ("pylint", {".pylintrc": "[MAIN]\nload-plugins=a.b,\n  tools.plug\n"}, "tools/plug.py"),
        ("pylint", {"pyproject.toml": '[tool.pylint.main]\nload-plugins = ["tools.plug"]\n'}, "tools/plug.py"),
        ("flake8", {".flake8": "[flake8:local-plugins]\nextension =\n  X = tools.plug:C\n"}, "tools/plug.py"),
        ("eslint", {"eslint.config.mjs": "import own from './rules/index.js'"}, "rules/index.js"),
        ("eslint", {"eslint.config.mjs": "import own from './rules'", "rules/index.js": "require('./no-foo')"}, "rules/no-foo.js"),
        ("eslint", {".eslintrc.yml": "extends:\n  - ./base.js\n"}, "base.js"),
        ("eslint", {"package.json": '{"scripts": {"lint": "eslint --rulesdir=tools/rules.js ."}}'}, "tools/rules.js"),
        ("eslint", {}, "eslint-local-rules.js"),
        ("jest", {"package.json": '{"jest": {"setupFiles": ["<rootDir>/test/setup.js"]}}'}, "test/setup.js"),
        ("jest", {"jest.config.ts": "export default {\n  reporters: ['default', './report.js'],\n}"}, "report.js"),
        ("jest", {"jest.config.js": "module.exports = {transform: {'^.+$': './t'}}"}, "t.js"),
        ("jest", {"package.json": '{"scripts": {"test": "jest --config conf/jest.js"}}',
                  "conf/jest.js": "module.exports = {globalSetup: './up.js'}"}, "conf/up.js"),
        ("vitest", {"vite.config.ts": "export default {test: {setupFiles: './test/setup.ts'}}"}, "test/setup.ts"),
        ("mocha", {".mocharc.yml": "require:\n  - test/hooks.js\n"}, "test/hooks.js"),
        ("mocha", {".mocharc.json": '{"require": ["./test/hooks"]}'}, "test/hooks.cjs"),
        ("node-test", {"package.json": '{"scripts": {"test": "node --import ./up.mjs --test"}}'}, "up.mjs"),
        ("node-test", {"package.json": '{"scripts": {"test": "sh tests.sh"}}'}, "tests.sh"),
        *(("jest", {}, name) for name in (
            ".npmrc", "web/.yarnrc.yml", ".pnp.cjs", ".pnp.loader.mjs", "node_modules/jest/index.js",
            "packages/a/node_modules/.bin/jest",
        )),
    ],
)  # fmt: skip
def test_changes_of_what_judges_are_named(tmp_path: Path, tool: str, files: Files, path: str) -> None:
    assert named(tmp_path, tool, files, path, before="" if path in files else "gone") == [path]


@pytest.mark.parametrize(
    ("tool", "path", "before", "after"),
    [
        ("jest", "package.json", SCRIPTS, SCRIPTS.replace("&& jest", "&& jest || true")),
        ("jest", "package.json", SCRIPTS, SCRIPTS.replace('"tsc"', '"tsc; echo"')),
        ("jest", "package.json", SCRIPTS, SCRIPTS.replace('"docs"', '"pretest": "x", "docs"')),
        ("eslint", "a/package.json", '{"scripts": {"lint": "eslint ."}}', '{"scripts": {"lint": "eslint src"}}'),
        ("eslint", "package.json", '{"scripts": {"check": "eslint ."}}', '{"scripts": {"check": "eslint x"}}'),
        ("pytest", "pyproject.toml", PROJECT, f'{PROJECT}[build-system]\nbuild-backend = "x"\n'),
        ("pytest", "pyproject.toml", PROJECT, f'{PROJECT}[project.entry-points.pytest11]\nx = "app"\n'),
        ("pytest", "setup.cfg", "", "[options.entry_points]\npytest11 =\n  x = app\n"),
        ("pytest", "setup.cfg", "", "[not readable"),
    ],
)
def test_changes_of_parts_of_files_are_named(tmp_path: Path, tool: str, path: str, before: str, after: str) -> None:
    assert named(tmp_path, tool, {path: after}, path, before) == [path]


@pytest.mark.parametrize(
    ("command", "path", "expected"),
    [
        ("make lint", "Makefile", True),
        ("cd x && ./gradlew check", "build.gradle.kts", True),
        ("tox -e lint", "tox.ini", True),
        ("sh scripts/lint.sh --all", "scripts/lint.sh", True),
        ("python -m tools.lint .", "tools/lint.py", True),
        ("npm run lint", "package.json", True),
        ("npm run docs", "package.json", False),
        ("cargo clippy", "Makefile", False),
        ("make lint", "src/a.c", False),
        ("cat lint.txt", "lint.txt", False),
    ],
)
def test_what_a_configured_command_starts_is_named(tmp_path: Path, command: str, path: str, expected: bool) -> None:
    tool = configured_tool("linting", {"command": command})
    assert tool
    scripts = '{"scripts": {"lint": "%s"}}'
    diff = HeadDiff({}, {}, (path,), texts={path: (scripts % "a", scripts % "b")} if path == "package.json" else {})
    found = edited_code("linting", diff, [ToolRun(Project(".", tmp_path, "any"), tool)])
    assert found == ([path] if expected else [])


def test_what_a_workspace_gives_its_package_is_named(tmp_path: Path) -> None:
    files = {
        "package.json": '{"workspaces": ["packages/*"]}',
        "packages/a/package.json": "{}",
        "eslint.config.js": "import own from './rules/own.js'",
    }
    assert named(tmp_path, "eslint", files, "rules/own.js", folder="packages/a") == ["rules/own.js"]
