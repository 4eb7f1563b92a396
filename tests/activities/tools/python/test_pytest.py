"""The test suite in the real sandbox: what is reported, what is run again, how a broken run is explained."""

import pytest

from activities.languages.python.pytest_coverage import covered_files
from activities.model import FileCoverage, ToolReport
from activities.sandbox import ResourceLimits
from activities.tools.pytest import tool
from tests.activities.tools.python.conftest import Make

PASSES = "def test_a(): pass\n"


def outcomes(report: ToolReport) -> dict[str, str]:
    assert report.completed, (report.problem, report.output_tail)
    return {test.id: test.outcome for test in report.tests}


async def test_tree_without_tests_gives_an_advice(bench: Make) -> None:
    report = await tool.run(bench({"pkg.py": "x = 1\n"}, select="unit", coverage=True, retry=True))
    assert (report.completed, report.tests, report.problem, report.advice) == (True, (), "", "No tests were found.")


async def test_tests_have_outcomes_paths_and_lines(bench: Make) -> None:
    suite = """
import pytest, unittest

class Base:
    def test_inherited(self): pass

@pytest.mark.skip
def test_skipped(): pass

class TestOld(unittest.TestCase):
    def test_fails(self): self.assertEqual(1, 2, "one is not two")
"""
    inherits = "from test_base import Base\nclass TestChild(Base): pass\n"
    report = await tool.run(bench({"tests/test_base.py": suite, "tests/test_child.py": inherits}))
    assert outcomes(report) == {
        "tests/test_base.py::test_skipped": "skipped",
        "tests/test_base.py::TestOld::test_fails": "failed",
        "tests/test_child.py::TestChild::test_inherited": "passed",
    }
    failed = next(test for test in report.tests if test.outcome == "failed")
    assert (failed.path, failed.line) == ("tests/test_base.py", 11)
    assert "one is not two" in failed.message
    assert report.problem == ""


async def test_module_that_cannot_be_imported_is_a_failed_test(bench: Make) -> None:
    report = await tool.run(bench({"tests/test_a.py": "import nowhere\n", "tests/test_b.py": PASSES}))
    assert outcomes(report)["tests/test_a.py"] == "failed"
    assert "No module named 'nowhere'" in report.tests[0].message


async def test_module_that_cannot_be_collected_hides_no_other_and_is_asked_of_the_base(bench: Make) -> None:
    files = {
        "tests/test_a.py": "import nowhere\n", "tests/test_b.py": PASSES, "tests/test_c.py": "def test_c(:\n",
        "pytest.ini": "[pytest]\naddopts = -x --sw -p no:cacheprovider --cov=. -p no:junitxml\n",
    }  # fmt: skip
    report = await tool.run(bench(files, coverage=True, retry=True))
    broken = {"tests/test_a.py": "failed", "tests/test_c.py": "failed"}
    assert outcomes(report) == {**broken, "tests/test_b.py::test_a": "passed"}
    assert report.problem == ""
    assert outcomes(await tool.run(bench(files, only=tuple(broken)))) == broken


async def test_module_that_is_collected_the_second_time_is_flaky(bench: Make) -> None:
    flaky = "import os, pathlib\nmark = pathlib.Path(os.environ['COVERAGE_FILE'] + '.seen')\n"
    flaky += "if not mark.exists():\n    mark.touch()\n    import nowhere\n" + PASSES
    report = await tool.run(bench({"test_it.py": flaky}, retry=True))
    assert outcomes(report) == {"test_it.py": "flaky", "test_it.py::test_a": "passed"}


async def test_tests_without_product_code_have_no_problem(bench: Make) -> None:
    report = await tool.run(bench({"tests/test_a.py": PASSES}, coverage=True))
    assert (report.problem, report.advice) == ("", "")
    assert report.coverage_problem == "Coverage was not measured: No data to report."


async def test_test_that_passes_the_second_time_is_flaky(bench: Make) -> None:
    flaky = "import os, pathlib\ndef test_a():\n    mark = pathlib.Path(os.environ['COVERAGE_FILE'] + '.seen')\n"
    flaky += (
        "    seen = mark.exists()\n    mark.touch()\n    assert seen, 'the first time'\ndef test_b(): assert False\n"
    )
    report = await tool.run(bench({"test_it.py": flaky}, retry=True, coverage=True))
    assert outcomes(report) == {"test_it.py::test_a": "flaky", "test_it.py::test_b": "failed"}
    assert "the first time" in report.tests[0].message
    assert outcomes(await tool.run(bench({"test_it.py": "def test_c(): assert False\n"}))) == {
        "test_it.py::test_c": "failed"
    }


MARKED = (
    "import pytest\n@pytest.mark.integration\ndef test_far(): pass\n@pytest.mark.slow\ndef test_slow(): pass\n" + PASSES
)
MARKERS = "[pytest]\nmarkers =\n    integration: needs a server\n    slow\naddopts = -q -m 'not slow'\n"


@pytest.mark.parametrize(
    ("files", "unit", "integration"),
    [
        ({"tests/test_a.py": PASSES, "tests/integration/test_b.py": PASSES},
         {"tests/test_a.py::test_a"}, {"tests/integration/test_b.py::test_a"}),
        ({"tests/test_a.py": MARKED, "pytest.ini": MARKERS},
         {"tests/test_a.py::test_a"}, {"tests/test_a.py::test_far"}),
        ({"tests/test_a.py": PASSES}, {"tests/test_a.py::test_a"}, set()),
    ],
    ids=["folder", "marker", "neither"],
)  # fmt: skip
async def test_unit_and_integration_never_overlap(
    bench: Make, files: dict[str, str], unit: set[str], integration: set[str]
) -> None:
    assert outcomes(await tool.run(bench(files, select="unit"))).keys() == unit
    report = await tool.run(bench(files, select="integration"))
    assert outcomes(report).keys() == integration
    assert report.advice == ("" if integration else "No integration tests were found.")


async def test_only_existing_tests_of_the_given_ones_run(bench: Make) -> None:
    files = {"test_a.py": PASSES + "def test_b(): assert 0\n", "test_c.py": PASSES}
    names = ("test_a.py::test_a", "test_a.py::test_new", "test_gone.py::test_a", "--version", "../x.py::y")
    assert outcomes(await tool.run(bench(files, only=names))) == {"test_a.py::test_a": "passed"}
    assert outcomes(await tool.run(bench(files, only=["test_a.py::test_b"]))) == {"test_a.py::test_b": "failed"}
    assert outcomes(await tool.run(bench(files, only=("test_gone.py::test_a",)))) == {}


async def test_coverage_includes_unimported_files_and_no_tests(bench: Make) -> None:
    files = {
        "pkg/__init__.py": "def f(x):\n    if x:\n        return 1\n    return 2\n",
        "pkg/never.py": "x = 1\n",
        "tests/test_a.py": "import pkg\ndef test_a(): pkg.f(1)\n",
        "setup.py": "import nowhere\n",
    }
    report = await tool.run(bench(files, coverage=True))
    assert {one.path: (set(one.covered), set(one.missing)) for one in report.coverage} == {
        "pkg/__init__.py": ({1, 2, 3}, {4}),
        "pkg/never.py": (set(), {1}),
    }


async def test_coverage_follows_the_project_configuration(bench: Make) -> None:
    files = {
        "a.py": "x = 1\nif x:\n    y = 1  # pragma: no cover\n",
        "b.py": "x = 1\n",
        "test_a.py": "import a, b\nimport subprocess, sys\ndef test_a(): subprocess.run([sys.executable, '-c', 'pass'], check=True)\n",
        ".coveragerc": "[run]\nsource = .\nomit =\n    b.py\n    test_*\nbranch = true\nparallel = true\nrelative_files = true\n[report]\nfail_under = 100\n",
    }
    report = await tool.run(bench(files, coverage=True))
    assert {one.path: (set(one.covered), set(one.missing)) for one in report.coverage} == {"a.py": ({1, 2}, set())}
    assert report.problem == ""


@pytest.mark.parametrize(
    ("executed", "statements", "covered"),
    [
        ([1, 3, 4, 5, 7, 9], 6, {3, 5, 9}),  # before 7.13.1 with docstrings, before 7 with what is excluded too
        ([3, 5, 9], 6, {3, 5, 9}),
        ([1, 3, 4, 5, 7, 9], 9, {1, 3, 4, 5, 9}),  # a file that was changed after it was measured
    ],
)
def test_coverage_counts_no_docstrings(bench: Make, executed: list[int], statements: int, covered: set[int]) -> None:
    text = '"""a"""\n\nclass A:\n    """b"""\n    x = 1\n\nif 0:  # pragma: no cover\n    pass\nif A.x:\n    y = 2\nz = 3\nwhile 0: ...\n'
    facts = {"executed_lines": executed, "missing_lines": [10, 11, 12], "excluded_lines": [7, 8]}
    report = {"files": {"a.py": {**facts, "summary": {"num_statements": statements}}}}
    found = tuple(covered_files(report, bench({"a.py": text})))
    assert found == (FileCoverage("a.py", frozenset(covered), frozenset({10, 11, 12})),)


CUT_SHORT = PASSES + "def test_b():\n    {}\n"
QUIET = {"pytest.ini": "[pytest]\naddopts = -q\n"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "pytest was killed by SIGSEGV"),
        ("import os; os._exit(0)", "pytest exited in the middle of a test"),
    ],
    ids=["crashes", "exits"],
)
async def test_test_that_ends_the_run_is_named(bench: Make, body: str, reason: str) -> None:
    report = await tool.run(bench({"test_a.py": CUT_SHORT.format(body), **QUIET}, coverage=True, retry=True))
    assert (report.completed, report.timed_out) == (False, False)
    assert report.problem == f"{reason} while it ran test_a.py::test_b."


async def test_test_that_hangs_is_named(bench: Make) -> None:
    """A loaded machine needs longer to reach the test, so the limit grows until it does."""
    files = {"test_a.py": CUT_SHORT.format("import time; time.sleep(600)"), **QUIET}
    for seconds in (3, 6, 12, 24, 48, 96):
        report = await tool.run(bench(files, ResourceLimits(wall_s=seconds), coverage=True, retry=True))
        assert (report.completed, report.timed_out) == (False, True)
        if "test_b" in report.problem:
            break
    assert report.problem == f"pytest was stopped at its time limit of {seconds} s while it ran test_a.py::test_b."


async def test_suite_that_cannot_start_says_why(bench: Make) -> None:
    report = await tool.run(bench({"test_a.py": PASSES, "pytest.ini": "[pytest]\naddopts = --not-an-option\n"}))
    assert not report.completed
    assert "--not-an-option" in report.problem


@pytest.mark.parametrize(
    ("conftest", "ran"),
    [
        ("conftest.py", set()),
        ("tests/sub/conftest.py", {"tests/test_b.py::test_a"}),
    ],
)
async def test_conftest_that_cannot_be_loaded_is_a_failed_test(bench: Make, conftest: str, ran: set[str]) -> None:
    """The base, which may have it too, is asked for it, and for the other tests all the same."""
    code = "pytest_plugins = ['nowhere']\n" if conftest == "conftest.py" else "import nowhere\n"
    files = {"tests/sub/test_a.py": PASSES, "tests/test_b.py": PASSES, "pytest.ini": "[pytest]\n", conftest: code}
    report = await tool.run(bench(files, retry=True))
    failed = {test.id for test in report.tests if test.outcome == "failed"}
    assert (report.completed, report.problem) == (True, "")
    assert outcomes(report) == {**dict.fromkeys(failed, "failed"), **dict.fromkeys(ran, "passed")}
    assert failed == {conftest}
    assert "nowhere" in report.tests[0].message
    on_base = await tool.run(bench(files, only=(*failed, "tests/test_b.py::test_a")))
    assert outcomes(on_base) == {
        name: outcome for name, outcome in outcomes(report).items() if name in failed | {"tests/test_b.py::test_a"}
    }


@pytest.mark.parametrize(
    ("conftest", "problem"),
    [
        (
            "def pytest_configure(config):\n    raise RuntimeError('no database')\n",
            "pytest exited with code 3 and wrote no report: RuntimeError: no database (conftest.py, line 2).",
        ),
        (
            "import pytest\ndef pytest_sessionstart(session):\n    pytest.exit('no database', returncode=7)\n",
            "pytest exited with code 7 and wrote no report: pytest.exit was called: no database.",
        ),
        (
            "import sys\nsys.exit('no database')\n",
            "pytest exited with code 1 and wrote no report: no database (conftest.py, line 2 may have ended it).",
        ),
    ],
)
async def test_what_ends_pytest_is_named(bench: Make, conftest: str, problem: str) -> None:
    report = await tool.run(bench({"conftest.py": conftest, "test_a.py": PASSES}, coverage=True))
    assert (report.completed, report.problem) == (False, problem)


async def test_report_that_is_a_link_is_not_read(bench: Make) -> None:
    forge = (
        "import os, atexit\ndef forge():\n    path = os.environ['COVERAGE_FILE'].replace('.coverage', 'junit.xml')\n"
    )
    forge += "    os.unlink(path)\n    os.symlink('/etc/passwd', path)\natexit.register(forge)\n"
    report = await tool.run(bench({"conftest.py": forge, "test_a.py": PASSES}))
    assert (report.completed, report.tests) == (False, ())


async def test_ids_start_at_the_repository(bench: Make) -> None:
    """Two projects may have a test of one name. The configuration is that of the next folder that has one."""
    from dataclasses import replace

    tests = "import pytest\n@pytest.mark.slow\ndef test_a(): pass\ndef test_b(): assert 0\n"
    root = "[pytest]\naddopts = --strict-markers\nmarkers = slow\ntestpaths = elsewhere\nfilterwarnings = error\n"
    work = bench({"pytest.ini": root, "svc/tests/test_a.py": tests, "elsewhere/test_c.py": PASSES}, retry=True)
    inner = replace(work, project=replace(work.project, folder="svc", root=work.project.root / "svc"))
    report = await tool.run(inner)
    a, b = "svc/tests/test_a.py::test_a", "svc/tests/test_a.py::test_b"
    assert outcomes(report) == {a: "passed", b: "failed"}
    assert {test.path for test in report.tests} == {"svc/tests/test_a.py"}
    only = await tool.run(replace(inner, options={"only": (b, "tests/test_a.py::test_a")}))
    assert outcomes(only) == {b: "failed"}


@pytest.mark.parametrize(
    ("hook", "code"),
    [
        ("def pytest_sessionfinish(session):\n    session.exitstatus = 1\n", 1),
        ("import pytest\ndef pytest_runtest_teardown():\n    pytest.exit('enough', returncode=2)\n", 2),
    ],
    ids=["failed outside of the tests", "ended early"],
)
async def test_run_that_says_it_failed_is_not_green(bench: Make, hook: str, code: int) -> None:
    report = await tool.run(bench({"test_a.py": PASSES, "conftest.py": hook}))
    assert report.problem == f"pytest exited with code {code}, and its report names no failed test."


async def test_module_in_place_of_the_runner_of_worker_processes_is_an_error(bench: Make) -> None:
    files = {"test_a.py": PASSES, "_pytest/__init__.py": "", "pytest.ini": "[pytest]\naddopts = -n 2\n"}
    report = await tool.run(bench(files))
    assert (report.completed, report.problem) == (
        False,
        "_pytest/__init__.py would take the place of the test runner's own in its worker processes. Rename it.",
    )
