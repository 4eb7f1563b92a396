"""`autobuild simulate`"""

import os
from pathlib import Path

import click


@click.command(name="simulate")
@click.argument("event")
@click.argument("payload", type=click.Path(path_type=Path, allow_dash=True), metavar="PAYLOAD.json")
@click.option("--installation", type=int, default=0, help="Installation id to use if the payload has none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(event: str, payload: Path, installation: int, as_json: bool) -> int:
    """Show what a GitHub event would start, and why. Nothing is started."""
    from bot.webhook import simulation

    simulation.run(os.environ, event, payload, installation, as_json)
    return 0
