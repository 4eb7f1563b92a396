"""jest: the tests of a package whose test script starts it, with its own coverage."""

from activities.languages.javascript.scripts import without_options
from activities.languages.javascript.test_runs import COVERAGE_FOLDER, read_jest, runner_tool
from activities.tooling import ToolDetection, Workbench

_REPORT = "jest.json"
_FLAGS = ("--watch", "--watchAll", "--json", "--coverage", "--collectCoverage", "--verbose", "--silent", "-o")
_VALUED = ("--outputFile", "--reporters", "--coverageReporters", "--coverageDirectory", "--coverageThreshold")


def _command(
    bench: Workbench, binary: str, args: tuple[str, ...], files: tuple[str, ...], measure: bool
) -> tuple[str, ...]:
    """The package's own coverage threshold is left out: the check decides what is enough."""
    report = ("--json", f"--outputFile={bench.paths.out}/{_REPORT}", "--passWithNoTests", "--testLocationInResults")
    chosen = ("--runTestsByPath", *files) if files else ()
    folder = f"{bench.paths.out}/{COVERAGE_FOLDER}"
    measuring = (
        "--coverage",
        "--coverageReporters=lcovonly",
        f"--coverageDirectory={folder}",
        "--coverageThreshold={}",
    )
    coverage = measuring if measure else ("--coverage=false",)
    return (binary, *without_options(args, _FLAGS, _VALUED), *report, *chosen, *coverage)


DETECTION = ToolDetection(keys=("jest",), other_files=("jest.config.*",))
tool = runner_tool("jest", DETECTION, _REPORT, _command, read_jest)
