"""`autobuild serve`"""

import os

import click


@click.command(name="serve")
@click.option("--smee", default="", metavar="URL", help="Also receive events from this smee channel.")
def command(smee: str) -> int:
    """Run the webhook server, which receives GitHub's events."""
    from bot.cli.signals import run_server
    from bot.webhook.serve import serve

    return run_server(serve({**os.environ, **({"AUTOBUILD_SMEE_URL": smee} if smee else {})}))
