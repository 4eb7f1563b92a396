"""pytest-benchmark: the times of every benchmark of the suite, alone in one process."""

import posixpath
import re

from activities.formats import registry
from activities.languages.python.installed import installed, our_version
from activities.languages.python.layout import python_files
from activities.languages.python.pytest_config import pytest_config
from activities.languages.python.safe_start import start_module
from activities.languages.python.tool_detection import PythonTool
from activities.model import ToolReport
from activities.reports import BadReport, Contents, read_output
from activities.tool_reports import execute, failed_to_run, make_report
from activities.tooling import Project, ToolDetection, Workbench

_FOLDERS = ("benchmarks", "benchmark", "tests/benchmarks", "tests/benchmark", "tests/performance")
_BENCHMARK = re.compile(r"def test\w*\([^)]*\bbenchmark(_weave)?\b")
_FIXTURE = re.compile(r"def \w+\([^)]*\bbenchmark(_weave)?\b")
_MOST_FILES = 300
# It says so with a warning, which a project may have turned into an error.
_NOTHING_SAVED = "default::pytest_benchmark.logger.PytestBenchmarkWarning"
_NO_TESTS = 5


class PytestBenchmark(PythonTool):
    name = "pytest-benchmark"
    checks = ("performance",)
    requirements = (f"pytest-benchmark=={our_version('pytest-benchmark')}",)
    detection = ToolDetection(packages=("pytest-benchmark",), judges=("conftest.py",))

    def wanted_version(self, project: Project) -> None:
        """The project's installation brings it, or ours is added."""

    def asked_for(self, project: Project, check: str) -> str:
        return self.used_by(project)

    def has_work(self, project: Project, check: str) -> bool:
        """A benchmark is a test that takes the fixture `benchmark` (or `benchmark_weave`). A project may have switched
        the plug-in off."""
        if pytest_config(project).switched_plugin("benchmark", "pytest_benchmark") is False:
            return False
        return _has_fixtures(project) or bool(_benchmark_files(project))

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        """pytest's exit codes: 0 all ran, 1 some failed, 5 there are none, else it could not run."""
        into = f"--benchmark-json={bench.paths.out}/benchmark.json"
        cache = ("-o", f"cache_dir={bench.paths.out}/pytest_cache")
        flags = ("--benchmark-enable", "--benchmark-only", "--rootdir=.", "-W", _NOTHING_SAVED, into, *cache)
        # Other processes and a tracer would be measured too.
        there = installed(bench.env_root) if bench.env_root else {}
        pairs = (("pytest-xdist", "-n0"), ("pytest-cov", "--no-cov"))
        alone = (flag for package, flag in pairs if package in there)
        start = start_module(bench, "pytest")
        finished = await execute(bench, (*start, *flags, *alone, *self._targets(bench.project)))
        if finished.exit_code not in (0, 1, _NO_TESTS):
            return failed_to_run(self.name, version, finished)
        try:
            data = read_output(bench.out, "benchmark.json")
            contents = registry()["pytest-benchmark"].read(data, self.name, "performance")
        except BadReport as error:
            # Without any benchmark the plug-in writes nothing.
            if finished.exit_code == 1:
                return failed_to_run(self.name, version, finished, str(error))
            contents = Contents()
        failed = "Some benchmarks failed and were not measured." if finished.exit_code == 1 else ""
        none = "" if contents.benchmarks else "No benchmarks were found."
        return make_report(self.name, version, finished, benchmarks=contents.benchmarks, problem=failed, advice=none)

    def _targets(self, project: Project) -> tuple[str, ...]:
        """The files that hold benchmarks, whatever `testpaths` and `python_files` say of them. Where a conftest.py
        makes fixtures of `benchmark`, any test may be one: then the whole suite, or the folders named for
        benchmarks."""
        files = _benchmark_files(project)
        if _has_fixtures(project) or len(files) > _MOST_FILES:
            return tuple(folder for folder in _FOLDERS if project.files.is_folder(folder))
        return tuple(f"./{file}" for file in files)


def _benchmark_files(project: Project) -> list[str]:
    return [name for name in python_files(project) if _BENCHMARK.search(project.read(name))]


def _has_fixtures(project: Project) -> bool:
    named = (file for file in python_files(project) if posixpath.basename(file) == "conftest.py")
    return any(_FIXTURE.search(project.read(file)) for file in named)


tool = PytestBenchmark()
