"""rustfmt: one finding for each file that it would change."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from activities.languages.rust.calls import cargo_calls
from activities.languages.rust.cargo import CargoTool, start_cargo
from activities.languages.rust.compiler import placed
from activities.languages.rust.toolchains import HostRust, chosen_rust, named_toolchain
from activities.model import Finding, ToolReport
from activities.reports import BadReport, non_negative, read_output, valid_unicode
from activities.tool_reports import failed_to_run, fix_report, make_report
from activities.tooling import Project, ToolDetection, Workbench

_REPORT = "rustfmt.txt"
_NIGHTLY = "nightly"
_UNSTABLE = "unstable features are only available in nightly"
_PLACE = re.compile(r"\s*--> (?P<path>.+):(?P<line>\d{1,7}):\d+")
_FILES = ("rustfmt.toml", ".rustfmt.toml")


class Rustfmt(CargoTool):
    name = "rustfmt"
    programs = ("rustfmt", "cargo-fmt")
    checks = ("linting",)
    silenced_by = r"#!?\[rustfmt::skip\]"
    subcommand = "fmt"
    component = "rustfmt"
    default = True
    fixes = True
    runs_project_code = False
    detection = ToolDetection(files=_FILES, hooks=("fmt", "cargo-fmt", "rustfmt"))

    def has_work(self, project: Project, check: str) -> bool:
        """Where nobody asks for it, it is not missed."""
        rust = chosen_rust(project).toolchain
        return bool(self.used_by(project)) or rust is None or rust.has("cargo-fmt")

    def started_by(self, project: Project, check: str) -> tuple[str, str]:
        calls = cargo_calls(project, "fmt")
        return "cargo fmt --all --check", calls[0].found_in if calls else ""

    async def run_cargo(self, bench: Workbench, rust: HostRust) -> ToolReport:
        """Exit codes: 0, or 1 for files that it would change, and for those that it cannot read."""
        chosen = _chosen(bench.project, rust)
        argv = ("fmt", "--all", "--", "--check", "-l")
        finished = await start_cargo(bench, chosen, argv, f'> "$0/{_REPORT}"')
        try:
            listed = valid_unicode(read_output(bench.out, _REPORT).decode("utf-8", "backslashreplace"))
        except BadReport as error:
            return failed_to_run(self.name, chosen.version, finished, str(error))
        found = (*_unformatted(bench, listed), *_unreadable(bench, finished.stderr))
        if finished.exit_code not in (0, 1) or (finished.exit_code and not found):
            return failed_to_run(self.name, chosen.version, finished)
        report = make_report(self.name, chosen.version, finished, findings=found)
        if chosen.name.startswith(_NIGHTLY) or not _wants_nightly(bench.project, finished.stderr):
            return report
        return replace(report, informational=True, wanted=f"{_NIGHTLY} (for options of {' or '.join(_FILES)})")

    async def fix(self, bench: Workbench) -> ToolReport:
        """It formats all that the packages hold; what does not belong to the fix is left out of it."""
        rust = chosen_rust(bench.project).toolchain
        if rust is None or not rust.has("cargo-fmt"):
            return await self.run(bench)
        chosen = _chosen(bench.project, rust)
        finished = await start_cargo(bench, chosen, ("fmt", "--all"))
        return fix_report(self.name, chosen.version, finished, (0, 1))


def _chosen(project: Project, rust: HostRust) -> HostRust:
    """Many repositories format with a nightly compiler, and say so where they start it."""
    calls = cargo_calls(project, "fmt")
    named = next((call.toolchain for call in calls if call.toolchain), "")
    found = named_toolchain(named) if named else None
    return found if found and found.has("cargo-fmt") else rust


def _wants_nightly(project: Project, printed: str) -> bool:
    named = any(call.toolchain.startswith(_NIGHTLY) for call in cargo_calls(project, "fmt"))
    return named or _UNSTABLE in printed


def _unformatted(bench: Workbench, listed: str) -> Iterator[Finding]:
    for path in dict.fromkeys(placed(bench, line.strip()) for line in listed.splitlines()):
        if path and posixpath.splitext(path)[1] == ".rs":
            yield Finding(
                "linting", "rustfmt", "format", path, 0, "rustfmt would change this file.", "warning", fixable=True
            )


def _unreadable(bench: Workbench, printed: str) -> Iterator[Finding]:
    """Where the compiler's parser gave up: an error, and the first place below it."""
    message = ""
    for line in printed.splitlines():
        if line.startswith("error"):
            message = line.partition(": ")[2] or line
        elif message and (found := _PLACE.fullmatch(line[:5000])):
            if path := placed(bench, valid_unicode(found["path"])):
                line_number = non_negative(found["line"])
                text = f"rustfmt cannot read this file: {valid_unicode(message)}"[:500]
                yield Finding("linting", "rustfmt", "unreadable", path, line_number, text, "error")
            message = ""


tool = Rustfmt()
