"""Programs in JavaScript that start a test runner or write its report: they are copied into a run's own folder."""

from importlib import resources

from activities.reports import write_input
from activities.tooling import Workbench


def copy_launcher(bench: Workbench, name: str) -> str:
    """Where the command finds a fresh copy of the file `name` of this folder."""
    write_input(bench.out, name, resources.files(__name__).joinpath(name).read_text("utf-8"))
    return f"{bench.paths.out}/{name}"
