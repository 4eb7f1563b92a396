"""A change that rules over its own verdict: real pytest, by `autobuild gate`. It may pass, and never unseen."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bot.cli.test_gate import gate, git, write

ADD = "def add(a, b):\n    return a + b\n"
TEST = "from app import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"
LIES = """import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.get_result().outcome = "passed"
"""
ONLY_TESTS = "version: 1\nchecks:\n" + "".join(
    f"  {name}: {{enabled: false}}\n"
    for name in ("linting", "security", "dependencies", "static_analysis", "coverage", "performance")
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A project with one test, on a branch `change` without a commit of its own."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    write(folder, {".github/autobuild.yml": ONLY_TESTS, "app.py": ADD, "tests/test_app.py": TEST})
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=Begin")
    git(folder, "checkout", "--quiet", "-b", "change")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder: what is downloaded for pytest is downloaded once."""
    return tmp_path_factory.mktemp("data")


async def unit_tests(repository: Path, data: Path) -> dict[str, Any]:
    _, out, _ = await gate(repository, "--json", AUTOBUILD_DATA=str(data))
    return next(check for check in json.loads(out)["checks"] if check["name"] == "unit_tests")


async def test_a_conftest_that_turns_failures_into_passes_is_named(repository: Path, data: Path) -> None:
    write(repository, {"app.py": ADD.replace("+", "-"), "conftest.py": LIES})
    check = await unit_tests(repository, data)
    assert check["reason"].endswith("This change also edits conftest.py, which can decide what this check reports.")


async def test_an_honest_change_is_not_named(repository: Path, data: Path) -> None:
    write(repository, {"app.py": ADD + "\n\nONE = 1\n", "tests/test_one.py": "def test_one():\n    assert True\n"})
    check = await unit_tests(repository, data)
    assert (check["status"], check["reason"]) == ("passed", "2 passed.")


async def test_tests_that_no_longer_run_are_counted(repository: Path, data: Path) -> None:
    write(repository, {"tests/test_more.py": "".join(f"def test_{n}():\n    assert {n} >= 0\n\n\n" for n in range(12))})
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=More")
    git(repository, "branch", "--force", "main")
    write(repository, {"pytest.ini": "[pytest]\naddopts = --deselect=tests/test_more.py\n"})
    assert "did not run" not in (await unit_tests(repository, data))["reason"]  # nobody has run the base's tests
    git(repository, "stash", "--include-untracked")
    await unit_tests(repository, data)
    git(repository, "stash", "pop")
    write(repository, {"app.py": ADD + "# changed\n"})
    check = await unit_tests(repository, data)
    first = "tests/test_more.py::test_0, tests/test_more.py::test_1, tests/test_more.py::test_10 and 9 more"
    assert f"12 tests of the base did not run ({first})." in check["reason"]
    assert (check["status"], check["metrics"]["not_run"]) == ("passed", 12)
