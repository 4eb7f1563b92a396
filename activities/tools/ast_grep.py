"""ast-grep: dangerous calls in JavaScript and TypeScript by our own rules, tests and what was built left out.

Severity: `error` with high confidence where a request or the page's address reaches a dangerous call in one expression;
`warning` in examples, and for other text that is put together. No configuration of the repository is read.
"""

import json
import re
from collections.abc import Iterator

from activities.languages.code_files import is_test
from activities.languages.javascript.dangerous_code import JAVASCRIPT, RULES, SIGNS, TYPESCRIPT, rule_documents
from activities.languages.python.installed import our_version
from activities.languages.quick_look import any_file
from activities.languages.secret_kinds import is_in_use
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, parse_json, read_output, valid_unicode, write_input
from activities.tool_reports import execute_to_file, findings_report, not_installed
from activities.tooling import OUR_TOOLS, Project, Tool, Workbench
from activities.untrusted_files import UntrustedFolder

_REPORT, _CONFIG, _RULES = "ast-grep.json", "sgconfig.yml", "rules"
_NOT_WRITTEN = re.compile(
    r"(?:^|/)(?:node_modules|vendor|vendors|third_party|dist|build|out|coverage|bower_components)/|[.-]min\.[cm]?js\Z"
)
_IGNORED = ("hidden", "dot", "exclude", "global", "parent", "vcs")


class AstGrep(Tool):
    name = "ast-grep"
    checks = ("security",)
    language = "javascript"
    default = True
    runs_project_code = False

    def used_by(self, project: Project) -> str:
        return ""

    def covers(self, project: Project, member: Project) -> bool:
        return True

    def has_work(self, project: Project, check: str) -> bool:
        endings = tuple(f".{ending}" for ending in (*JAVASCRIPT, *TYPESCRIPT))
        return any_file(project, lambda data: bool(SIGNS.search(data)), endings)

    async def run(self, bench: Workbench) -> ToolReport:
        """Exit code 0, since no rule of ours is an error to it."""
        if not (version := our_version("ast-grep-cli")):
            return not_installed(self.name, "", "Dangerous JavaScript is not searched for on this host.")
        config = {
            "ruleDirs": [_RULES],
            "languageGlobs": {
                "tsx": [f"*.{ending}" for ending in JAVASCRIPT], "typescript": [f"*.{ending}" for ending in TYPESCRIPT]
            },
        }  # fmt: skip
        write_input(bench.out, _CONFIG, json.dumps(config))
        UntrustedFolder(bench.out).write(f"{_RULES}/dangerous.yml", rule_documents().encode())
        everything = (word for kind in _IGNORED for word in ("--no-ignore", kind))
        options = (
            "scan",
            "-c",
            f"{bench.paths.out}/{_CONFIG}",
            "--json=compact",
            *everything,
            "--globs",
            "!**/node_modules/**",
        )
        program = str(OUR_TOOLS / "bin" / "ast-grep")
        finished = await execute_to_file(bench, (program, *options, "."), _REPORT)
        return findings_report(self, bench, version, finished, (0,))

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        entries = parse_json(read_output(bench.out, _REPORT), "ast-grep's report")
        if not isinstance(entries, list):
            raise BadReport("ast-grep's report is not a list.")
        rules = {rule.id: rule for rule in RULES}
        for entry in entries:
            rule = rules.get(str(entry.get("ruleId")).removesuffix(".ts")) if isinstance(entry, dict) else None
            path = bench.relative(valid_unicode(str(entry.get("file", "")))) if rule else ""
            if rule is None or is_test(path) or _NOT_WRITTEN.search(path):
                continue
            start, end = (_point(entry, name) for name in ("start", "end"))
            is_sure = rule.severity == "error" and is_in_use(path)
            yield Finding(
                check="security",
                tool="ast-grep",
                rule=rule.id,
                path=path,
                line=start[0],
                column=start[1],
                end_line=end[0],
                message=rule.message,
                severity="error" if is_sure else "warning",
                confidence="high" if is_sure else "",
            )


def _point(entry: dict[str, object], name: str) -> tuple[int, int]:
    """The 1-based line and column."""
    places = entry.get("range")
    point = places.get(name) if isinstance(places, dict) else None
    numbers = point if isinstance(point, dict) else {}
    return non_negative(numbers.get("line"), -1) + 1, non_negative(numbers.get("column"), -1) + 1


tool = AstGrep()
