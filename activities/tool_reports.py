"""From a finished command to a tool's report: what every tool does the same way.

A tool starts its program with `execute`, reads what it wrote with `read_output` and `parse_json`, and returns
`make_report` or, when there is no usable answer, `failed_to_run`; `findings_report` does both. Everything read here is
untrusted: sizes are limited, links are not followed, text is made valid Unicode.
"""

import signal
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace

from activities.model import Benchmark, FileCoverage, Finding, TestCase, ToolReport
from activities.reporting.reasons import refused_network
from activities.reporting.tool_failures import ended_with
from activities.reports import BadReport, valid_unicode
from activities.sandbox import ProcessResult, SandboxCommand
from activities.tooling import Tool, Workbench

_MOST_TARGETS = 500

TAIL = 4000
"""Characters of a program's output that are kept for a person."""


@dataclass(frozen=True)
class FinishedCommand:
    """A command and its result. `stdout` and `stderr` are valid Unicode."""

    command: SandboxCommand
    result: ProcessResult

    @property
    def exit_code(self) -> int:
        return self.result.exit_code

    @property
    def stdout(self) -> str:
        return self.result.stdout.decode("utf-8", "backslashreplace")

    @property
    def stderr(self) -> str:
        return self.result.stderr.decode("utf-8", "backslashreplace")


async def execute(
    bench: Workbench,
    argv: tuple[str, ...],
    env: Mapping[str, str] | None = None,
    *,
    network: bool = False,
    reaches: tuple[str, ...] = (),
) -> FinishedCommand:
    """Runs a program in the project's folder, within the bench's limits. `network` only for a program of ours
    that runs no code of the repository; `reaches` as in `SandboxCommand`."""
    folder, limits = bench.project.folder, bench.limits
    command = SandboxCommand(argv, folder, env or {}, network=network, reaches=reaches, limits=limits)
    return FinishedCommand(command, await bench.run(command))


async def execute_to_file(
    bench: Workbench, argv: tuple[str, ...], name: str, env: Mapping[str, str] | None = None
) -> FinishedCommand:
    """The same for a program that writes its report to stdout alone: it goes to the file `name` of `out`."""
    return await execute(bench, stdout_to_file(bench, argv, name), env)


def stdout_to_file(bench: Workbench, argv: tuple[str, ...], name: str) -> tuple[str, ...]:
    """What to start so that stdout is complete in the file `name` of `out`: a runner keeps only the head and the tail
    of a long output."""
    return ("/bin/sh", "-c", 'exec "$@" > "$0"', f"{bench.paths.out}/{name}", *argv)


def make_report(
    tool: str,
    version: str,
    finished: FinishedCommand,
    *,
    findings: tuple[Finding, ...] = (),
    tests: tuple[TestCase, ...] = (),
    coverage: tuple[FileCoverage, ...] = (),
    benchmarks: tuple[Benchmark, ...] = (),
    completed: bool = True,
    problem: str = "",
    advice: str = "",
) -> ToolReport:
    """The report of a tool that gave a usable answer. A limit that cut it short becomes its problem. What the network
    refused explains what is missing."""
    if problem or advice or not completed:
        advice = f"{advice} {refused_network(tool, finished.result.refused)}".strip()
    return ToolReport(
        tool=tool,
        version=version,
        findings=findings,
        tests=tests,
        coverage=coverage,
        benchmarks=benchmarks,
        completed=completed,
        problem=problem or stop_reason(tool, finished),
        advice=advice,
        timed_out=finished.result.stopped == "time",
        command=valid_unicode(" ".join(finished.command.argv)),
        output_tail=last_output(finished.result),
        duration_s=finished.result.duration_s,
    )


def findings_report(
    tool: Tool, bench: Workbench, version: str, finished: FinishedCommand, exit_codes: Container[int] = (0, 1)
) -> ToolReport:
    """The report of a tool that writes findings. It failed to run where it exits with another code, or where its
    `findings` cannot read what it wrote."""
    if finished.exit_code not in exit_codes:
        return failed_to_run(tool.name, version, finished)
    try:
        return make_report(tool.name, version, finished, findings=tuple(tool.findings(bench)))
    except BadReport as error:
        return failed_to_run(tool.name, version, finished, str(error))


def fix_targets(bench: Workbench) -> tuple[str, ...]:
    """The files that a fix is to change, as arguments; the whole folder where they are too many for a command line."""
    paths = bench.options.get("fix_paths")
    named = tuple(f"./{path}" for path in paths) if isinstance(paths, list | tuple) else ()
    return named if 0 < len(named) <= _MOST_TARGETS else (".",)


def fix_report(tool: str, version: str, finished: FinishedCommand, exit_codes: tuple[int, ...]) -> ToolReport:
    """The report of a tool that was to fix files, which succeeds with these exit codes."""
    succeeded = finished.exit_code in exit_codes
    return make_report(tool, version, finished) if succeeded else failed_to_run(tool, version, finished)


def failed_to_run(tool: str, version: str, finished: FinishedCommand, problem: str = "") -> ToolReport:
    """The report of a tool that gave no usable answer. The limit or signal that stopped it explains more than
    `problem` (a report that is missing); without either, its last line of output is quoted."""
    stopped = stop_reason(tool, finished)
    if stopped and stopped[:-1] not in problem:
        problem = stopped
    lines = [line.strip() for line in last_output(finished.result).splitlines() if line.strip()]
    last_line = lines[-1][:300] if lines else ""
    if not problem:
        problem = (
            f"{tool} exited with code {finished.exit_code} and wrote no report{f': {last_line}' if last_line else '.'}"
        )
    elif finished.exit_code and not stopped and f"code {finished.exit_code}" not in problem:
        problem = f"{problem} {ended_with(tool, finished.exit_code, last_line)}"
    return make_report(tool, version, finished, completed=False, problem=problem)


def exit_without_failure(tool: str, code: int) -> str:
    """The problem of a test run that says it failed, and whose report does not say where."""
    return f"{tool} exited with code {code}, and its report names no failed test."


def not_installed(tool: str, reason: str, hint: str) -> ToolReport:
    """The report of a tool that is missing. `reason` says why the project uses it, "" where it does not say so; `hint`
    is a sentence."""
    problem = f"{tool} is configured ({reason}) but not installed." if reason else f"{tool} is not installed."
    return ToolReport(tool, completed=False, problem=f"{problem} {hint}")


def too_old(tool: str, version: str, oldest: str) -> ToolReport:
    """The report of a tool that does not know the options that are given here."""
    problem = f"{tool} {version} is too old: {oldest} is the oldest version that is supported. Update it."
    return ToolReport(tool, version, completed=False, problem=problem)


def stop_reason(tool: str, finished: FinishedCommand) -> str:
    """One sentence when a limit or a signal stopped the command, "" when it exited."""
    limits, stopped, exit_code = finished.command.limits, finished.result.stopped, finished.exit_code
    limit = {
        "time": f"time limit of {limits.wall_s:g} s",
        "memory": f"memory limit of {limits.memory // 1024**2} MiB",
        "processes": f"limit of {limits.processes} processes",
        "disk": f"disk limit of {limits.disk // 1024**2} MiB",
    }
    if stopped:
        return f"{tool} was stopped at its {limit.get(stopped, f'{stopped} limit')}."
    # A shell and bubblewrap return 128 + n for a child that died of signal n.
    number = -exit_code if exit_code < 0 else exit_code - 128
    if number == signal.SIGXFSZ:
        return f"{tool} was stopped at its limit of {limits.file_size // 1024**2} MiB for one file."
    known = number in {one.value for one in signal.Signals}
    return f"{tool} was killed by {signal.Signals(number).name}." if known else ""


def with_flaky(first: tuple[TestCase, ...], second: tuple[TestCase, ...]) -> tuple[TestCase, ...]:
    """The tests of a first run. One that failed and passed in the second is flaky, and keeps the message of its
    failure."""
    passed = {test.id for test in second if test.outcome == "passed"}
    return tuple(
        replace(test, outcome="flaky") if test.outcome == "failed" and test.id in passed else test for test in first
    )


def with_unique_ids(tests: Iterable[TestCase]) -> tuple[TestCase, ...]:
    """Two tests of one name are two tests: the second is called "name (2)"."""
    seen: Counter[str] = Counter()
    named = []
    for test in tests:
        seen[test.id] += 1
        named.append(test if seen[test.id] == 1 else replace(test, id=f"{test.id} ({seen[test.id]})"))
    return tuple(named)


def last_output(result: ProcessResult) -> str:
    """The end of what it printed, stderr after stdout, for a person to read."""
    both = b"\n".join(part.strip() for part in (result.stdout[-TAIL:], result.stderr[-TAIL:]) if part.strip())
    return both.decode("utf-8", "backslashreplace")[-TAIL:]
