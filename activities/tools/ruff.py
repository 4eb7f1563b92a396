"""ruff: linting, and its formatter where the project uses it.

Fixes: ruff's safe ones, then the formatter's. Severity: `error` for what breaks when it runs (syntax,
undefined names: E9, F63, F7, F82), `warning` for the rest.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from activities.languages.python.config import has_table, hooks
from activities.languages.python.hook_rules import hook_arguments
from activities.languages.python.tests_of_repository import linted_paths
from activities.languages.python.tool_detection import PythonTool, linter_severity
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import execute, findings_report, fix_report, fix_targets
from activities.tooling import Project, ToolDetection, Workbench

# An older ruff does not know the variable for its formatter, and prints a line a file anyway.
_ONE_LINE_A_FILE = {"RUFF_OUTPUT_FORMAT": "concise"}
# The first form is that of before 0.15.
_UNFORMATTED = re.compile(r"Would reformat: (.+)|(.+?):\d+:\d+: unformatted: ")
_SYNTAX_ERROR = "invalid-syntax"


class Ruff(PythonTool):
    name = "ruff"
    oldest = "0.1.2"
    programs = ("ruff",)
    checks = ("linting",)
    silenced_by = r"#\s*(?:(?:ruff|flake8):\s*)?noqa\b(?::\s*[A-Z]+\d+(?:[\s,]+[A-Z]+\d+)*)?"
    runs_alone = True
    default = True
    fixes = True
    reads_nearest_configuration = True
    detection = ToolDetection(
        tables=("ruff",),
        files=("ruff.toml", ".ruff.toml"),
        hooks=("ruff", "ruff-check", "ruff-format"),
        packages=("ruff",),
    )

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        """Exit codes: 0 nothing, 1 findings, 2 ruff could not run (its configuration, most often)."""
        ruff = bench.executable("ruff")
        report = ("--output-format=json", f"--output-file={bench.paths.out}/ruff.json")
        checking, formatting = self._hook_arguments(bench.project)
        paths = linted_paths(bench.project, "ruff", self.detection.hooks, "check")
        finished = await execute(bench, (ruff, "check", *checking, "--no-fix", "--no-cache", *report, *paths))
        checked = findings_report(self, bench, version, finished)
        if not checked.completed or not _formats(bench.project):
            return checked
        formatted = await execute(bench, (ruff, "format", *formatting, "--check", "--no-cache", "."), _ONE_LINE_A_FILE)
        # A file that cannot be parsed makes the formatter exit with 2; `check` has reported it already.
        broken = formatted.exit_code not in (0, 1) and not any(one.rule == _SYNTAX_ERROR for one in checked.findings)
        problem = "ruff format could not run." if broken and not checked.problem else checked.problem
        matches = (_UNFORMATTED.match(line) for line in formatted.stdout.splitlines())
        message = "ruff format would change this file."
        unformatted = tuple(
            Finding("linting", "ruff", "format", bench.relative(path), 0, message, "warning", fixable=True)
            for path in sorted({(match[1] or match[2]).strip() for match in matches if match})
        )
        return replace(checked, findings=checked.findings + unformatted, problem=problem)

    async def fix_version(self, bench: Workbench, version: str) -> ToolReport:
        """The formatter only for its own findings: it changes whole files."""
        ruff, rule = bench.executable("ruff"), bench.options.get("fix_rule")
        targets = ("--no-cache", *fix_targets(bench))
        checking, formatting = self._hook_arguments(bench.project)
        if rule == "format":
            return fix_report("ruff", version, await execute(bench, (ruff, "format", *formatting, *targets)), (0,))
        only = (f"--fixable={rule}",) if rule else ()
        finished = await execute(bench, (ruff, "check", "--fix-only", "--no-unsafe-fixes", *checking, *only, *targets))
        if not rule and finished.exit_code == 0 and _formats(bench.project):
            finished = await execute(bench, (ruff, "format", *targets))
        return fix_report("ruff", version, finished, (0,))

    def _hook_arguments(self, project: Project) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return hook_arguments(project, "ruff", "ruff-check"), hook_arguments(project, "ruff-format")

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        entries = parse_json(read_output(bench.out, "ruff.json"), "ruff's report")
        if not isinstance(entries, list):
            raise BadReport("ruff's report is not a list.")
        for entry in entries:
            if isinstance(entry, dict):
                start, end, fix = entry.get("location") or {}, entry.get("end_location") or {}, entry.get("fix") or {}
                # Before 0.13 a syntax error had no code.
                rule = entry.get("code") or _SYNTAX_ERROR
                yield Finding(
                    check="linting",
                    tool="ruff",
                    rule=valid_unicode(str(rule)),
                    path=bench.relative(valid_unicode(str(entry.get("filename", "")))),
                    line=non_negative(start.get("row")),
                    column=non_negative(start.get("column")),
                    end_line=non_negative(end.get("row")),
                    message=valid_unicode(str(entry.get("message", ""))),
                    severity="error" if rule == _SYNTAX_ERROR else linter_severity(str(rule)),
                    fixable=fix.get("applicability") == "safe",
                )


def _formats(project: Project) -> bool:
    """Linting with ruff does not mean formatting with it: only what says so counts."""
    if has_table(project, "ruff.format") or "ruff-format" in hooks(project):
        return True
    own = (project.read(name) for name in ("ruff.toml", ".ruff.toml"))
    return any("\n[format]" in "\n" + text for text in own) or "ruff format" in project.read("tox.ini")


tool = Ruff()
