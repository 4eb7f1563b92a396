"""Output to a pipe: what a person greps is on one line."""

import subprocess
import sys

import pytest
from rich.table import Table

from bot.console import make_console

LONG = "word " * 200 + "end"


@pytest.mark.parametrize("stderr", [False, True])
def test_nothing_is_wrapped_or_padded(capsys: pytest.CaptureFixture[str], stderr: bool) -> None:
    console, table = make_console(stderr=stderr), Table(box=None)
    table.add_column("a", overflow="fold")
    table.add_column("b", overflow="fold")
    table.add_row("short", LONG)
    table.add_row("x", "y")
    console.print(LONG)
    console.print(table)
    out, err = capsys.readouterr()
    lines = (err if stderr else out).splitlines()
    assert lines == [LONG, " a      b", f" short  {LONG}", " x      y"]


def test_help_is_not_wrapped() -> None:
    command = [sys.executable, "-m", "bot", "gate", "--help"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "  Run the quality gate on a folder. Exit code: 0 passed, 1 failed, 2 could not run." in lines
