"""cargo-audit: known vulnerabilities in what Cargo.lock names, where the host has it and RustSec's advisories.

Severity: `critical` for a vulnerability, since most advisories give no grade and an unknown one must not pass; `notice`
for a package that is unmaintained, unsound or withdrawn. Nothing of the repository is run.
"""

from collections.abc import Iterator
from itertools import pairwise

from activities.languages.rust.calls import asked_by_command
from activities.languages.rust.cargo import CargoTool, cargo_environment
from activities.languages.rust.manifest import needs_packages, workspace_home
from activities.languages.rust.toolchains import HostRust, advisories, extra_program
from activities.model import Finding, Severity, ToolReport
from activities.reporting.host_toolchains import no_program
from activities.reports import BadReport, parse_json, read_output, valid_unicode
from activities.tool_reports import execute_to_file, failed_to_run, make_report
from activities.tooling import Project, Workbench

_REPORT, _LOCK = "audit.json", "Cargo.lock"


class CargoAudit(CargoTool):
    name = "cargo-audit"
    programs = ("cargo-audit", "rustsec/audit-check", "actions-rs/audit-check")
    checks = ("dependencies",)
    subcommand = "audit"
    default = True
    runs_project_code = False

    def used_by(self, project: Project) -> str:
        """No project configures it."""
        return ""

    def asked_for(self, project: Project, check: str) -> str:
        return asked_by_command(project, "audit", "deny")

    def has_work(self, project: Project, check: str) -> bool:
        home = workspace_home(project)
        return "\nsource = " in home.read(_LOCK) or needs_packages(project) or needs_packages(home)

    async def run_cargo(self, bench: Workbench, rust: HostRust) -> ToolReport:
        """Exit code 1 means vulnerabilities and failures alike: with a report it was the first."""
        program, database = extra_program(self.name), advisories()
        if program is None or database is None:
            install = "cargo install cargo-audit && cargo audit fetch"
            text = no_program("cargo-audit with its advisories", "no advisory was looked up", install)
            return ToolReport(self.name, advice=text)
        ignored = bench.options.get("ignore")
        lock = f"{bench.paths.src}/{workspace_home(bench.project).inside_repository(_LOCK)}"
        argv = (
            *(str(program), "audit", "--json", "--no-fetch", "--stale", "--db", str(database), "--file", lock),
            *(f"--ignore={name}" for name in (ignored if isinstance(ignored, list | tuple) else ())),
        )
        finished = await execute_to_file(bench, argv, _REPORT, cargo_environment(bench, rust))
        try:
            found = tuple(self.findings(bench))
        except BadReport as error:
            return failed_to_run(self.name, "", finished, str(error))
        return make_report(self.name, "", finished, findings=found)

    def findings(self, bench: Workbench) -> Iterator[Finding]:
        report = parse_json(read_output(bench.out, _REPORT), "cargo-audit's report")
        listed = report.get("vulnerabilities") if isinstance(report, dict) else None
        if not isinstance(report, dict) or not isinstance(listed, dict):
            raise BadReport("cargo-audit's report has no vulnerabilities.")
        lock = workspace_home(bench.project).inside_repository(_LOCK)
        lines = workspace_home(bench.project).read(_LOCK).splitlines()
        yield from _findings(listed.get("list"), "critical", lock, lines)
        warnings = report.get("warnings")
        for kind in warnings.values() if isinstance(warnings, dict) else ():
            yield from _findings(kind, "notice", lock, lines)


def _findings(entries: object, severity: Severity, lock: str, lines: list[str]) -> Iterator[Finding]:
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        package, advisory, versions = (_table(entry.get(name)) for name in ("package", "advisory", "versions"))
        name, version = str(package.get("name", "")), str(package.get("version", ""))
        patched = versions.get("patched")
        fixed = ", ".join(map(str, patched)) if isinstance(patched, list) else ""
        what = str(advisory.get("title") or entry.get("kind") or "a known vulnerability")
        known = str(advisory.get("id") or entry.get("kind") or "advisory")
        text = f"{name} {version}: {what[:300]} ({known}).{f' Fixed in {fixed[:200]}.' if fixed else ''}"
        yield Finding(
            "dependencies", "cargo-audit", valid_unicode(known)[:200], lock, _line(lines, name, version),
            valid_unicode(text), severity,
        )  # fmt: skip


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _line(lines: list[str], name: str, version: str) -> int:
    """Of the package's own entry in the lock file."""
    wanted = (f'name = "{name}"', f'version = "{version}"')
    return next((number for number, pair in enumerate(pairwise(lines), 1) if pair == wanted), 0)


tool = CargoAudit()
