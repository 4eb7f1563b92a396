"""jest: the tests of a package whose test script starts it, with its own coverage."""

from activities.languages.javascript.jest_report import read_jest
from activities.languages.javascript.launchers import copy_launcher
from activities.languages.javascript.scripts import TEST_SCRIPTS, without_options
from activities.languages.javascript.test_runs import COVERAGE_FOLDER, RunnerStart, ScriptRunner, Tests
from activities.tooling import ToolDetection, Workbench

# jest 24 is the oldest version that is supported; it knows every option that is given here.
_FLAGS = (
    "--watch", "--watchAll", "--json", "--coverage", "--collectCoverage", "--verbose", "--silent", "-o", "--bail", "-b",
    "--onlyChanged", "--onlyFailures", "-f", "--lastCommit", "--changedFilesWithAncestor", "--no-coverage",
    "--notify", "--listTests", "--passWithNoTests",
)  # fmt: skip
_VALUED = (
    "--outputFile", "--reporters", "--coverageReporters", "--coverageDirectory", "--coverageThreshold",
    "--changedSince", "--shard",
)  # fmt: skip


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

    def command(self, bench: Workbench, start: RunnerStart) -> tuple[str, ...]:
        """The package's own coverage threshold is left out: the check decides what is enough. Nor does it stop at the
        first failure."""
        out = bench.paths.out
        report = ("--json", f"--outputFile={out}/{self.report}", "--passWithNoTests", "--testLocationInResults")
        chosen = ("--runTestsByPath", *start.files) if start.files else ()
        coverage: tuple[str, ...] = ("--coverage=false",)
        if start.measure:
            folder = f"--coverageDirectory={out}/{COVERAGE_FOLDER}"
            coverage = ("--coverage", "--coverageReporters=lcovonly", folder, "--coverageThreshold={}")
        own = without_options(start.call.args, _FLAGS, _VALUED)
        given = (*own, *report, "--no-bail", *chosen, *coverage)
        return start.by_launcher(copy_launcher(bench, "jest.cjs"), start.call.args, given)

    def read(self, data: bytes, bench: Workbench) -> Tests:
        return read_jest(data, bench)


tool = Jest()
