"""go vet: likely mistakes in all packages of a module, its tests too."""

import json
from collections.abc import Iterator

from activities.languages.go.command import GoTool, compiler_findings, options_for, start_go
from activities.languages.go.toolchains import HostGo
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, read_output, valid_unicode
from activities.tool_reports import failed_to_run, make_report
from activities.tooling import Project, Workbench

_REPORT = "vet.txt"


class GoVet(GoTool):
    name = "go-vet"
    programs = ("go vet",)
    checks = ("linting",)
    default = True

    def started_by(self, project: Project, check: str) -> tuple[str, str]:
        return " ".join(("go", "vet", *options_for(project, "vet"), "./...")), ""

    async def run_go(self, bench: Workbench, go: HostGo) -> ToolReport:
        """Findings are JSON, whatever the exit code; what does not compile is a line of text."""
        words = ("vet", "-json", *options_for(bench.project, "vet"), "./...")
        finished = await start_go(bench, go, (go.program("go"), *words), f'> "$0/{_REPORT}" 2>&1')
        try:
            text = valid_unicode(read_output(bench.out, _REPORT).decode("utf-8", "backslashreplace"))
        except BadReport as error:
            return failed_to_run(self.name, go.version, finished, str(error))
        found = tuple(dict.fromkeys(_findings(bench, text)))
        errors = compiler_findings(bench, text, "linting", self.name, "error") if finished.exit_code else ()
        if finished.exit_code and not (found or errors):
            return failed_to_run(self.name, go.version, finished)
        return make_report(self.name, go.version, finished, findings=(*found, *errors))


def _findings(bench: Workbench, text: str) -> Iterator[Finding]:
    """JSON values one after another: package → analyzer → list of {posn, message}."""
    decoder, at = json.JSONDecoder(), text.find("\n{") + 1 if not text.startswith("{") else 0
    while at >= 0 and text.startswith("{", at):
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end, value = at + 1, {}
        yield from _of_packages(bench, value)
        following = text.find("\n{", end - 1)
        at = following + 1 if following >= 0 else -1


def _of_packages(bench: Workbench, value: object) -> Iterator[Finding]:
    for analyzers in value.values() if isinstance(value, dict) else ():
        for analyzer, listed in analyzers.items() if isinstance(analyzers, dict) else ():
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, dict):
                    path, _, place = str(one.get("posn", "")).partition(".go:")
                    line, _, column = place.partition(":")
                    path = bench.relative(valid_unicode(f"{path}.go"))
                    if place and not path.startswith(("/", "../")):
                        message = valid_unicode(str(one.get("message", "")))[:2000]
                        yield Finding(
                            "linting", "go-vet", valid_unicode(str(analyzer))[:100], path, non_negative(line), message,
                            "warning", column=non_negative(column),
                        )  # fmt: skip


tool = GoVet()
