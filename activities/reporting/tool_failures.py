"""Why a tool gave no usable report, and the first thing to try."""

import re
from collections.abc import Sequence
from typing import Final

from activities.model import ToolReport
from activities.reporting.wording import listed, shortened

_STEPS: Final = {
    r"name\sresolution|ENOTFOUND|EAI_AGAIN|could\snot\sresolve|network\sis\sunreachable|connection\srefused": (
        "Checks run without a network: download in `install`, or let the test skip without one."
    ),
    r"exit\scode\s12[67]|:\snot\sfound|no\ssuch\sfile": (
        "Install the missing program in `install`, or declare it as a dependency of the project."
    ),
    r"ModuleNotFoundError|ImportError|cannot\sfind\s(?:module|package)|ERR_MODULE_NOT_FOUND": (
        "Declare the missing package as a dependency of the project."
    ),
    r"memory\slimit|out\sof\smemory|MemoryError": "Let the check use less memory, such as fewer processes.",
    r"did\snot\swrite|is\san\sold\sone": "Let the command write the file that `report` names.",
    r"What\sthe\scommand\sprinted|The\sreport\s.+\sis\snot": "Compare `format` with what the command writes.",
}


def not_written(patterns: Sequence[str]) -> str:
    """`patterns` are the reports that the configuration names."""
    return f"The command did not write its report {listed(patterns, 3)}."


def old_report(name: str) -> str:
    """A report that the repository has, and that the command left as it was."""
    return f"The report {shortened(name)} is an old one of the repository: the command did not write it."


def not_a_report(format: str, why: str, name: str = "") -> str:
    """`name` is the report's file, "" for what the command printed."""
    what = f"The report {shortened(name)}" if name else "What the command printed"
    return f"{what} is not {format}: {why}"


def failed_without_reason(exit_code: int) -> str:
    """A command that failed, and whose report says nothing of it."""
    if exit_code == 127:
        return "A program of the command was not found (exit code 127)."
    if exit_code == 126:
        return "A program of the command cannot be executed (exit code 126)."
    return f"The command exited with code {exit_code}, and its report names no reason."


def ended_with(tool: str, exit_code: int, last_line: str) -> str:
    """How a tool ended whose report cannot be used. `last_line` is of its output, "" for none."""
    return f"{tool} exited with code {exit_code}{f': {last_line}' if last_line else '.'}"


def first_step(report: ToolReport) -> str:
    """What to try first where a tool could not run."""
    said = f"{report.problem}\n{report.output_tail}"
    if report.timed_out:
        return "Raise the check's `timeout`, or run less in it."
    for pattern, step in _STEPS.items():
        if re.search(pattern, said, re.IGNORECASE):
            return step
    return "Run the same command in a fresh clone without a network: it should fail there as well."


def matches_no_file(name: str) -> str:
    """Coverage of files that are not in the repository. `name` is the first of them, as the report writes it."""
    return f"The coverage report names no file of the repository ({shortened(name)}), so nothing was measured."
