"""From a command that ended to a tool's report: what every tool does the same way.

A tool starts its program with `execute`, reads what it wrote with `written` and `json_of`, and answers
with `report_of` or, when there is no usable answer, with `failed_to_run`.
"""

import signal
from collections.abc import Mapping
from dataclasses import dataclass

from activities.model import Benchmark, FileCoverage, Finding, TestCase, ToolReport
from activities.reports import valid_unicode
from activities.sandbox import ProcessResult, ResourceLimits, SandboxCommand
from activities.tooling import Workbench

TAIL = 4000
"""Characters of a program's output that are kept for a person."""


@dataclass(frozen=True)
class Ended:
    """A command and how it ended."""

    command: SandboxCommand
    ran: ProcessResult

    @property
    def text(self) -> str:
        """What it printed on stdout, as valid Unicode."""
        return self.ran.stdout.decode("utf-8", "backslashreplace")


async def execute(
    bench: Workbench, argv: tuple[str, ...], env: Mapping[str, str] | None = None, *, network: bool = False
) -> Ended:
    """Runs a program in the project's folder, within the bench's limits. `network` only for a program of ours
    that runs no code of the repository."""
    command = SandboxCommand(argv, cwd=bench.project.folder, env=env or {}, network=network, limits=bench.limits)
    return Ended(command, await bench.run(command))


async def execute_to_file(
    bench: Workbench, argv: tuple[str, ...], name: str, env: Mapping[str, str] | None = None
) -> Ended:
    """The same for a program that writes its report to stdout alone: it goes to `out/name` whole, where what a
    runner keeps of stdout may be cut."""
    into = f"{bench.places.out}/{name}"
    return await execute(bench, ("/bin/sh", "-c", 'into=$1; shift; exec "$@" > "$into"', "sh", into, *argv), env)


def report_of(
    tool: str,
    version: str,
    ended: Ended,
    *,
    findings: tuple[Finding, ...] = (),
    tests: tuple[TestCase, ...] = (),
    coverage: tuple[FileCoverage, ...] = (),
    benchmarks: tuple[Benchmark, ...] = (),
    problem: str = "",
    advice: str = "",
) -> ToolReport:
    """The report of a tool that gave a usable answer. A limit that cut it short becomes its problem."""
    return ToolReport(
        tool=tool,
        version=version,
        findings=findings,
        tests=tests,
        coverage=coverage,
        benchmarks=benchmarks,
        problem=problem or how_it_ended(tool, ended),
        advice=advice,
        timed_out=ended.ran.stopped == "time",
        command=valid_unicode(" ".join(ended.command.argv)),
        output_tail=tail(ended.ran),
        duration_s=ended.ran.duration_s,
    )


def failed_to_run(tool: str, version: str, ended: Ended, problem: str = "") -> ToolReport:
    """The report of a tool that gave no usable answer. Without a `problem`, the limit or signal that ended it is
    named, else its last words."""
    return ToolReport(
        tool=tool,
        version=version,
        looked=False,
        problem=_named(problem, how_it_ended(tool, ended)) or _broke(tool, ended.ran),
        timed_out=ended.ran.stopped == "time",
        command=valid_unicode(" ".join(ended.command.argv)),
        output_tail=tail(ended.ran),
        duration_s=ended.ran.duration_s,
    )


def not_installed(tool: str, why: str, mend: str) -> ToolReport:
    """The report of a tool that the project uses (`why`) and that is nowhere to be found."""
    return ToolReport(tool=tool, looked=False, problem=f"{tool} is configured ({why}) but is not installed: {mend}")


def how_it_ended(tool: str, ended: Ended) -> str:
    """One sentence when something else than the program itself ended it, "" otherwise."""
    limits, ran = ended.command.limits, ended.ran
    match ran.stopped:
        case "":
            return _killed(tool, ran.exit_code, limits)
        case "time":
            return f"{tool} was stopped at its time limit of {limits.wall_s:g} s."
        case "memory":
            return f"{tool} was stopped at its memory limit of {limits.memory // 1024**2} MiB."
        case "processes":
            return f"{tool} was stopped at its limit of {limits.processes} processes."
        case "disk":
            return f"{tool} was stopped at its disk limit of {limits.disk // 1024**2} MiB."
        case other:
            return f"{tool} was stopped at its {other} limit."


def tail(ran: ProcessResult) -> str:
    """The last of what it printed, stderr after stdout, for a person to read."""
    both = b"\n".join(part.strip() for part in (ran.stdout[-TAIL:], ran.stderr[-TAIL:]) if part.strip())
    return both.decode("utf-8", "backslashreplace")[-TAIL:]


def _named(problem: str, ending: str) -> str:
    """A missing report is no news about a program that was killed; a sentence that names the end is."""
    return problem if not ending or ending[:-1] in problem else ending


def _killed(tool: str, exit_code: int, limits: ResourceLimits) -> str:
    """A shell and bubblewrap give 128 + n for a child that died of signal n."""
    number = -exit_code if exit_code < 0 else exit_code - 128
    if number == signal.SIGXFSZ:
        return f"{tool} was stopped at its limit of {limits.file_size // 1024**2} MiB for one file."
    try:
        return f"{tool} was killed by {signal.Signals(number).name}." if number > 0 else ""
    except ValueError:
        return ""


def _broke(tool: str, ran: ProcessResult) -> str:
    lines = tail(ran).splitlines()
    last = f": {lines[-1].strip()[:300]}" if lines else ""
    return f"{tool} ended with exit code {ran.exit_code} and no report{last}"
