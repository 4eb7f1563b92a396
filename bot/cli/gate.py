"""`autobuild gate`"""

import os
from pathlib import Path

import click


@click.command(name="gate")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--base", default="", metavar="REF", help="Compare with this commit instead of the default branch.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--sarif", type=click.Path(path_type=Path), help="Write the findings to this file as SARIF 2.1.0.")
@click.option("--fix", is_flag=True, help="Apply safe fixes to the files first.")
@click.option("--explain", is_flag=True, help="Print what would run and where that was learnt; run nothing.")
def command(path: Path, base: str, as_json: bool, sarif: Path | None, fix: bool, explain: bool) -> int:
    """Run the quality gate on a folder. Exit code: 0 passed, 1 failed, 2 could not run."""
    if explain:
        from bot.local_gate.explained import explained

        click.echo(explained(path))
        return 0
    from bot import local_gate
    from bot.cli.signals import run_to_end

    return run_to_end(local_gate.run(local_gate.GateOptions(path, base, as_json, sarif, fix), os.environ))
