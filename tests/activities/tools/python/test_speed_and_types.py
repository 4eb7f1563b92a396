"""pytest-benchmark for real; pyright as it prints."""

import json
import sysconfig
from pathlib import Path

from activities.tools import registry
from tests.activities.tools.python.conftest import Make


def with_packages(env: Path, *names: str) -> None:
    ours, theirs = Path(sysconfig.get_path("purelib")), next(env.glob("lib/python3*/site-packages"))
    for name in names:
        for path in ours.glob(name):
            (theirs / path.name).symlink_to(path)


async def test_benchmarks_give_rounds_and_other_tests_do_not_run(bench: Make) -> None:
    body = "def test_plain(): assert False\ndef test_sum(benchmark): benchmark.pedantic(sum, args=([1],), rounds=3)\n"
    work = bench({"test_speed.py": body, "pytest.ini": "[pytest]\naddopts = --benchmark-disable\n"})
    assert work.env_root
    with_packages(work.env_root, "pytest_benchmark*", "cpuinfo", "py_cpuinfo*")
    report = await registry()["pytest-benchmark"].run(work)
    assert (report.completed, report.problem, report.advice) == (True, "", ""), report.output_tail
    assert [(one.id, len(one.rounds)) for one in report.benchmarks] == [("test_speed.py::test_sum", 3)]


async def test_benchmarks_outside_of_testpaths_run(bench: Make) -> None:
    files = {"t/test_a.py": "def test_a(): pass\n", "t/speed.py": "def test_b(benchmark): benchmark(sum, [1])\n"}
    work = bench({**files, "pytest.ini": "[pytest]\ntestpaths = t/test_a.py\n"})
    assert work.env_root
    with_packages(work.env_root, "pytest_benchmark*", "cpuinfo", "py_cpuinfo*")
    report = await registry()["pytest-benchmark"].run(work)
    assert [one.id for one in report.benchmarks] == ["t/speed.py::test_b"], report


async def test_suite_without_benchmarks_gives_an_advice(bench: Make) -> None:
    """Also where the project makes errors of the plug-in's warnings."""
    work = bench({"test_a.py": "def test_a(): pass\n", "pytest.ini": "[pytest]\nfilterwarnings = error\n"})
    assert work.env_root
    with_packages(work.env_root, "pytest_benchmark*", "cpuinfo", "py_cpuinfo*")
    report = await registry()["pytest-benchmark"].run(work)
    assert (report.completed, report.benchmarks, report.advice) == (True, (), "No benchmarks were found."), report


PLACE = {"start": {"line": 2, "character": 4}, "end": {"line": 2, "character": 9}}
PRINTED = {
    "version": "1.1.400",
    "generalDiagnostics": [
        {"file": "/src/a.py", "severity": "error", "message": "no", "range": PLACE, "rule": "reportCallIssue"},
        {"file": "/src/a b.py", "severity": "information", "message": "hm"},
        "nonsense",
    ],
    "summary": {},
}


async def test_pyright_findings_are_read(bench: Make) -> None:
    """The program fetches itself from a registry, so a script prints here what it printed once."""
    work = bench({"pyrightconfig.json": "{}", "printed.json": json.dumps(PRINTED)})
    assert work.env_root
    program = work.env_root / "bin" / "pyright"
    program.write_text("import sys\nprint(open('printed.json').read())\nsys.exit(1)\n")
    program.chmod(0o755)
    (next(work.env_root.glob("lib/python3*/site-packages")) / "pyright-1.1.400.dist-info").mkdir()
    report = await registry()["pyright"].run(work)
    assert (report.completed, report.version) == (True, "1.1.400")
    assert [(one.path, one.line, one.column, one.rule, one.severity) for one in report.findings] == [
        ("a.py", 3, 5, "reportCallIssue", "error"),
        ("a b.py", 0, 0, "syntax", "notice"),
    ]


async def test_missing_pyright_says_what_to_do(bench: Make) -> None:
    report = await registry()["pyright"].run(bench({"pyrightconfig.json": "{}"}))
    assert not report.completed
    assert report.problem == (
        "pyright is configured (pyrightconfig.json) but not installed. Declare it in a dependency group."
    )
