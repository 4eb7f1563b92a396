"""Any other language: a check that `.github/autobuild.yml` answers with a command and the format it writes."""

from collections.abc import Mapping
from dataclasses import replace

from activities import formats
from activities.formats import BadReport, Contents
from activities.model import Finding, ToolReport
from activities.reading import Ended, execute, failed_to_run, report_of, written
from activities.tools import Project, Tool, Workbench

# What the command writes into the tree is thrown away with its layer, so its report is carried out.
_RUN = 'eval "$1"; ended=$?; if [ -n "$2" ]; then cp -- "$2" "$3/report"; fi; exit $ended'


def configured_tool(check: str, options: Mapping[str, object]) -> Tool | None:
    """The tool that the options describe; None where they name no command."""
    command = options.get("command")
    if not isinstance(command, str) or not command:
        return None

    async def version(bench: Workbench) -> str:
        return ""  # whatever the repository brings

    async def run(bench: Workbench) -> ToolReport:
        report = str(bench.options.get("report") or "")
        return _report(check, bench, await execute(bench, ("sh", "-c", _RUN, "sh", command, report, bench.places.out)))

    return Tool("command", (check,), "any", _configured, version, run)


def _configured(project: Project) -> str:
    return ".github/autobuild.yml"


def _report(check: str, bench: Workbench, ended: Ended) -> ToolReport:
    name = str(bench.options.get("format") or "text")
    try:
        data = written(bench.out, "report") if bench.options.get("report") else ended.ran.stdout
        contents = formats.registry()[name].reads(data, "command", check)
    except (BadReport, OSError) as error:
        return failed_to_run("command", "", ended, f"The command's report is no {name}: {error}")
    found = _anchored(bench, contents)
    if ended.ran.exit_code and not _says_why(found) and not ended.ran.stopped:
        return failed_to_run(
            "command", "", ended, f"The command ended with {ended.ran.exit_code} and reported nothing."
        )
    return report_of(
        "command", "", ended,
        findings=found.findings, tests=found.tests, coverage=found.coverage, benchmarks=found.benchmarks,
    )  # fmt: skip


def _says_why(contents: Contents) -> bool:
    return bool(contents.findings) or any(case.outcome == "failed" for case in contents.tests)


def _anchored(bench: Workbench, contents: Contents) -> Contents:
    """Paths as the repository knows them."""
    return replace(
        contents,
        findings=tuple(_moved(bench, finding) for finding in contents.findings),
        tests=tuple(replace(t, path=bench.relative(t.path)) if t.path else t for t in contents.tests),
        coverage=tuple(replace(file, path=bench.relative(file.path)) for file in contents.coverage),
    )


def _moved(bench: Workbench, finding: Finding) -> Finding:
    return replace(finding, path=bench.relative(finding.path))
