"""tsc: TypeScript's own errors, or vue-tsc's where the package uses that."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from activities.languages.javascript.package_json import declared_in, first_file, read_package, workspace_home
from activities.languages.javascript.products import needed_builds
from activities.languages.javascript.programs import PackageTool, start
from activities.languages.javascript.scripts import ScriptCommand, find_call, without_options
from activities.languages.workspace_patterns import reaches
from activities.model import Finding, Severity, ToolReport
from activities.reports import BadReport, non_negative, read_output
from activities.tool_reports import failed_to_run, make_report, stdout_to_file
from activities.tooling import Project, ToolDetection, Workbench

_REPORT = "tsc.txt"
_PROGRAMS = ("vue-tsc", "tsc")
_SCRIPTS = ("typecheck", "type-check", "types", "check-types", "check:types", "lint:types", "test:types", "tsc")
_FLAGS = ("--watch", "-w", "--noEmit", "--preserveWatchOutput", "--incremental", "--diagnostics", "--listFiles")
_VALUED = ("--pretty", "--tsBuildInfoFile", "--outDir")
_PLACE = re.compile(r"(?:(?P<path>.+?)\((?P<line>\d+),(?P<column>\d+)\): )?(?P<kind>error|warning) (?P<rule>TS\d+): ")
_REFERENCES = re.compile(r'"references"\s*:\s*\[\s*\{')
_REFERENCE = re.compile(r'"path"\s*:\s*"([^"]+)"')
_INCLUDED = re.compile(r'"(?:include|files)"\s*:\s*\[([^\]]*)\]')
_STRING = re.compile(r'"([^"]+)"')
_SAYS_WHAT = re.compile(r'"(?:files|include|references)"\s*:')
_NOT_THERE = ("TS2307", "TS7016", "TS6305")
"""A module was not found, or its types, or what a referenced project makes."""
_MOST_FILES = 100_000
_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning"}


class Tsc(PackageTool):
    name = "tsc"
    programs = ("tsc", "vue-tsc")
    checks = ("static_analysis",)
    silenced_by = r"@ts-(?:ignore|expect-error|nocheck)\b"
    package = "typescript"
    detection = ToolDetection(files=("tsconfig.json",), other_files=("tsconfig.*",), scripts=_SCRIPTS)

    def used_by(self, project: Project) -> str:
        """A script for it, or a tsconfig.json where TypeScript is a dependency: a tsconfig.json alone may serve
        editors."""
        if call := self._call(project):
            return f'the script "{call.script}" in package.json'
        places = (project, workspace_home(project))
        declared = (declared_in(read_package(place), "vue-tsc", "typescript") for place in places)
        return first_file(project, "tsconfig.json") if any(declared) else ""

    def covers(self, project: Project, member: Project) -> bool:
        """Where the member has no configuration, or the project's refers to it; where a script checks or builds the
        project, also by what it includes."""
        if not member.has_file("tsconfig.json"):
            return True
        text = project.read("tsconfig.json")
        named = _REFERENCE.findall(text)
        if self._call(project) or find_call(read_package(project), "build", *_PROGRAMS):
            named += [path for listed in _INCLUDED.findall(text) for path in _STRING.findall(listed)]
            named = named or ["**"]
        return bool(self.used_by(project)) and reaches(named, project.inside(member.folder))

    def has_work(self, project: Project, check: str) -> bool:
        """A configuration in a workspace's root that only its members extend is none of the root's own code."""
        text = project.read("tsconfig.json")
        if not text and not self._call(project):
            return False
        if not project.members or self._call(project) or _SAYS_WHAT.search(text):
            return True

        def enter(folder: str) -> bool:
            name = folder.rpartition("/")[2]
            return not name.startswith(".") and name != "node_modules" and folder not in project.members

        files = islice(project.files.files(enter=enter), _MOST_FILES)
        return any(file.endswith((".ts", ".tsx", ".mts", ".cts")) for file in files)

    def program_name(self, project: Project) -> str:
        """The one that a script starts, else vue-tsc where it is declared."""
        if call := self._call(project):
            return call.program
        declared = (read_package(place).declared("vue-tsc") for place in (project, workspace_home(project)))
        return "vue-tsc" if any(declared) else "tsc"

    async def run_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """Exit codes: 0 nothing, 1 and 2 errors; what has no error line could not run. Where it does not find a module,
        the packages of the workspace that the project needs are built, and it is started again."""
        argv = stdout_to_file(bench, (binary, *self._arguments(bench.project)), _REPORT)
        finished = await start(bench, argv)
        try:
            found = tuple(self.findings(bench))
            if builds := needed_builds(bench.project) if any(one.rule in _NOT_THERE for one in found) else ():
                steps = "".join(f"( {step}\n) >/dev/null 2>&1 </dev/null\n" for step in builds)
                finished = await start(bench, ("/bin/sh", "-c", f'{steps}exec "$@"', "tsc", *argv))
                found = tuple(self.findings(bench))
        except BadReport as error:
            return failed_to_run("tsc", version, finished, str(error))
        if finished.exit_code not in (0, 1, 2) or (finished.exit_code and not found):
            return failed_to_run("tsc", version, finished)
        return make_report("tsc", version, finished, findings=found)

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        """One error a line; indented lines after it belong to its message."""
        last: Finding | None = None
        for line in read_output(bench.out, _REPORT).decode("utf-8", "backslashreplace").splitlines():
            if last and line.startswith(" "):
                last = replace(last, message=f"{last.message}\n{line}"[:2000])
                continue
            if last:
                yield last
            match = _PLACE.match(line)
            last = match and Finding(
                check="static_analysis",
                tool="tsc",
                rule=match["rule"],
                path=bench.relative(match["path"] or "tsconfig.json"),
                line=non_negative(match["line"] or 0),
                column=non_negative(match["column"] or 0),
                message=line[match.end() :][:2000],
                severity=_SEVERITIES[match["kind"]],
            )
        if last:
            yield last

    def _call(self, project: Project) -> ScriptCommand | None:
        package = read_package(project)
        return next((call for name in _SCRIPTS if (call := find_call(package, name, *_PROGRAMS))), None)

    def _arguments(self, project: Project) -> tuple[str, ...]:
        """A build of several projects writes what later ones read, so it may write; its writes are discarded."""
        call = self._call(project)
        own = without_options(call.args, _FLAGS, _VALUED) if call else ()
        if not own and _REFERENCES.search(project.read("tsconfig.json")):
            own = ("-b",)
        builds = any(word in ("-b", "--build") for word in own)
        return (*own, *(() if builds else ("--noEmit",)), "--pretty", "false")


tool = Tsc()
