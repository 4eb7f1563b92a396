"""Any other language: a check for which `.github/autobuild.yml` configures a command and its report format."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from activities import formats
from activities.model import ToolReport
from activities.reports import BadReport, read_output
from activities.tool_reports import FinishedCommand, execute, failed_to_run, make_report
from activities.tooling import Project, Tool, ToolDetection, Workbench

# The command's writes to the tree are discarded with its layer, so its report is copied out. One that it prints goes to
# a file too: of what a runner keeps of an output, the middle may be missing.
_PRINTED = 'eval "$1" > "$3/command.out"'
_WRITTEN = '(eval "$1"); code=$?; cp -- "$2" "$3/command.out"; exit $code'

# What programs read that such commands start often.
_READ_BY = {
    "make": ("Makefile", "makefile", "GNUmakefile"),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "tox": ("tox.ini",),
    "nox": ("noxfile.py",),
    "pre-commit": (".pre-commit-config.yaml",),
    "rake": ("Rakefile",),
    "mvn": ("pom.xml",),
    "gradle": ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
    "gradlew": ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
    "go": ("go.mod",),
    "cargo": ("build.rs", ".cargo/config.toml"),
}
_DATA = (".txt", ".xml", ".json", ".jsonl", ".sarif", ".info", ".csv", ".log", ".md", ".html", ".out")


def configured_tool(check: str, options: Mapping[str, object]) -> Tool | None:
    """The tool that the options describe; None where they name no command."""
    command = options.get("command")
    return ConfiguredCommand(check, command) if isinstance(command, str) and command else None


class ConfiguredCommand(Tool):
    """A command that answers one check."""

    name = "command"
    language = "any"

    def __init__(self, check: str, command: str) -> None:
        self.checks = (check,)
        self._command = command
        self._words = tuple(re.findall(r"[\w./@:-]+", command))
        self.detection = ToolDetection(scripts=self._words)

    def used_by(self, project: Project) -> str:
        return ".github/autobuild.yml"

    def loaded_code(self, project: Project) -> Iterator[str]:
        """The command comes from a protected branch; what it starts is in the tree. What it only reads is no code."""
        yield from (word for word in self._words if not word.lower().endswith(_DATA))
        for word in self._words:
            yield from _READ_BY.get(word.rpartition("/")[2], ())

    async def run(self, bench: Workbench) -> ToolReport:
        """The command, and what its report says."""
        report = str(bench.options.get("report") or "")
        script = _WRITTEN if report else _PRINTED
        finished = await execute(bench, ("sh", "-c", script, "sh", self._command, report, bench.paths.out))
        return await asyncio.to_thread(self._report, bench, finished)

    def _report(self, bench: Workbench, finished: FinishedCommand) -> ToolReport:
        name = str(bench.options.get("format") or "text")
        try:
            contents = formats.registry()[name].read(read_output(bench.out, "command.out"), "command", self.checks[0])
        except (BadReport, OSError) as error:
            return failed_to_run("command", "", finished, f"The command's report is not valid {name}: {error}")
        failures = contents.findings or [case for case in contents.tests if case.outcome == "failed"]
        if finished.exit_code and not failures and not finished.result.stopped:
            problem = f"The command exited with code {finished.exit_code} and reported nothing."
            return failed_to_run("command", "", finished, problem)
        return make_report(
            "command",
            "",
            finished,
            findings=tuple(replace(one, path=bench.relative(one.path)) for one in contents.findings),
            tests=tuple(replace(one, path=bench.relative(one.path)) if one.path else one for one in contents.tests),
            coverage=tuple(replace(one, path=bench.relative(one.path)) for one in contents.coverage),
            benchmarks=contents.benchmarks,
        )
