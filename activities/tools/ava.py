"""ava: the tests of a package whose test script starts it, with coverage by c8 or nyc where one is installed."""

from activities.languages.javascript.scripts import TEST_SCRIPTS, without_options
from activities.languages.javascript.tap import read_tap
from activities.languages.javascript.test_runs import RunnerStart, ScriptRunner, Tests
from activities.reports import BadReport
from activities.tool_reports import stdout_to_file
from activities.tooling import ToolDetection, Workbench

# ava 3 is the oldest version that is supported; it knows every option that is given here.
_FLAGS = ("--watch", "-w", "--tap", "-t", "--verbose", "-v", "--fail-fast", "--no-fail-fast")


class Ava(ScriptRunner):
    name = "ava"
    report = "ava.tap"
    detection = ToolDetection(
        keys=("ava",),
        other_files=("ava.config.*", ".nycrc", ".nycrc.*", ".c8rc.json"),
        other_sections=("nyc", "c8"),
        plugin_options=("require", "nodeArguments", "extensions"),
        scripts=TEST_SCRIPTS,
    )

    def command(self, bench: Workbench, start: RunnerStart) -> tuple[str, ...]:
        """TAP is its only report that a program can read, on standard output."""
        own = without_options(start.call.args, _FLAGS, ())
        argv = start.measured_by(bench, start.binary, "--tap", "--no-fail-fast", *own, *start.files)
        return stdout_to_file(bench, argv, self.report)

    def read(self, data: bytes, bench: Workbench) -> Tests:
        text = data.decode("utf-8", "backslashreplace")
        if "TAP version" not in text:
            raise BadReport("")
        return read_tap(text)


tool = Ava()
