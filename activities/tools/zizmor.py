"""zizmor: how workflows of GitHub Actions could be attacked, by its offline audits.

Severity: high is an `error`, medium a `warning`, the rest a `notice`. Where nobody asks for it, nothing of it blocks:
what it finds is true of most workflows.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from activities.languages.commands import asked_in
from activities.languages.python.installed import our_version
from activities.languages.python.tool_detection import found_in
from activities.languages.workflow_files import action_files, workflow_files
from activities.model import Finding, Severity, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import execute_to_file, findings_report, not_installed
from activities.tooling import OUR_TOOLS, REPOSITORY, Project, Tool, ToolDetection, Workbench

_REPORT = "zizmor.json"
_SEVERITIES: dict[str, Severity] = {"High": "error", "Medium": "warning"}
_NOTHING_READ = 3


class Zizmor(Tool):
    name = "zizmor"
    programs = ("zizmor",)
    checks = ("security",)
    silenced_by = r"#\s*zizmor:\s*ignore\b(?:\[[\w,\s-]*\])?"
    language = REPOSITORY
    default = True
    runs_project_code = False
    detection = ToolDetection(
        files=("zizmor.yml", "zizmor.yaml", ".github/zizmor.yml", ".github/zizmor.yaml"), hooks=("zizmor",)
    )

    def used_by(self, project: Project) -> str:
        return found_in(self.detection, project)

    def asked_for(self, project: Project, check: str) -> str:
        return asked_in(self, project)

    def has_work(self, project: Project, check: str) -> bool:
        return bool(workflow_files(project) or action_files(project))

    async def run(self, bench: Workbench) -> ToolReport:
        """Exit codes: 0 it ran, 1 it could not run, 3 no file could be read. Named files are read whatever
        `.gitignore` says."""
        version = our_version("zizmor")
        if not version:
            return not_installed(self.name, self.used_by(bench.project), "Install it beside Autobuild.")
        files = (*workflow_files(bench.project), *action_files(bench.project))
        program = (str(OUR_TOOLS / "bin" / "zizmor"), "--offline", "--no-exit-codes", "--no-progress", "--quiet")
        finished = await execute_to_file(bench, (*program, "--format=json-v1", "--", *files), _REPORT)
        report = findings_report(self, bench, version, finished, (0,))
        if finished.exit_code == _NOTHING_READ:
            problem = "zizmor could read no workflow: their YAML is broken, or they are none."
            return replace(report, completed=False, problem=problem)
        return report

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        entries = parse_json(read_output(bench.out, _REPORT), "zizmor's report")
        if not isinstance(entries, list):
            raise BadReport("zizmor's report is not a list.")
        for entry in entries:
            place = next(_primary(entry), None) if isinstance(entry, dict) and not entry.get("ignored") else None
            if place:
                determined = entry.get("determinations")
                grade = determined.get("severity") if isinstance(determined, dict) else ""
                yield replace(
                    place,
                    rule=valid_unicode(str(entry.get("ident"))),
                    path=bench.relative(place.path),
                    message=valid_unicode(f"{entry.get('desc')}: {place.message}. See {entry.get('url')}"),
                    severity=_SEVERITIES.get(str(grade), "notice"),
                )


def _primary(entry: dict[str, Any]) -> Iterator[Finding]:
    """Where the finding is, with what is said of that place."""
    for place in entry.get("locations") or ():
        try:
            symbolic, where = place["symbolic"], place["concrete"]["location"]
            if symbolic["kind"] == "Primary":
                path, start, end = (
                    str(symbolic["key"]["Local"]["verbatim_path"]),
                    where["start_point"],
                    where["end_point"],
                )
                line, column = non_negative(start["row"], -1) + 1, non_negative(start["column"], -1) + 1
                said = valid_unicode(str(symbolic["annotation"]))
                last = non_negative(end["row"], -1) + 1
                yield Finding("security", "zizmor", "", valid_unicode(path), line, said, "notice", column, last)
        except (KeyError, TypeError):
            continue


tool = Zizmor()
