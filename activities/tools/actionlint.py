"""actionlint: mistakes in workflows of GitHub Actions, where the host has the program; no package brings it.

What it finds keeps a workflow from doing what it says, so each is an `error`. Shell scripts in workflows are left to
other tools.
"""

import shutil
from collections.abc import Iterator

from activities.languages.commands import asked_in
from activities.languages.javascript.programs import SYSTEM_PATH
from activities.languages.python.tool_detection import found_in
from activities.languages.workflow_files import workflow_files
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import execute, execute_to_file, findings_report
from activities.tooling import REPOSITORY, Project, Tool, ToolDetection, Workbench

_REPORT = "actionlint.json"
_CONFIGS = (".github/actionlint.yaml", ".github/actionlint.yml")


class Actionlint(Tool):
    name = "actionlint"
    programs = ("actionlint",)
    checks = ("linting",)
    language = REPOSITORY
    default = True
    runs_project_code = False
    detection = ToolDetection(
        files=_CONFIGS,
        hooks=("actionlint", "actionlint-docker", "actionlint-system"),
        other_files=("actionlint.yaml", "actionlint.yml"),
    )

    def used_by(self, project: Project) -> str:
        return found_in(self.detection, project)

    def asked_for(self, project: Project, check: str) -> str:
        return asked_in(self, project)

    def has_work(self, project: Project, check: str) -> bool:
        """Where nobody asks for it, a host without it is not spoken of."""
        return bool(workflow_files(project)) and bool(on_this_host() or self.asked_for(project, check))

    async def run(self, bench: Workbench) -> ToolReport:
        """Exit codes: 0 nothing, 1 findings, 2 and 3 it could not run."""
        project, program = bench.project, on_this_host()
        if not program:
            where = self.asked_for(project, "linting")
            return ToolReport(self.name, advice=f"actionlint ({where}) is not on this host, so it read no workflow.")
        config = next((("-config-file", name) for name in _CONFIGS if project.has_file(name)), ())
        options = ("-shellcheck=", "-pyflakes=", "-format", "{{json .}}", *config)
        shown = await execute(bench, (program, "-version"))
        version = shown.stdout.partition("\n")[0].strip()[:40]
        finished = await execute_to_file(bench, (program, *options, "--", *workflow_files(project)), _REPORT)
        return findings_report(self, bench, version, finished)

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        entries = parse_json(read_output(bench.out, _REPORT), "actionlint's report")
        if not isinstance(entries, list | None):
            raise BadReport("actionlint's report is not a list.")
        for entry in entries or ():
            if isinstance(entry, dict):
                yield Finding(
                    check="linting",
                    tool="actionlint",
                    rule=valid_unicode(str(entry.get("kind") or "actionlint")),
                    path=bench.relative(valid_unicode(str(entry.get("filepath", "")))),
                    line=non_negative(entry.get("line")),
                    column=non_negative(entry.get("column")),
                    message=valid_unicode(str(entry.get("message", ""))),
                    severity="error",
                )


def on_this_host() -> str:
    """The program, "" where there is none."""
    return shutil.which("actionlint", path=SYSTEM_PATH) or ""


tool = Actionlint()
