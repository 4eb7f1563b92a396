"""pip-audit: known vulnerabilities of what the project installs, looked up by name and version; nothing of it is run.

Severity: `critical` for every one, since the advisories give no grade and an unknown grade must not pass; the
repository can name those that it accepts (option `ignore`). Where the advisories are unavailable, or a package came
from elsewhere than an index, the report says so: what was not audited is not clean.
"""

from collections.abc import Iterator
from typing import Any

from packaging.utils import canonicalize_name

from activities.languages.commands import named_in
from activities.languages.python.dependencies import named_in_manifests, project_name
from activities.languages.python.installed import Distribution, installed, our_version
from activities.languages.python.workspace import workspace_home
from activities.model import Finding, ToolReport
from activities.reports import BadReport, parse_json, read_output, valid_unicode, write_input
from activities.tool_reports import execute, failed_to_run, last_output, make_report
from activities.tooling import OUR_TOOLS, Project, Tool, Workbench

# Where pip-audit looks, whatever index the project's packages come from.
_ADVISORIES = ("pypi.org:443",)
_UNAVAILABLE = ("ConnectionError", "Could not connect", "Max retries", "Name or service", "timed out", "Timeout", "503")


class PipAudit(Tool):
    name = "pip-audit"
    programs = ("pip-audit",)
    checks = ("dependencies",)
    language = "python"
    default = True
    runs_project_code = False

    def used_by(self, project: Project) -> str:
        """No project configures it."""
        return ""

    def asked_for(self, project: Project, check: str) -> str:
        return named_in(project, *self.programs)

    def covers(self, project: Project, member: Project) -> bool:
        """What is installed for a workspace is installed for its members."""
        return workspace_home(member) == workspace_home(project)

    async def run(self, bench: Workbench) -> ToolReport:
        """Exit code 1 means vulnerabilities and failures alike: with a report it was the first."""
        version = our_version("pip-audit")
        if bench.env_root is None:
            problem = "Nothing could be installed, so there are no versions to audit."
            return ToolReport("pip-audit", version, completed=False, problem=problem)
        own = project_name(bench.project)  # which no index needs to know
        brought = [one for name, one in installed(bench.env_root).items() if name not in bench.added]
        listed = [one for one in brought if one.name != own and not one.editable]
        if not listed:
            return ToolReport("pip-audit", version, advice="The repository declares no packages.")
        lines = (f"{one.name}=={one.version}\n" for one in listed if not one.direct)
        write_input(bench.out, "installed.txt", "".join(lines))
        out, ignored = bench.paths.out, bench.options.get("ignore")
        argv = (
            str(OUR_TOOLS / "bin" / "pip-audit"),
            *("-r", f"{out}/installed.txt", "--no-deps", "--disable-pip", "--progress-spinner=off"),
            *("-f", "json", "-o", f"{out}/audit.json", f"--cache-dir={out}/cache"),
            *(f"--ignore-vuln={name}" for name in (ignored if isinstance(ignored, list | tuple) else ())),
        )
        finished = await execute(bench, argv, network=True, reaches=_ADVISORIES)
        try:
            report = parse_json(read_output(bench.out, "audit.json"), "pip-audit's report")
        except BadReport:
            if not finished.result.stopped and any(sign in last_output(finished.result) for sign in _UNAVAILABLE):
                advice = "The advisories are unavailable, so nothing was audited."
                return make_report("pip-audit", version, finished, advice=advice)
            return failed_to_run("pip-audit", version, finished)
        dependencies = report.get("dependencies") if isinstance(report, dict) else None
        entries = [one for one in dependencies if isinstance(one, dict)] if isinstance(dependencies, list) else []
        found = tuple(one for entry in entries for one in _vulnerabilities(entry, bench))
        return make_report("pip-audit", version, finished, findings=found, advice=_not_audited(entries, listed))


def _vulnerabilities(entry: dict[str, Any], bench: Workbench) -> Iterator[Finding]:
    listed = entry.get("vulns")
    for one in listed if isinstance(listed, list) else []:
        path, line = named_in_manifests(bench.project, str(entry.get("name")))
        aliases = ", ".join(str(name) for name in one.get("aliases") or ())
        versions = ", ".join(str(version) for version in one.get("fix_versions") or ())
        name = f"{one.get('id')}{f' ({aliases})' if aliases else ''}"
        fixed = f"Fixed in {versions}." if versions else "No release fixes it."
        summary = str(one.get("description") or "").strip().partition("\n")[0][:300]
        message = f"{entry.get('name')} {entry.get('version')} is vulnerable: {name}. {fixed} {summary}"
        yield Finding(
            check="dependencies",
            tool="pip-audit",
            rule=valid_unicode(str(one.get("id"))),
            path=bench.relative(path),
            line=line,
            message=valid_unicode(message.strip()),
            severity="critical",
        )


def _not_audited(entries: list[dict[str, Any]], listed: list[Distribution]) -> str:
    """A sentence about what no index has and what is missing from the report, "" when all was audited."""
    skipped = [str(entry.get("name")) for entry in entries if entry.get("skip_reason")]
    audited = {canonicalize_name(str(entry.get("name"))) for entry in entries}
    skipped += [one.name for one in listed if one.direct or one.name not in audited]
    if not skipped:
        return ""
    names = ", ".join(sorted(skipped)[:10]) + (" …" if len(skipped) > 10 else "")
    return valid_unicode(f"{len(skipped)} of {len(listed)} packages could not be audited: {names}.")


tool = PipAudit()
