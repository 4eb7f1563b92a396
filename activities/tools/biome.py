"""biome: linting and formatting in one, as the package's biome.json says."""

from collections.abc import Iterator

from activities.languages.javascript.package_json import first_file, workspace_home
from activities.languages.javascript.programs import PackageTool, start
from activities.model import Finding, Severity, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import failed_to_run, fix_report, make_report, stdout_to_file
from activities.tooling import Project, ToolDetection, Workbench

_REPORT = "biome.json"
_SEVERITIES: dict[str, Severity] = {"fatal": "error", "error": "error", "warning": "warning"}


class Biome(PackageTool):
    name = "biome"
    programs = ("biome", "@biomejs/biome")
    checks = ("linting",)
    silenced_by = r"\bbiome-ignore(?:-all|-start)?\b"
    fixes = True
    package = "@biomejs/biome"
    detection = ToolDetection(files=("biome.json", "biome.jsonc"))

    def used_by(self, project: Project) -> str:
        """Its configuration, here or at the workspace's root."""
        files = self.detection.files
        return first_file(project, *files) or first_file(workspace_home(project), *files)

    async def run_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """`biome ci` reads and never writes. It exits with 1 for findings and for every other failure alike. Biome 1
        reports a syntax error twice, by its linter and by its formatter."""
        options = ("--reporter=json", "--max-diagnostics=none", "--colors=off", "--no-errors-on-unmatched")
        finished = await start(bench, stdout_to_file(bench, (binary, "ci", *options), _REPORT))
        try:
            found = tuple(dict.fromkeys(self.findings(bench)))
        except BadReport as error:
            return failed_to_run("biome", version, finished, "" if finished.exit_code else str(error))
        return make_report("biome", version, finished, findings=found)

    async def fix_program(self, bench: Workbench, binary: str, version: str) -> ToolReport:
        """What is left after the fixes is exit code 1."""
        finished = await start(bench, (binary, "check", "--write", "--no-errors-on-unmatched"))
        return fix_report("biome", version, finished, (0, 1))

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        report = parse_json(read_output(bench.out, _REPORT), "biome's report")
        diagnostics = report.get("diagnostics") if isinstance(report, dict) else None
        if not isinstance(diagnostics, list):
            raise BadReport("biome's report has no diagnostics.")
        for diagnostic in diagnostics:
            if isinstance(diagnostic, dict):
                rule = valid_unicode(str(diagnostic.get("category") or "biome"))
                path, line, column = _place(diagnostic.get("location"))
                message = diagnostic.get("message") or diagnostic.get("description") or ""
                if isinstance(message, list):  # pieces of marked-up text
                    message = "".join(str(piece.get("content", "")) for piece in message if isinstance(piece, dict))
                yield Finding(
                    check="linting",
                    tool="biome",
                    rule=rule.removeprefix("lint/"),
                    path=bench.relative(valid_unicode(path)),
                    line=line,
                    column=column,
                    message=valid_unicode(str(message)),
                    severity=_SEVERITIES.get(str(diagnostic.get("severity")), "notice"),
                    fixable=rule in ("format", "organizeImports") or "Safe fix" in str(diagnostic.get("advices")),
                )


def _place(location: object) -> tuple[str, int, int]:
    """Path, line, column. Since 2.4 they are plain; before, the path is an object and the place a span of bytes."""
    if not isinstance(location, dict):
        return "", 0, 0
    path, start, span = location.get("path"), location.get("start"), location.get("span")
    name = str(path.get("file", "")) if isinstance(path, dict) else str(path or "")
    if isinstance(start, dict):
        return name, non_negative(start.get("line")), non_negative(start.get("column"))
    source = str(location.get("sourceCode") or "").encode()
    if not isinstance(span, list) or not span or not source:
        return name, 0, 0
    before = source[: non_negative(span[0])]
    return name, before.count(b"\n") + 1, len(before) - before.rfind(b"\n")


tool = Biome()
