"""vitest: the tests of a package whose test script starts it, with coverage by its own provider."""

from activities.languages.javascript.jest_report import read_jest
from activities.languages.javascript.programs import installed_version
from activities.languages.javascript.scripts import TEST_SCRIPTS, without_options
from activities.languages.javascript.test_runs import COVERAGE_FOLDER, RunnerStart, ScriptRunner, Tests
from activities.languages.javascript.tool_versions import known_options
from activities.tooling import ToolDetection, Workbench

_SUBCOMMANDS = ("run", "watch", "dev", "related", "bench")
_FLAGS = (
    "--watch", "-w", "--ui", "--run", "--coverage", "--coverage.", "--open", "--no-coverage", "--passWithNoTests",
    "--no-watch", "--silent", "--includeTaskLocation",
)  # fmt: skip
_VALUED = ("--reporter", "--outputFile", "--coverage.reporter", "--coverage.reportsDirectory", "--coverage.provider",
           "--bail", "--changed", "--shard")  # fmt: skip

# 0.34 is the oldest version that is supported.
_SINCE = {"--includeTaskLocation": (3, 0)}


class Vitest(ScriptRunner):
    name = "vitest"
    report = "vitest.json"
    detection = ToolDetection(
        other_files=("vitest.config.*", "vite.config.*", "vitest.workspace.*", "vitest.setup.*"),
        plugin_options=(
            "setupFiles", "globalSetup", "environment", "plugins", "pool", "projects", "reporters", "runner",
            "sequencer", "customProviderModule",
        ),
        scripts=TEST_SCRIPTS,
    )  # fmt: skip

    def command(self, bench: Workbench, start: RunnerStart) -> tuple[str, ...]:
        """Coverage needs a provider that is installed beside vitest; without one vitest would ask to install it, and
        fail."""
        args, out = start.call.args, bench.paths.out
        report = ("--reporter=json", f"--outputFile={out}/{self.report}", "--passWithNoTests", "--bail=0")
        location = known_options(start.version, _SINCE, "--includeTaskLocation")
        coverage: tuple[str, ...] = ("--coverage.enabled=false",)
        if start.measure and (provider := _provider(bench)):
            coverage = (
                "--coverage.enabled", f"--coverage.provider={provider}", "--coverage.reporter=lcovonly",
                f"--coverage.reportsDirectory={out}/{COVERAGE_FOLDER}", "--coverage.reportOnFailure",
            )  # fmt: skip
        kept = list(without_options(args, _FLAGS, _VALUED))
        if command := next((word for word in kept[:1] if word in _SUBCOMMANDS), ""):
            kept.remove(command)
        return (start.binary, "run", *kept, *report, *location, *start.files, *coverage)

    def hint(self, bench: Workbench) -> str:
        """The provider in vitest's own version."""
        if _provider(bench):
            return "vitest wrote none."
        version = installed_version(bench, "vitest")
        package = f"@vitest/coverage-v8@{version}" if version else "@vitest/coverage-v8"
        return f"vitest has no coverage provider here. Add {package} to devDependencies."

    def read(self, data: bytes, bench: Workbench) -> Tests:
        """Its JSON reporter writes jest's format."""
        return read_jest(data, bench)


def _provider(bench: Workbench) -> str:
    names = ("v8", "istanbul", "c8")
    return next((name for name in names if installed_version(bench, f"@vitest/coverage-{name}")), "")


tool = Vitest()
