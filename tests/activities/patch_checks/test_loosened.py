"""Which edits of configuration and which comments make checks ask for less."""

import pytest

from activities.patch_checks import loosened, suppressions
from tests.activities.patch_checks.patches import make_patch

PYPROJECT = """[project]
name = "app"
dependencies = ["requests"]

[tool.ruff]
line-length = 100

[tool.ruff.lint]
select = ["E", "F", "B"]
ignore = ["E501"]

[tool.ruff.lint.per-file-ignores]
"tests/*" = ["S101"]

[tool.mypy]
strict = true
exclude = ["build/"]

[[tool.mypy.overrides]]
module = "legacy.*"
ignore_errors = false

[tool.pytest.ini_options]
addopts = "--strict-markers --cov=app"
testpaths = ["tests"]
filterwarnings = ["error"]
xfail_strict = true

[tool.coverage.report]
fail_under = 90
omit = ["app/cli.py"]
"""
PACKAGE = """{
  "name": "app",
  "version": "1.0.0",
  "scripts": {"test": "jest --coverage", "lint": "eslint . --max-warnings 0", "build": "tsc"},
  "jest": {"coverageThreshold": {"global": {"branches": 80, "lines": 90}}, "testMatch": ["**/*.test.js"]},
  "eslintConfig": {"rules": {"no-unused-vars": "error", "no-eval": ["error", {"allowIndirect": true}], "curly": 2}}
}
"""
TSCONFIG = '{\n  // comments are allowed\n  "compilerOptions": {"strict": true, "noUnusedLocals": true, "target": "es2022"},\n  "include": ["src", "tests"],\n}\n'
SETUP_CFG = "[metadata]\nname = app\n\n[flake8]\nmax-complexity = 10\nextend-ignore = E203\n\n[coverage:report]\nfail_under = 80\n"
ESLINT = "export default [\n  { rules: { 'no-eval': 'error' } },\n]\n"
HOOKS = "repos:\n  - repo: https://example.com/ruff\n    rev: v1\n    hooks:\n      - id: ruff\n      - id: mypy\n        args: [--strict]\n"
CARGO = '[package]\nname = "app"\n\n[dependencies]\nserde = "1"\n\n[lints.clippy]\nunwrap_used = "deny"\n'
CODECOV = "coverage:\n  status:\n    project:\n      default:\n        target: 90%\n        threshold: 1%\nignore:\n  - docs\n"
FILES = {
    "pyproject.toml": PYPROJECT, "package.json": PACKAGE, "tsconfig.json": TSCONFIG, "setup.cfg": SETUP_CFG,
    "eslint.config.js": ESLINT, ".pre-commit-config.yaml": HOOKS, "Cargo.toml": CARGO, "codecov.yml": CODECOV,
}  # fmt: skip

HARMLESS = [
    ("pyproject.toml", 'dependencies = ["requests"]', 'dependencies = ["requests", "rich"]'),
    ("pyproject.toml", 'select = ["E", "F", "B"]', 'select = ["E", "F", "B", "UP"]'),
    ("pyproject.toml", 'select = ["E", "F", "B"]', 'select = ["ALL"]'),
    ("pyproject.toml", 'ignore = ["E501"]', "ignore = []"),
    ("pyproject.toml", "fail_under = 90", "fail_under = 95"),
    ("pyproject.toml", "line-length = 100", "line-length = 88"),
    ("pyproject.toml", 'testpaths = ["tests"]', 'testpaths = ["tests", "more_tests"]'),
    ("pyproject.toml", 'omit = ["app/cli.py"]\n', ""),
    ("pyproject.toml", "[tool.ruff]", "# the linter\n[tool.ruff]"),
    ("package.json", '"1.0.0"', '"1.1.0"'),
    ("package.json", '"build": "tsc"', '"build": "tsc || true"'),
    ("package.json", '"branches": 80', '"branches": 85'),
    ("package.json", '"curly": 2', '"curly": "error"'),
    ("tsconfig.json", '"include": ["src", "tests"]', '"include": ["src", "tests", "more"]'),
    ("tsconfig.json", '"target": "es2022"', '"target": "es2024"'),
    ("setup.cfg", "name = app", "name = application"),
    ("setup.cfg", "max-complexity = 10", "max-complexity = 8"),
    ("Cargo.toml", 'serde = "1"', 'serde = "2"'),
    (".pre-commit-config.yaml", "rev: v1", "rev: v2"),
    ("codecov.yml", "target: 90%", "target: 95%"),
]
LOOSENED = [
    ("pyproject.toml", 'select = ["E", "F", "B"]', 'select = ["E", "F"]'),
    ("pyproject.toml", 'ignore = ["E501"]', 'ignore = ["E501", "F401"]'),
    ("pyproject.toml", '"tests/*" = ["S101"]', '"tests/*" = ["S101", "F"]'),
    ("pyproject.toml", '"tests/*" = ["S101"]', '"tests/*" = ["S101"]\n"app/*" = ["ALL"]'),
    ("pyproject.toml", "strict = true\n", "strict = false\n"),
    ("pyproject.toml", "strict = true\n", ""),
    ("pyproject.toml", 'exclude = ["build/"]', 'exclude = ["build/", "app/"]'),
    ("pyproject.toml", "ignore_errors = false", "ignore_errors = true"),
    ("pyproject.toml", 'exclude = ["build/"]', 'exclude = ["build/"]\nignore_missing_imports = true'),
    ("pyproject.toml", 'exclude = ["build/"]', 'exclude = ["build/"]\ndisable_error_code = ["arg-type"]'),
    ("pyproject.toml", "--strict-markers --cov=app", "--cov=app"),
    ("pyproject.toml", "--strict-markers --cov=app", "--strict-markers --cov=app --deselect tests/test_a.py::test_b"),
    ("pyproject.toml", "--strict-markers --cov=app", "--strict-markers --cov=app -k 'not slow'"),
    ("pyproject.toml", "--strict-markers --cov=app", "--strict-markers --cov=app --ignore=tests/test_a.py"),
    ("pyproject.toml", 'testpaths = ["tests"]', 'testpaths = ["tests/unit"]'),
    ("pyproject.toml", 'filterwarnings = ["error"]', 'filterwarnings = ["error", "ignore::DeprecationWarning"]'),
    ("pyproject.toml", "xfail_strict = true\n", ""),
    ("pyproject.toml", "fail_under = 90", "fail_under = 80"),
    ("pyproject.toml", "fail_under = 90\n", ""),
    ("pyproject.toml", 'omit = ["app/cli.py"]', 'omit = ["app/cli.py", "app/core.py"]'),
    ("pyproject.toml", "line-length = 100", "line-length = 400"),
    ("package.json", '"jest --coverage"', '"jest --coverage --passWithNoTests"'),
    ("package.json", '"jest --coverage"', '"jest --coverage || true"'),
    ("package.json", '"jest --coverage"', '"echo ok"'),
    ("package.json", '"test": "jest --coverage", ', ""),
    ("package.json", " --max-warnings 0", ""),
    ("package.json", '"branches": 80', '"branches": 10'),
    ("package.json", '"branches": 80, ', ""),
    ("package.json", '["**/*.test.js"]', '["**/unit/*.test.js"]'),
    ("package.json", '"no-unused-vars": "error"', '"no-unused-vars": "off"'),
    ("package.json", '"no-unused-vars": "error"', '"no-unused-vars": "warn"'),
    ("package.json", '["error", {"allowIndirect": true}]', '["warn", {"allowIndirect": true}]'),
    ("package.json", '"curly": 2', '"curly": 0'),
    ("package.json", '"curly": 2', '"curly": 2, "eqeqeq": "off"'),
    ("tsconfig.json", '"strict": true', '"strict": false'),
    ("tsconfig.json", '"noUnusedLocals": true, ', ""),
    ("tsconfig.json", '"strict": true', '"strict": true, "skipLibCheck": true'),
    ("tsconfig.json", '["src", "tests"]', '["src"]'),
    ("tsconfig.json", '"include"', '"exclude": ["src/old"],\n  "include"'),
    ("setup.cfg", "max-complexity = 10", "max-complexity = 100"),
    ("setup.cfg", "E203", "E203, F401"),
    ("setup.cfg", "E203", "E203\nper-file-ignores =\n    app.py: F401"),
    ("setup.cfg", "fail_under = 80", "fail_under = 0"),
    ("eslint.config.js", "'error'", "'off'"),
    ("eslint.config.js", "export default [", "export default [\n  { ignores: ['src/**'] },"),
    (".pre-commit-config.yaml", "      - id: ruff\n", ""),
    (".pre-commit-config.yaml", "[--strict]", "[]"),
    ("Cargo.toml", '"deny"', '"allow"'),
    ("codecov.yml", "target: 90%", "target: 50%"),
    ("codecov.yml", "  - docs", "  - docs\n  - src"),
    ("codecov.yml", "target: 90%", "target: 90%\n        informational: true"),
]  # fmt: skip


def refused(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (problem.path, problem.sentence)
        for problem, is_note in loosened.problems(make_patch(before, after))
        if not is_note
    ]


@pytest.mark.parametrize(("path", "old", "new"), HARMLESS)
def test_configuration_that_asks_for_as_much_or_more_is_fine(path: str, old: str, new: str) -> None:
    text = FILES[path]
    assert old in text
    assert refused({path: text}, {path: text.replace(old, new, 1)}) == []


@pytest.mark.parametrize(("path", "old", "new"), LOOSENED)
def test_configuration_that_asks_for_less_is_refused(path: str, old: str, new: str) -> None:
    text = FILES[path]
    assert old in text
    assert refused({path: text}, {path: text.replace(old, new, 1)})


@pytest.mark.parametrize(
    ("path", "before", "after", "is_refused"),
    [
        ("ruff.toml", 'lint.select = ["E"]\n', None, True),
        (".coveragerc", "[run]\nbranch = true\n", "[run]\nbranch = true\nomit = app/*\n", True),
        (".eslintignore", "dist\n", "dist\nsrc\n", True),
        ("conftest.py", "", "collect_ignore = ['test_a.py']\n", True),
        ("conftest.py", "", "def pytest_collection_modifyitems(items):\n    items.clear()\n", True),
        ("conftest.py", "import a\n", "import a\nimport b\n", False),
        ("ruff.toml", None, 'lint.select = ["E"]\nlint.ignore = ["E501"]\n', False),
        ("src/settings.toml", "strict = true\n", "strict = false\n", False),
        ("broken/pyproject.toml", "[", "[tool.x", False),
    ],
)
def test_files_of_configuration(path: str, before: str | None, after: str | None, is_refused: bool) -> None:
    old, new = ({path: text} if text is not None else {} for text in (before, after))
    assert bool(refused(old, new)) == is_refused


CODE = "def add(a, b):\n    return a + b\n"


@pytest.mark.parametrize(
    "line",
    [
        "x = 1  # noqa", "x = 1  # noqa: E501", "# ruff: noqa", "x = f()  # type: ignore[arg-type]", "# mypy: ignore-errors",
        "x = eval(y)  # nosec", "if x:  # pragma: no cover", "# pylint: disable=all", "# pyright: basic",
        "/* eslint-disable */", "// eslint-disable-next-line no-eval", "// @ts-ignore", "// @ts-expect-error", "// @ts-nocheck",
        "/* istanbul ignore next */", "/* v8 ignore start */", "// biome-ignore lint: x", "x := f() //nolint:errcheck",
        "#[allow(dead_code)]", "#![allow(warnings)]", "#[expect(unused)]", "token = 'a'  # pragma: allowlist secret",
    ],
)  # fmt: skip
def test_comments_that_silence_a_finding_are_refused_where_they_are_new(line: str) -> None:
    def found(before: str, after: str) -> list[int]:
        return [each.line for each in suppressions.problems(make_patch({"a.py": before}, {"a.py": after}))]

    assert found(CODE, f"{CODE}{line}\n") == [3]
    assert found(f"{line}\n{CODE}", f"{CODE}{line}\n") == []
    assert found(f"{CODE}{line}\n", CODE) == []
    assert found(f"{CODE}{line}\n", f"{CODE}{line} \n") == []
    assert list(suppressions.problems(make_patch({}, {"docs/a.md": line}))) == []


@pytest.mark.parametrize(
    "line",
    ["# no quality", "x = noqa", "# ignore the type", "the @tsignore", "// eslint is disabled", "#[derive(Debug)]"],
)
def test_words_that_only_look_like_it_are_not(line: str) -> None:
    assert list(suppressions.problems(make_patch({"a.py": CODE}, {"a.py": f"{CODE}{line}\n"}))) == []


@pytest.mark.parametrize("char", ["\u202e", "\u2066", "\u200b", "\U000e0041"])
def test_characters_that_nobody_sees_are_refused_in_new_lines(char: str) -> None:
    def found(before: str, after: str) -> list[int]:
        return [each.line for each in suppressions.hidden_text(make_patch({"a.py": before}, {"a.py": after}))]

    assert found(CODE, f"{CODE}x = '{char}'\n") == [3]
    assert found(f"{CODE}x = '{char}'\n", f"{CODE}y = '{char}'\n") == []
    assert found(CODE, f"{CODE}x = 'Grüße 👩‍💻'\n") == []
