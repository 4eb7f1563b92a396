"""pytest-benchmark: the times of every benchmark of the suite, alone in one process."""

import re

from activities.formats import BadReport, Contents, registry
from activities.model import ToolReport
from activities.python_installed import installed, version_of
from activities.python_layout import python_files
from activities.python_traces import Traces
from activities.reading import execute, failed_to_run, not_installed, report_of, written
from activities.tools import Project, Tool, Workbench

TRACES = Traces(packages=("pytest-benchmark",))
_FOLDERS = ("benchmarks", "benchmark", "tests/benchmarks", "tests/benchmark", "tests/performance")
_FIXTURE = re.compile(r"\bbenchmark(_weave)?\b")
_NO_TESTS = 5


async def _version(bench: Workbench) -> str:
    return version_of(bench, "pytest-benchmark", "pytest-benchmark")


async def _run(bench: Workbench) -> ToolReport:
    """pytest's exit codes: 0 all ran, 1 some failed, 5 there are none, else it could not work."""
    version, (python, _) = await _version(bench), bench.executable("python")
    if not version:
        return not_installed("pytest-benchmark", TRACES.found_in(bench.project), "declare it in a dependency group.")
    into = f"--benchmark-json={bench.places.out}/benchmark.json"
    cache = ("-o", f"cache_dir={bench.places.out}/pytest_cache")
    flags = ("--benchmark-enable", "--benchmark-only", "--rootdir=.", into, *cache, *_alone(bench), *_where(bench))
    ended = await execute(bench, (python, "-m", "pytest", *flags))
    if ended.ran.exit_code not in (0, 1, _NO_TESTS):
        return failed_to_run("pytest-benchmark", version, ended)
    try:
        data = written(bench.out, "benchmark.json")
        contents = registry()["pytest-benchmark"].reads(data, "pytest-benchmark", "performance")
    except BadReport as error:
        # Without any benchmark the plug-in writes nothing.
        if ended.ran.exit_code == 1:
            return failed_to_run("pytest-benchmark", version, ended, str(error))
        contents = Contents()
    failed = "Some benchmarks failed and were not measured." if ended.ran.exit_code == 1 else ""
    none = "" if contents.benchmarks else "No benchmarks were found."
    return report_of("pytest-benchmark", version, ended, benchmarks=contents.benchmarks, problem=failed, advice=none)


def _alone(bench: Workbench) -> tuple[str, ...]:
    """Other processes and a tracer would be measured too."""
    there = installed(bench.env_root) if bench.env_root else {}
    pairs = (("pytest-xdist", "-n0"), ("pytest-cov", "--no-cov"))
    return tuple(flag for package, flag in pairs if package in there)


def _where(bench: Workbench) -> tuple[str, ...]:
    """Folders of benchmarks, which a project's `testpaths` seldom lists; without one the whole suite is looked at."""
    return tuple(folder for folder in _FOLDERS if (bench.project.root / folder).is_dir())


def _has_work(project: Project, check: str) -> bool:
    """A benchmark is a test that takes the fixture `benchmark` (or `benchmark_weave`)."""
    files = (file.relative_to(project.root).as_posix() for file in python_files(project.root))
    return any(_FIXTURE.search(project.reads(file)) for file in files)


tool = Tool("pytest-benchmark", ("performance",), "python", TRACES.found_in, _version, _run, has_work=_has_work)
