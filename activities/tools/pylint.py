"""pylint, where a project is configured for it, over the project's packages and modules.

Severity: `error` for fatal and error, `warning` for warning, convention and refactor (whoever configures pylint
wants them, and its exit code counts them), `notice` for information.
"""

from collections.abc import Iterator

from activities.languages.python.layout import sources
from activities.languages.python.safe_start import start_program
from activities.languages.python.tool_detection import PythonTool
from activities.model import Finding, Severity, ToolReport
from activities.reports import non_negative, parse_json, read_output, valid_unicode
from activities.tool_reports import execute, findings_report
from activities.tooling import ToolDetection, Workbench

_SEVERITIES: dict[str, Severity] = {"fatal": "error", "error": "error", "info": "notice"}
_USAGE_ERROR = 32


class Pylint(PythonTool):
    name = "pylint"
    oldest = "2.13.0"
    programs = ("pylint",)
    checks = ("linting",)
    silenced_by = r"#\s*pylint:\s*(?:disable(?:-next)?=[\w,-]+|skip-file)"
    requirements = ("pylint",)
    detection = ToolDetection(
        tables=("pylint",),
        files=(".pylintrc", "pylintrc", "pylintrc.toml", ".pylintrc.toml"),
        sections=(("setup.cfg", "pylint"), ("setup.cfg", "pylint.main"), ("tox.ini", "pylint")),
        hooks=("pylint",),
        packages=("pylint",),
        plugin_options=("load-plugins", "load_plugins", "init-hook"),
    )

    async def run_version(self, bench: Workbench, version: str) -> ToolReport:
        """The exit code is a sum of bits: 1 to 16 are kinds of findings, 32 is a usage error."""
        flags = ("--reports=n", "--score=n", "--persistent=n", "--recursive=y", "--output-format=json")
        report = f"--output={bench.paths.out}/pylint.json"
        argv = (
            *start_program(bench, self, resolves_imports=True, preloaded="isort"),
            *flags,
            report,
            "--",
            *sources(bench.project),
        )
        finished = await execute(bench, argv, {"PYLINTHOME": bench.paths.out})
        return findings_report(self, bench, version, finished, range(_USAGE_ERROR))

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        entries = parse_json(read_output(bench.out, "pylint.json"), "pylint's report")
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict) and "message-id" in entry:
                yield Finding(
                    check="linting",
                    tool="pylint",
                    rule=valid_unicode(f"{entry['message-id']} {entry.get('symbol', '')}".strip()),
                    path=bench.relative(valid_unicode(str(entry.get("path", "")))),
                    line=non_negative(entry.get("line")),
                    column=non_negative(entry.get("column")) + 1,
                    end_line=non_negative(entry.get("endLine")),
                    message=valid_unicode(str(entry.get("message", ""))),
                    severity=_SEVERITIES.get(str(entry.get("type")), "warning"),
                )


tool = Pylint()
