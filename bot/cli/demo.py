"""`autobuild demo`"""

import os

import click

from bot.demo import PARTS


@click.command(name="demo")
@click.option("--only", type=click.Choice(PARTS), metavar="PART", help=f"Show this part alone: {', '.join(PARTS)}.")
@click.option("--keep", is_flag=True, help="Keep everything running afterwards.")
def command(only: str | None, keep: bool) -> int:
    """Run the gate on two sample pull requests, a migration, a patch, a planned change of an issue and two incidents.

    GitHub, the model and the monitoring are simulated.
    """
    from bot.cli.signals import run_to_end
    from bot.demo.running import run

    run_to_end(run(os.environ, (only,) if only else PARTS, keep=keep))
    return 0
