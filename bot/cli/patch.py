"""`autobuild patch`"""

import os
from pathlib import Path

import click


@click.command(name="patch")
@click.argument("instruction")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--dry-run", is_flag=True, help="Print the change; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(instruction: str, path: Path, dry_run: bool, as_json: bool) -> int:
    """Let an agent change the code in a folder as INSTRUCTION says.

    The change is left in the files once it passes the checks. Exit code: 0 done or nothing to change, 1 not done, 2
    could not run.
    """
    from bot import local_patch
    from bot.cli.signals import run_to_end

    options = local_patch.PatchOptions(instruction, path, dry_run, as_json)
    return run_to_end(local_patch.run(options, os.environ))
