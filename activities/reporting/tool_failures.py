"""Why a tool gave no usable report, and the first thing to try."""

from collections.abc import Sequence

from activities.reporting.wording import listed, shortened


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


def matches_no_file(name: str) -> str:
    """Coverage of files that are not in the repository. `name` is the first of them, as the report writes it."""
    return f"The coverage report names no file of the repository ({shortened(name)}), so nothing was measured."
