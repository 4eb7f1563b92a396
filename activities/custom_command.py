"""Any other language: a check that `.github/autobuild.yml` answers with a command and the format it writes."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from activities import formats
from activities.model import ToolReport
from activities.reports import BadReport, read_output
from activities.tool_reports import FinishedCommand, execute, failed_to_run, make_report
from activities.tooling import Tool, Workbench

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

    return Tool("command", (check,), "any", lambda project: ".github/autobuild.yml", run)


def _report(check: str, bench: Workbench, finished: FinishedCommand) -> ToolReport:
    name = str(bench.options.get("format") or "text")
    try:
        contents = formats.registry()[name].reads(read_output(bench.out, "command.out"), "command", check)
    except (BadReport, OSError) as error:
        return failed_to_run("command", "", finished, f"The command's report is no {name}: {error}")
    says_why = contents.findings or any(case.outcome == "failed" for case in contents.tests)
    if finished.exit_code and not says_why and not finished.result.stopped:
        return failed_to_run(
            "command", "", finished, f"The command finished with {finished.exit_code} and reported nothing."
        )
    # Paths as the repository knows them.
    return make_report(
        "command",
        "",
        finished,
        findings=tuple(replace(each, path=bench.relative(each.path)) for each in contents.findings),
        tests=tuple(replace(each, path=bench.relative(each.path)) if each.path else each for each in contents.tests),
        coverage=tuple(replace(each, path=bench.relative(each.path)) for each in contents.coverage),
        benchmarks=contents.benchmarks,
    )
