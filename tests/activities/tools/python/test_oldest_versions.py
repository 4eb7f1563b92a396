"""The options that are given to a Python tool, each known to the oldest version of it that is supported.

Each of these versions was installed and started with just these options, on Python 3.11. A new option belongs into this
table once its version knows it; else the tool gives it to newer versions only.
"""

import ast
from pathlib import Path

import pytest

import activities
from activities import tools
from activities.languages.python.tool_versions import is_older
from activities.tool_reports import too_old

ROOT = Path(activities.__file__).parent

OPTIONS = {
    "ruff": (
        "0.1.2",
        "--check --fix-only --fixable --no-cache --no-fix --no-unsafe-fixes --output-file --output-format",
    ),
    "mypy": (
        "0.920",
        "--cache-dir --config-file --exclude --hide-error-context --ignore-missing-imports --no-color-output "
        "--no-error-summary --no-pretty --python-executable --show-column-numbers --show-error-codes",
    ),
    "pyright": ("1.1.310", "--outputjson --pythonpath"),
    "black": ("21.12b0", "--check --no-color"),
    "isort": ("5.1.0", "--check-only --quiet"),
    "flake8": ("3.7.9", "--format --output-file"),
    "pylint": ("2.13.0", "--output --output-format --persistent --recursive --reports --score"),
    "bandit": ("1.6.0", ""),
}
NEWER = {"flake8": {"--no-show-source"}}
"""Given to versions that know them."""

PYTEST = {
    "tools/pytest.py": "--benchmark-disable --continue-on-collection-errors --junitxml --rootdir",
    "tools/pytest_benchmark.py": "--benchmark-enable --benchmark-json --benchmark-only --no-cov --rootdir",
    "languages/python/pytest_coverage.py": "--cov --cov-fail-under --cov-report --fail-under --omit --source",
}
"""Known to pytest 6.2.5 with pytest-cov 4.1 (4.0 but for JSON), pytest-benchmark 3.4, pytest-xdist 2.5 and coverage 5.0."""


def options_in(file: str) -> set[str]:
    """The long options in a module's texts, not those in its docstrings."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documents)
    words = (word for node in texts if isinstance(node.value, str) for word in node.value.split())
    return {word.partition("=")[0] for word in words if word.startswith("--") and word[2:3].isalpha()}


@pytest.mark.parametrize("name", OPTIONS)
def test_only_options_that_the_oldest_version_knows_are_given(name: str) -> None:
    oldest, options = OPTIONS[name]
    assert getattr(tools.registry()[name], "oldest", "") == oldest
    assert options_in(f"tools/{name}.py") == {*options.split(), *NEWER.get(name, ())}


@pytest.mark.parametrize("file", PYTEST)
def test_pytest_and_its_plugins_are_given_what_old_versions_know(file: str) -> None:
    assert options_in(file) == set(PYTEST[file].split())


def test_an_older_version_is_one_sentence() -> None:
    assert is_older("0.0.291", "0.1.2")
    assert not is_older("1.8.0", "1.1.310")
    assert not is_older("unknown", "1.0")
    report = too_old("ruff", "0.0.291", "0.1.2")
    assert (report.completed, report.findings) == (False, ())
    assert report.problem == "ruff 0.0.291 is too old: 0.1.2 is the oldest version that is supported. Update it."
