"""vitest: the tests of a package whose test script starts it, with coverage by its own provider."""

from activities.languages.javascript.programs import installed_version
from activities.languages.javascript.scripts import TEST_SCRIPTS, without_options
from activities.languages.javascript.test_runs import COVERAGE_FOLDER, ScriptRunner, Tests, read_jest
from activities.tooling import ToolDetection, Workbench

_SUBCOMMANDS = ("run", "watch", "dev", "related", "bench")
_FLAGS = ("--watch", "-w", "--ui", "--run", "--coverage", "--coverage.enabled", "--open")
_VALUED = ("--reporter", "--outputFile", "--coverage.reporter", "--coverage.reportsDirectory", "--coverage.provider")


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

    def command(
        self, bench: Workbench, binary: str, args: tuple[str, ...], files: tuple[str, ...], measure: bool
    ) -> tuple[str, ...]:
        """Coverage needs a provider that is installed beside vitest; without one vitest would ask to install it, and
        fail."""
        own = args[1:] if args[:1] and args[0] in _SUBCOMMANDS else args
        out = bench.paths.out
        report = ("--reporter=json", f"--outputFile={out}/{self.report}", "--passWithNoTests", "--includeTaskLocation")
        coverage: tuple[str, ...] = ()
        providers = (name for name in ("v8", "istanbul") if installed_version(bench, f"@vitest/coverage-{name}"))
        if measure and (provider := next(providers, "")):
            coverage = (
                "--coverage.enabled", f"--coverage.provider={provider}", "--coverage.reporter=lcovonly",
                f"--coverage.reportsDirectory={out}/{COVERAGE_FOLDER}", "--coverage.reportOnFailure",
            )  # fmt: skip
        return (binary, "run", *without_options(own, _FLAGS, _VALUED), *report, *files, *coverage)

    def read(self, data: bytes, bench: Workbench) -> Tests:
        """Its JSON reporter writes jest's format."""
        return read_jest(data, bench)


tool = Vitest()
