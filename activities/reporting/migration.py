"""What a migration says: in the terminal, in its comment, in its check run and in its pull request."""

from activities.reporting.markdown import code


def program_ended(exit_code: int, stopped: str, output: str) -> str:
    """Why a step's program gave no result. `stopped` is the limit that ended it, "" for none."""
    how = f"was stopped at its {stopped} limit" if stopped else f"ended with exit code {exit_code}"
    lines = output.strip().splitlines()
    said = f": {code(lines[-1][:300])}" if lines else ""
    return f"The step's program {how}{said}. Nothing of the step was kept."


def program_output(why: str) -> str:
    """Its output cannot be used."""
    return f"The step's program gave an answer that cannot be used: {code(why[:300])}. Nothing of the step was kept."


def too_large(mebibytes: int) -> str:
    """A step that would change more than a commit should hold."""
    return f"The step's changes are larger than {mebibytes} MiB. Name a folder to do it in parts."


def no_packages(output: str) -> str:
    """The packages of our own programs cannot be had."""
    lines = output.strip().splitlines()
    said = f": {code(lines[-1][:300])}" if lines else ""
    return (
        f"The packages that this migration needs from npm could not be installed{said}. Run it again when npm answers."
    )
