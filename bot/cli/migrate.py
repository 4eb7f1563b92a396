"""`autobuild migrate`"""

import os
from pathlib import Path

import click

_STDOUT = "-"


@click.command(name="migrate")
@click.argument("recipe")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--to", default="", metavar="VERSION", help="Migrate to this version, for recipes that take one.")
@click.option("--only", multiple=True, metavar="STEP", help="Run only this step. Can be given several times.")
@click.option("--dry-run", is_flag=True, help="Print the changes; change nothing and judge nothing.")
@click.option("--batch", is_flag=True, help="Make independent steps side by side and judge them all at once.")
@click.option("--commit", is_flag=True, help="Make one commit a step. Without it the files are changed.")
@click.option("--stop", is_flag=True, help="Stop at the first step that fails. Without it independent steps go on.")
@click.option(
    "--json",
    "json_file",
    is_flag=False,
    flag_value=_STDOUT,
    default=None,
    metavar="FILE",
    help="Write what is left to FILE as a JSON list. Without FILE print everything as one JSON document.",
)
def command(
    recipe: str,
    path: Path,
    to: str,
    only: tuple[str, ...],
    dry_run: bool,
    batch: bool,
    commit: bool,
    stop: bool,
    json_file: str | None,
) -> int:
    """Migrate the code in a folder. `autobuild list recipes` shows the recipes.

    Exit code: 0 done, 1 stopped, or something is left that breaks the build, 2 could not run.
    """
    from bot import local_migration
    from bot.cli.signals import run_to_end

    file = Path(json_file) if json_file and json_file != _STDOUT else None
    if file and file.is_dir():  # `--json` was written before the folder
        path, file = file, None
    options = local_migration.MigrateOptions(
        path, recipe, to, only, dry_run, batch, commit, stop, json_file is not None and file is None, file
    )
    return run_to_end(local_migration.run(options, os.environ))
