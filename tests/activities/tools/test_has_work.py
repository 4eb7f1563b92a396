"""Whether a tool would find anything to do: seen in the files, so that a check that nothing answers is skipped."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from activities.tooling import Language, Project
from activities.tools import registry

TEST = "def test_a(): pass\n"
CHECKS = ("unit_tests", "coverage", "integration_tests")


def project(root: Path, files: Mapping[str, str], language: Language) -> Project:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Project(".", root, language)


def answered(tool: str, made: Project) -> str:
    """The first letters of the checks that the tool has work for."""
    return "".join(check[0] for check in CHECKS if registry()[tool].has_work(made, check))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pkg/__init__.py": "", "setup.py": ""}, ""),
        ({"pkg.py": "", "node_modules/x/test_x.py": TEST, ".tox/py/test_x.py": TEST}, ""),
        ({"docs/tests.md": "", "latest.py": "", "contest_x.py": ""}, ""),
        ({"tests/test_a.py": TEST}, "uc"),
        ({"pkg/deep/a_test.py": TEST}, "uc"),
        ({"tests/it.py": ""}, "uc"),
        ({"conftest.py": ""}, "uc"),
        ({"a.py": ">>> 1", "pytest.ini": "[pytest]\naddopts = --doctest-modules\n"}, "uc"),
        ({"check_a.py": TEST, "pytest.ini": "[pytest]\npython_files = check_*.py\n"}, "uc"),
        ({"tests/integration/test_a.py": TEST}, "i"),
        ({"tests/test_a.py": TEST, "tests/integration/test_b.py": TEST}, "uci"),
        ({"tests/test_a.py": TEST, "pytest.ini": "[pytest]\nmarkers = integration: slow\n"}, "uci"),
    ],
)
def test_pytest_has_work_where_a_test_may_be(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    assert answered("pytest", project(tmp_path, files, "python")) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"tests/test_a.py": TEST}, False),
        ({"tests/test_a.py": "def test_benchmarks(): pass\n"}, False),
        ({"tests/test_a.py": "def test_a(benchmark): benchmark(sum, [1])\n"}, True),
        ({"bench/speed.py": "def test_a(\n    x,\n    benchmark_weave,\n): pass\n"}, True),
        ({"scripts/run.py": "def run(benchmark): pass\n"}, False),
        ({"conftest.py": "@fixture\ndef timed(benchmark): return benchmark\n", "test_a.py": TEST}, True),
    ],
)
def test_pytest_benchmark_has_work_where_a_benchmark_may_be(
    tmp_path: Path, files: dict[str, str], expected: bool
) -> None:
    made = project(tmp_path, files, "python")
    assert registry()["pytest-benchmark"].has_work(made, "performance") is expected


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        ('{"scripts": {}}', {"vitest": "", "node-test": ""}),
        ('{"scripts": {"test": "vitest run"}}', {"vitest": "uc", "jest": "", "node-test": ""}),
        ('{"scripts": {"test": "node --test"}}', {"vitest": "", "node-test": "uc"}),
        (
            '{"scripts": {"test": "vitest", "test:integration": "jest --ci", "lint": "eslint"}}',
            {"vitest": "uc", "jest": "i", "mocha": "", "node-test": ""},
        ),
        ('{"devDependencies": {"jest": "30"}}', {"jest": "uc", "vitest": "", "node-test": ""}),
    ],
)
def test_runner_has_work_where_a_script_starts_it(tmp_path: Path, package: str, expected: dict[str, str]) -> None:
    made = project(tmp_path, {"package.json": package}, "javascript")
    assert {tool: answered(tool, made) for tool in expected} == expected
