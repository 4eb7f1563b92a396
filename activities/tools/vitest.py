"""vitest: the tests of a package whose test script starts it, with coverage by its own provider."""

from activities.languages.javascript.programs import installed_version
from activities.languages.javascript.scripts import without_options
from activities.languages.javascript.test_runs import COVERAGE_FOLDER, read_jest, runner_tool
from activities.tooling import ToolDetection, Workbench

_REPORT = "vitest.json"
_SUBCOMMANDS = ("run", "watch", "dev", "related", "bench")
_FLAGS = ("--watch", "-w", "--ui", "--run", "--coverage", "--coverage.enabled", "--open")
_VALUED = ("--reporter", "--outputFile", "--coverage.reporter", "--coverage.reportsDirectory", "--coverage.provider")


def _command(
    bench: Workbench, binary: str, args: tuple[str, ...], files: tuple[str, ...], measure: bool
) -> tuple[str, ...]:
    own = args[1:] if args[:1] and args[0] in _SUBCOMMANDS else args
    out = bench.paths.out
    report = ("--reporter=json", f"--outputFile={out}/{_REPORT}", "--passWithNoTests", "--includeTaskLocation")
    coverage = _coverage(bench) if measure else ()
    return (binary, "run", *without_options(own, _FLAGS, _VALUED), *report, *files, *coverage)


def _coverage(bench: Workbench) -> tuple[str, ...]:
    """A provider must be installed beside vitest; without one vitest would ask to install it, and fail."""
    for provider in ("v8", "istanbul"):
        if installed_version(bench, f"@vitest/coverage-{provider}"):
            folder = f"{bench.paths.out}/{COVERAGE_FOLDER}"
            return (
                "--coverage.enabled", f"--coverage.provider={provider}", "--coverage.reporter=lcovonly",
                f"--coverage.reportsDirectory={folder}", "--coverage.reportOnFailure",
            )  # fmt: skip
    return ()


# Its JSON reporter writes jest's format.
tool = runner_tool("vitest", ToolDetection(other_files=("vitest.config.*",)), _REPORT, _command, read_jest)
