"""jest: the tests of a package whose test script starts it, with its own coverage."""

from activities.languages.javascript.scripts import TEST_SCRIPTS, without_options
from activities.languages.javascript.test_runs import COVERAGE_FOLDER, ScriptRunner, Tests, read_jest
from activities.tooling import ToolDetection, Workbench

_FLAGS = ("--watch", "--watchAll", "--json", "--coverage", "--collectCoverage", "--verbose", "--silent", "-o")
_VALUED = ("--outputFile", "--reporters", "--coverageReporters", "--coverageDirectory", "--coverageThreshold")


class Jest(ScriptRunner):
    name = "jest"
    report = "jest.json"
    detection = ToolDetection(
        keys=("jest",),
        other_files=("jest.config.*", "jest.setup.*", "jest.preset.*", "babel.config.*", ".babelrc*", ".swcrc"),
        plugin_options=(
            "setupFiles", "setupFilesAfterEnv", "globalSetup", "globalTeardown", "preset", "projects", "reporters",
            "resolver", "runner", "testEnvironment", "testRunner", "testSequencer", "transform",
        ),
        scripts=TEST_SCRIPTS,
    )  # fmt: skip

    def command(
        self, bench: Workbench, binary: str, args: tuple[str, ...], files: tuple[str, ...], measure: bool
    ) -> tuple[str, ...]:
        """The package's own coverage threshold is left out: the check decides what is enough."""
        out = bench.paths.out
        report = ("--json", f"--outputFile={out}/{self.report}", "--passWithNoTests", "--testLocationInResults")
        chosen = ("--runTestsByPath", *files) if files else ()
        coverage: tuple[str, ...] = ("--coverage=false",)
        if measure:
            folder = f"--coverageDirectory={out}/{COVERAGE_FOLDER}"
            coverage = ("--coverage", "--coverageReporters=lcovonly", folder, "--coverageThreshold={}")
        return (binary, *without_options(args, _FLAGS, _VALUED), *report, *chosen, *coverage)

    def read(self, data: bytes, bench: Workbench) -> Tests:
        return read_jest(data, bench)


tool = Jest()
