"""npm audit: known vulnerabilities in what the lock file installs; pnpm's and yarn's own audit for theirs.

An audit has a network, so it sees what an installation sees, the manifests, and nothing else of the repository.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from activities.languages.commands import named_in
from activities.languages.javascript.manifest import manifest
from activities.languages.javascript.package_json import read_package, workspace_home
from activities.languages.javascript.package_manager import PackageManager, find_manager, install_environment
from activities.languages.javascript.programs import MANAGER_FOLDER, npm, start, versions
from activities.model import Finding, Severity, ToolReport
from activities.reports import BadReport, parse_json, read_output, valid_unicode
from activities.tool_reports import failed_to_run, make_report, stdout_to_file, stop_reason
from activities.tooling import Project, Tool, Workbench
from activities.untrusted_files import UntrustedFolder

_REPORT = "audit.json"
_MANIFESTS = "manifests"

# An unavailable registry is reported within seconds, not after npm's own minutes.
_FEW_RETRIES = {
    "npm_config_fetch_retries": "1",
    "npm_config_fetch_retry_mintimeout": "1000",
    "npm_config_loglevel": "error",
}

# The registry's words → ours: "critical" alone always blocks.
_SEVERITIES: dict[str, Severity] = {"critical": "critical", "high": "error", "moderate": "warning"}


@dataclass(frozen=True)
class Advisory:
    """`place` is a path in node_modules ("node_modules/a/node_modules/b"), "" where the audit gives none."""

    id: str
    package: str
    title: str
    severity: Severity
    affected: str = ""
    place: str = ""


class RegistryUnavailable(BadReport):
    """The registry did not answer, or has no advisories to give."""


class NpmAudit(Tool):
    name = "npm-audit"
    programs = ("npm audit", "pnpm audit", "yarn audit", "yarn npm audit", "audit-ci")
    checks = ("dependencies",)
    language = "javascript"

    def used_by(self, project: Project) -> str:
        """Its lock file, or its dependencies where it has none."""
        home = workspace_home(project)
        if lock := find_manager(home, read_package(home)).lock:
            return lock
        return "the dependencies in package.json" if read_package(home).dependencies else ""

    def asked_for(self, project: Project, check: str) -> str:
        """That there is something to audit asks for no audit."""
        return named_in(project, *self.programs)

    def covers(self, project: Project, member: Project) -> bool:
        """What is installed for a workspace is installed for its members."""
        return workspace_home(member) == workspace_home(project)

    async def run(self, bench: Workbench) -> ToolReport:
        """Without an answer of the registry the report has an advice, so that the check is never green for it."""
        at_home = replace(bench, project=workspace_home(bench.project))
        manager = find_manager(at_home.project, read_package(at_home.project))
        version = f"{manager.name} {manager.version}" if manager.version else versions()
        if manager.package and not (bench.env_root and UntrustedFolder(bench.env_root).is_folder(MANAGER_FOLDER)):
            problem = f"{manager.name} could not be installed, so nothing was audited."
            return ToolReport(self.name, version, completed=False, problem=problem)
        await asyncio.to_thread(_copy_manifests, at_home)
        there = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', f"{bench.paths.out}/{_MANIFESTS}")
        argv = stdout_to_file(at_home, (*there, *_audit_command(bench, manager)), _REPORT)
        env = {**install_environment(manager, f"{bench.paths.out}/cache"), **_FEW_RETRIES}
        finished = await start(at_home, argv, env, network=True)
        if problem := stop_reason(self.name, finished):
            return failed_to_run(self.name, version, finished, problem)
        read = read_berry if manager.berry else _READERS[manager.name]
        advice, found = "", tuple[Finding, ...]()
        try:
            found = tuple(_finding(at_home, manager, advisory) for advisory in read(read_output(bench.out, _REPORT)))
            if finished.exit_code and not found:
                advice = "The audit failed without naming a vulnerability."
        except RegistryUnavailable as error:
            advice = f"The registry's advisories are unavailable: {error}."
        except BadReport as error:
            advice = f"The registry's advisories are unavailable. {error}"
        return make_report(self.name, version, finished, findings=found, advice=advice)


def _copy_manifests(bench: Workbench) -> None:
    folder = UntrustedFolder(bench.out)
    for name, data in manifest(bench.project).items():
        folder.write(f"{_MANIFESTS}/{name}", data)


def _audit_command(bench: Workbench, manager: PackageManager) -> tuple[str, ...]:
    """npm audits a lock file, so one is made where there is none; like all writes it is discarded."""
    own = f"{bench.paths.env}/{MANAGER_FOLDER}/node_modules/.bin/{manager.name}"
    if manager.berry:
        return (own, "npm", "audit", "--all", "--recursive", "--json")
    if manager.package:
        return (own, "audit", "--json")
    audit = (*npm(), "audit", "--json", "--package-lock-only", "--package-lock=true")
    if manager.lock:
        return audit
    make = '"$0" "$1" install --package-lock-only --package-lock=true --ignore-scripts --no-audit >&2; exec "$0" "$@"'
    return ("/bin/sh", "-c", make, *audit)


def _finding(bench: Workbench, manager: PackageManager, advisory: Advisory) -> Finding:
    """Placed at the package's own entry in the lock file, which moves with what is installed and with nothing else."""
    path = manager.lock or "package.json"
    affected = f" (versions {advisory.affected})" if advisory.affected else ""
    return Finding(
        check="dependencies",
        tool="npm-audit",
        rule=advisory.id or "advisory",
        path=bench.relative(path),
        line=_line_of(bench.project.read(path), advisory),
        message=f"{advisory.package}{affected}: {advisory.title}",
        severity=advisory.severity,
    )


def _line_of(text: str, advisory: Advisory) -> int:
    name = advisory.package
    entries = (f'"{advisory.place}":', f'"node_modules/{name}":', f"/{name}@", f"{name}@", f'"{name}":')
    for entry in entries[0 if advisory.place else 1 :]:
        for number, line in enumerate(text.splitlines(), 1):
            if entry in line:
                return number
    return 0


def read_npm(data: bytes) -> Iterator[Advisory]:
    """`npm audit --json`: by package; `via` holds the advisories themselves, or names of packages that have them."""
    report = parse_json(data, "npm's audit")
    if not isinstance(report, dict) or not isinstance(report.get("vulnerabilities"), dict):
        raise RegistryUnavailable(_refusal(report))
    for name, entry in report["vulnerabilities"].items():
        fields = entry if isinstance(entry, dict) else {}
        nodes = fields.get("nodes")
        place = str(nodes[0]) if isinstance(nodes, list) and nodes else ""
        for via in fields.get("via") or []:
            if isinstance(via, dict):
                yield _advisory(name, via, str(via.get("range", "")), place)


def read_pnpm(data: bytes) -> Iterator[Advisory]:
    """`pnpm audit --json`, the form of npm 6."""
    report = parse_json(data, "pnpm's audit")
    if not isinstance(report, dict) or not isinstance(report.get("advisories"), dict):
        raise RegistryUnavailable(_refusal(report))
    for entry in report["advisories"].values():
        if isinstance(entry, dict):
            yield _advisory(str(entry.get("module_name", "")), entry, str(entry.get("vulnerable_versions", "")))


def read_yarn(data: bytes) -> Iterator[Advisory]:
    """`yarn audit --json` of yarn 1: an object a line, an advisory once for each path that leads to it."""
    seen: set[str] = set()
    for line in _json_lines(data):
        found = line.get("data")
        advisory = found.get("advisory") if isinstance(found, dict) else None
        if line.get("type") == "auditAdvisory" and isinstance(advisory, dict) and str(advisory.get("id")) not in seen:
            seen.add(str(advisory.get("id")))
            name, affected = str(advisory.get("module_name", "")), str(advisory.get("vulnerable_versions", ""))
            yield _advisory(name, advisory, affected)
        elif line.get("type") == "error":
            raise RegistryUnavailable(valid_unicode(str(found))[:300])


def read_berry(data: bytes) -> Iterator[Advisory]:
    """`yarn npm audit --json` of yarn 2 and later: an object a line, nothing at all when all is well."""
    for line in _json_lines(data):
        entry = line.get("children")
        if isinstance(entry, dict) and "Severity" in entry:
            fields = {"title": entry.get("Issue"), "url": entry.get("URL"), "severity": entry.get("Severity")}
            yield _advisory(str(line.get("value", "")), fields, str(entry.get("Vulnerable Versions", "")))
        elif line.get("type") == "error":
            raise RegistryUnavailable(valid_unicode(str(line.get("data")))[:300])


def _advisory(package: str, entry: dict[str, object], affected: str, place: str = "") -> Advisory:
    """The id is GitHub's where the URL ends with it, else the registry's number."""
    url = str(entry.get("url") or "")
    known = entry.get("github_advisory_id") or url.rpartition("/")[2] or entry.get("source") or entry.get("id") or ""
    return Advisory(
        id=valid_unicode(str(known)),
        package=valid_unicode(package),
        title=valid_unicode(str(entry.get("title") or "a known vulnerability"))[:500],
        severity=_SEVERITIES.get(str(entry.get("severity")), "notice"),
        affected=valid_unicode(affected),
        place=valid_unicode(place),
    )


def _json_lines(data: bytes) -> Iterator[dict[str, object]]:
    for line in data.splitlines():
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def _refusal(report: object) -> str:
    """Without npm's own `message`, which holds the registry's address."""
    fields = report if isinstance(report, dict) else {}
    error = fields.get("error")
    code = fields.get("statusCode") or (error.get("code") if isinstance(error, dict) else "")
    return f"it answered {valid_unicode(str(code))[:50]}" if code else "it did not answer"


_READERS: dict[str, Callable[[bytes], Iterator[Advisory]]] = {"npm": read_npm, "pnpm": read_pnpm, "yarn": read_yarn}

tool = NpmAudit()
