"""mypy: as the project is configured for it, else over its packages with what is not installed left alone.

A project without any configuration for types still gets mypy's own defaults, which look only into
annotated functions, plus `--ignore-missing-imports`: what it then reports are contradictions in the code,
not missing stubs. Severity: `error`; mypy's notes belong to the error above them and are joined to it.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from activities.languages.python.config import section, toml_table
from activities.languages.python.installed import our_version
from activities.languages.python.layout import python_files, sources
from activities.languages.python.safe_start import start_program
from activities.languages.python.tool_detection import PythonTool, configured_in
from activities.languages.workspace_patterns import reaches
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, read_output, valid_unicode
from activities.tool_reports import execute_to_file, failed_to_run, make_report
from activities.tooling import Project, ToolDetection, Workbench

_LINE = re.compile(
    r"(?P<path>.+?):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<kind>error|note): "
    r"(?P<message>.*?)(?:  \[(?P<rule>[\w-]+)\])?"
)
_FLAGS = (
    "--no-pretty", "--no-color-output", "--no-error-summary", "--hide-error-context", "--show-column-numbers",
    "--show-error-codes",
)  # fmt: skip

# A worker of mypy's parallel mode that is not there within three seconds ends the whole, and all checks start at once.
_ONE_PROCESS = {"MYPY_NUM_WORKERS": "0"}


class Mypy(PythonTool):
    name = "mypy"
    programs = ("mypy", "dmypy")
    checks = ("static_analysis",)
    default = True
    requirements = (f"mypy=={our_version('mypy')}",)
    detection = ToolDetection(
        tables=("mypy",),
        files=("mypy.ini", ".mypy.ini"),
        sections=(("setup.cfg", "mypy"),),
        hooks=("mypy",),
        packages=("mypy",),
        plugin_options=("plugins",),
    )

    def covers(self, project: Project, member: Project) -> bool:
        """Where the configuration names files there; packages that it finds itself are the project's own."""
        files = self._settings(project).get("files")
        patterns = files.replace(",", " ").split() if isinstance(files, str) else files
        named = isinstance(patterns, list) and reaches(map(str, patterns), project.inside(member.folder))
        return named and super().covers(project, member)

    def has_work(self, project: Project, check: str) -> bool:
        return any(True for _ in python_files(project))

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        """Exit codes: 0 nothing, 1 errors, 2 mypy had to stop (a syntax error, or its configuration)."""
        options = [*_FLAGS, f"--cache-dir={bench.paths.out}/mypy_cache"]
        if bench.env_root:
            options.append(f"--python-executable={bench.paths.env}/bin/python")
        argv = (*start_program(bench, self), *options, *self._targets(bench.project))
        finished = await execute_to_file(bench, argv, "mypy.txt", _ONE_PROCESS)
        try:
            found = tuple(self.findings(bench))
        except BadReport as error:
            return failed_to_run("mypy", version, finished, str(error))
        if finished.exit_code not in (0, 1) and not found:
            # mypy says why it stopped on stdout or on stderr.
            output = self._output(bench)
            lines = [line for line in output if "error:" in line] or output
            return failed_to_run("mypy", version, finished, f"mypy could not run: {lines[0][:300]}" if lines else "")
        stopped = "mypy stopped at the first file that it could not parse." if finished.exit_code == 2 else ""
        return make_report("mypy", version, finished, findings=found, problem=stopped)

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        """An error a line; notes after it belong to its message."""
        last: Finding | None = None
        for line in self._output(bench):
            match = _LINE.fullmatch(line)
            if match is None:
                continue
            if match["kind"] == "note":
                last = last and replace(last, message=f"{last.message}\n{match['message']}")
                continue
            if last:
                yield last
            last = Finding(
                check="static_analysis",
                tool="mypy",
                rule=match["rule"] or "misc",
                path=bench.relative(match["path"]),
                line=non_negative(match["line"]),
                column=non_negative(match["column"] or 0),
                message=match["message"],
                severity="error",
            )
        if last:
            yield last

    def _output(self, bench: Workbench) -> list[str]:
        """The lines that mypy printed."""
        return valid_unicode(read_output(bench.out, "mypy.txt").decode("utf-8", "surrogateescape")).splitlines()

    def _targets(self, project: Project) -> tuple[str, ...]:
        """The files: the configuration's own choice wins, and options are ours only where there is none. mypy of 2024
        does not look for its configuration in the folders around."""
        # A file may be named like an option.
        targets = ("--", *sources(project))
        members = "|".join(map(re.escape, project.members))
        left_out = (f"--exclude=^({members})/",) if members else ()
        if configured_in(self.detection, project):
            settings = self._settings(project)
            return () if any(settings.get(key) for key in ("files", "packages", "modules")) else (*left_out, *targets)
        for place in project.around:
            if configured := configured_in(self.detection, place):
                file = "pyproject.toml" if configured.startswith("[tool.") else configured.rpartition(" ")[2]
                back = posixpath.relpath(place.folder, project.folder)
                return (f"--config-file={posixpath.join(back, file)}", *left_out, *targets)
        return ("--ignore-missing-imports", *left_out, *targets)

    def _settings(self, project: Project) -> Mapping[str, object]:
        files = (section(project, file, "mypy") for file in ("mypy.ini", ".mypy.ini", "setup.cfg"))
        return next((found for found in files if found is not None), None) or toml_table(project, "tool.mypy")


tool = Mypy()
