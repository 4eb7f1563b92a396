"""A command of a step that gave no result, as a sentence."""

from activities.reporting.migration import program_ended
from activities.sandbox import ProcessResult


def ended(result: ProcessResult) -> str:
    """With the last line that it printed."""
    output = (result.stderr or result.stdout).decode("utf-8", "backslashreplace")
    return program_ended(result.exit_code, result.stopped, output)
