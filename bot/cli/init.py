"""`autobuild init`"""

from pathlib import Path

import click

from bot.printable import printable


@click.command(name="init")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
def command(path: Path) -> int:
    """Write a commented .github/autobuild.yml with what was found in a folder."""
    from bot.local_gate.explained import write_configuration

    click.echo(printable(f"{write_configuration(path)} was written. Look at it and commit it."))
    return 0
