"""pip-audit: known vulnerabilities of what is installed, looked up by name and version; nothing of it is run.

Severity: `critical` for every one, since the advisories give no grade and an unknown grade must not be waved
through; the repository can name those that it accepts (option `ignore`). Where the advisories cannot be reached,
or a package came from elsewhere than an index, the report says so: what was not looked up is not clean.
"""

from collections.abc import Iterator
from typing import Any

from packaging.utils import canonicalize_name

from activities.languages.python.dependencies import named_in_manifests, project_name
from activities.languages.python.installed import Distribution, installed, our_version
from activities.model import Finding, ToolReport
from activities.reports import BadReport, parse_json, read_output, valid_unicode, write_input
from activities.tool_reports import execute, failed_to_run, last_output, make_report
from activities.tooling import OUR_TOOLS, Tool, Workbench

_UNREACHABLE = ("ConnectionError", "Could not connect", "Max retries", "Name or service", "timed out", "Timeout", "503")

_NOT_ASKED = "The advisories are unavailable, so nothing was audited."


async def _run(bench: Workbench) -> ToolReport:
    """Exit code 1 means vulnerabilities and failures alike: with a report it was the first."""
    version = our_version("pip-audit")
    if bench.env_root is None:
        said = "Nothing could be installed, so there are no versions to look up."
        return ToolReport("pip-audit", version, completed=False, problem=said)
    listed = _listed(bench)
    write_input(bench.out, "installed.txt", "".join(f"{one.name}=={one.version}\n" for one in listed if not one.direct))
    finished = await execute(bench, _command(bench), network=True)
    try:
        report = parse_json(read_output(bench.out, "audit.json"), "pip-audit's report")
    except BadReport:
        if not finished.result.stopped and any(sign in last_output(finished.result) for sign in _UNREACHABLE):
            return make_report("pip-audit", version, finished, advice=_NOT_ASKED)
        return failed_to_run("pip-audit", version, finished)
    entries = _entries(report)
    found = tuple(one for entry in entries for one in _findings(entry, bench))
    return make_report("pip-audit", version, finished, findings=found, advice=_advice(entries, listed))


def _listed(bench: Workbench) -> tuple[Distribution, ...]:
    """Without the project itself, which no index needs to know."""
    there = installed(bench.env_root) if bench.env_root else {}
    return tuple(one for one in there.values() if one.name != project_name(bench.project) and not one.editable)


def _command(bench: Workbench) -> tuple[str, ...]:
    out = bench.paths.out
    ignored = bench.options.get("ignore")
    names = [str(name) for name in ignored] if isinstance(ignored, list | tuple) else []
    return (
        str(OUR_TOOLS / "bin" / "pip-audit"),
        *("-r", f"{out}/installed.txt", "--no-deps", "--disable-pip", "--progress-spinner=off"),
        *("-f", "json", "-o", f"{out}/audit.json", f"--cache-dir={out}/cache"),
        *(f"--ignore-vuln={name}" for name in names),
    )


def _entries(report: object) -> list[dict[str, Any]]:
    listed = report.get("dependencies") if isinstance(report, dict) else None
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def _findings(entry: dict[str, Any], bench: Workbench) -> Iterator[Finding]:
    vulnerabilities = entry.get("vulns")
    for one in vulnerabilities if isinstance(vulnerabilities, list) else []:
        path, line = named_in_manifests(bench.project, str(entry.get("name")))
        yield Finding(
            check="dependencies",
            tool="pip-audit",
            rule=valid_unicode(str(one.get("id"))),
            path=bench.relative(path),
            line=line,
            message=_message(entry, one),
            severity="critical",
        )


def _message(entry: dict[str, Any], one: dict[str, Any]) -> str:
    also = ", ".join(str(name) for name in one.get("aliases") or ())
    fixed = ", ".join(str(version) for version in one.get("fix_versions") or ())
    first_line = str(one.get("description") or "").strip().partition("\n")[0][:300]
    head = f"{entry.get('name')} {entry.get('version')} is vulnerable: {one.get('id')}{f' ({also})' if also else ''}."
    return valid_unicode(f"{head} {f'Fixed in {fixed}.' if fixed else 'No release fixes it.'} {first_line}".strip())


def _advice(entries: list[dict[str, Any]], listed: tuple[Distribution, ...]) -> str:
    skipped = [str(entry.get("name")) for entry in entries if entry.get("skip_reason")]
    skipped += [one.name for one in listed if one.direct]
    looked = {canonicalize_name(str(entry.get("name"))) for entry in entries}
    skipped += [one.name for one in listed if not one.direct and one.name not in looked]
    if not skipped:
        return ""
    names = ", ".join(sorted(skipped)[:10]) + (" …" if len(skipped) > 10 else "")
    return valid_unicode(f"{len(skipped)} of {len(listed)} packages could not be looked up: {names}.")


tool = Tool("pip-audit", ("dependencies",), "python", lambda project: "", _run, default=True)
