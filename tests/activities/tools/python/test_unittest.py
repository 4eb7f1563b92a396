"""Suites that unittest, Django's runner or an own script runs, in the real sandbox."""

import pytest

from activities.model import ToolReport
from activities.tools import registry
from tests.activities.tools.python.conftest import Make

SUITE = """
import os, unittest, m
class TestA(unittest.TestCase):
    def test_mode(self): self.assertEqual(os.environ["APP_MODE"], "test")
    def test_fails(self): self.assertEqual(m.f(), 2, "one is not two")
    @unittest.skip("later")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail()
    def test_parts(self):
        for n in (1, 2):
            with self.subTest(n=n): self.assertEqual(n, 1)
"""
TOX = "[testenv]\nsetenv =\n    APP_MODE = test\ncommands =\n    {}\n"
MODULE = "def f():\n    return 1\n"
RUNS_ALL = "import sys, unittest\nsuite = unittest.defaultTestLoader.discover('tests')\nsys.path.insert(0, '.')\n"
RUNS_ALL += "ok = unittest.TextTestRunner(failfast=True).run(suite).wasSuccessful()\nsys.exit(not ok)\n"


def outcomes(report: ToolReport) -> dict[str, str]:
    assert report.completed, (report.problem, report.output_tail)
    return {test.id.rpartition(".")[2]: test.outcome for test in report.tests}


@pytest.mark.parametrize(
    ("command", "files"),
    [("python -m unittest -f", {}), ("python runtests.py", {"runtests.py": RUNS_ALL})],
    ids=["unittest", "script"],
)
async def test_every_test_has_its_outcome_place_and_coverage(bench: Make, command: str, files: dict[str, str]) -> None:
    made = {"m.py": MODULE, "tests/__init__.py": "", "tests/test_a.py": SUITE, "tox.ini": TOX.format(command), **files}
    work = bench(made, coverage=True, retry=True)
    assert not registry()["pytest"].has_work(work.project, "unit_tests")
    report = await registry()["unittest"].run(work)
    expected = {"test_mode": "passed", "test_fails": "failed", "test_skipped": "skipped", "test_expected": "passed"}
    assert outcomes(report) == {**expected, "test_parts": "failed"}
    failed = next(test for test in report.tests if test.id.endswith("test_fails"))
    assert (failed.path, failed.line) == ("tests/test_a.py", 5)
    assert "one is not two" in failed.message
    assert (report.found_in, report.problem, report.coverage_problem) == ("tox.ini [testenv]", "", "")
    assert [(one.path, set(one.covered)) for one in report.coverage if one.path == "m.py"] == [("m.py", {1, 2})]


async def test_module_that_cannot_be_loaded_is_a_failed_test_in_both_commits(bench: Make) -> None:
    files = {
        "tests/__init__.py": "",
        "tests/test_a.py": "import nowhere\n",
        "tox.ini": TOX.format("python -m unittest"),
    }
    report = await registry()["unittest"].run(bench(files))
    assert {test.id: test.outcome for test in report.tests} == {"tests.test_a": "failed"}
    again = await registry()["unittest"].run(bench(files, only=("tests.test_a", "tests.test_b.X")))
    assert {test.id: test.outcome for test in again.tests} == {"tests.test_a": "failed"}


async def test_each_of_several_commands_that_name_a_part_is_run_and_measured(bench: Make) -> None:
    test = "import unittest, m\nclass T(unittest.TestCase):\n    def test_{0}(self): self.assertEqual(m.{0}(), 1)\n"
    files = {
        "m.py": "def a():\n    return 1\ndef b():\n    return 1\n",
        "smoke/test_a.py": test.format("a"),
        "rest/test_b.py": test.format("b"),
        "Makefile": "smoke:\n\tpython -m unittest discover -s smoke\nall:\n\tpython -m unittest discover rest\n",
    }
    report = await registry()["unittest"].run(bench(files, coverage=True))
    assert outcomes(report) == {"test_a": "passed", "test_b": "passed"}
    assert [set(one.covered) for one in report.coverage if one.path == "m.py"] == [{1, 2, 3, 4}]


@pytest.mark.parametrize(
    ("script", "problem", "advice"),
    [
        ("import nowhere\n", "runtests.py ran no test.", ""),
        ("", "", "No tests were found."),
    ],
)
async def test_script_that_runs_no_test_is_never_green(bench: Make, script: str, problem: str, advice: str) -> None:
    report = await registry()["unittest"].run(
        bench({"runtests.py": script, "tox.ini": TOX.format("python runtests.py")})
    )
    assert (report.tests, report.problem, report.advice) == ((), problem, advice)
