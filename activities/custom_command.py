"""Any other language: a check that `.github/autobuild.yml` answers with a command and the format it writes."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from activities import formats
from activities.model import Finding, ToolReport
from activities.reports import BadReport, Contents, read_output
from activities.tool_reports import FinishedCommand, execute, failed_to_run, make_report
from activities.tooling import Project, Tool, Workbench

# What the command writes into the tree is thrown away with its layer, so its report is carried out. One that it
# prints goes to a file too: of what a runner keeps of an output, the middle may be missing.
_PRINTED = 'eval "$1" > "$3/command.out"'
_WRITTEN = '(eval "$1"); finished=$?; cp -- "$2" "$3/command.out"; exit $finished'


def configured_tool(check: str, options: Mapping[str, object]) -> Tool | None:
    """The tool that the options describe; None where they name no command."""
    command = options.get("command")
    if not isinstance(command, str) or not command:
        return None

    async def run(bench: Workbench) -> ToolReport:
        report = str(bench.options.get("report") or "")
        script = _WRITTEN if report else _PRINTED
        finished = await execute(bench, ("sh", "-c", script, "sh", command, report, bench.paths.out))
        return await asyncio.to_thread(_report, check, bench, finished)

    return Tool("command", (check,), "any", _configured, run)


def _configured(project: Project) -> str:
    return ".github/autobuild.yml"


def _report(check: str, bench: Workbench, finished: FinishedCommand) -> ToolReport:
    name = str(bench.options.get("format") or "text")
    try:
        contents = formats.registry()[name].reads(read_output(bench.out, "command.out"), "command", check)
    except (BadReport, OSError) as error:
        return failed_to_run("command", "", finished, f"The command's report is no {name}: {error}")
    found = _anchored(bench, contents)
    if finished.exit_code and not _says_why(found) and not finished.result.stopped:
        return failed_to_run(
            "command", "", finished, f"The command finished with {finished.exit_code} and reported nothing."
        )
    return make_report(
        "command", "", finished,
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
