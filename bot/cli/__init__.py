"""`autobuild`: the command line. One file a command; each imports what it runs when it runs, so `--help` is quick."""

import os
import sys
import traceback

import click

from activities.errors import UserError
from bot.cli import (
    demo,
    diagnose,
    doctor,
    gate,
    init,
    migrate,
    patch,
    protect,
    serve,
    setup,
    simulate,
    up,
    validate,
    worker,
    workflows,
)
from bot.console import WIDE
from bot.printable import printable

# `autobuild gate`: 0 passed, 1 failed, 2 could not run. The other commands use 0 and 2.
COULD_NOT_RUN = 2


def main() -> None:
    """Runs the command line and ends the process at once.

    The Temporal client's native threads may crash an interpreter that exits in the usual way. So everything is
    flushed, and then the process ends without Python's own clean-up.
    """
    code = COULD_NOT_RUN
    try:
        result = cli.main(standalone_mode=False)
        code = result if isinstance(result, int) else 0
    except UserError as error:
        click.echo(f"autobuild: {printable(str(error), lines=True)}", err=True)
    except click.ClickException as error:
        error.show()
    except (KeyboardInterrupt, click.Abort):
        click.echo("autobuild: interrupted", err=True)
    except Exception as error:  # with Python's own exit code, 1, a script would take it for a verdict
        traceback.print_exc()
        text = f"autobuild: an internal error, please report it: {type(error).__name__}: {error}"
        click.echo(printable(text, lines=True), err=True)
    if telemetry := sys.modules.get("bot.telemetry"):
        telemetry.flush()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _settings() -> dict[str, object]:
    """Help is wrapped at a terminal's width, else not at all."""
    names: dict[str, object] = {"help_option_names": ["-h", "--help"]}
    return names if sys.stdout.isatty() else {**names, "terminal_width": WIDE, "max_content_width": WIDE}


@click.group(context_settings=_settings())
@click.version_option(package_name="autobuild")
def cli() -> None:
    """Run a quality gate for GitHub on Temporal, or the same gate on this machine."""


for _module in (
    demo,
    diagnose,
    doctor,
    gate,
    init,
    migrate,
    patch,
    protect,
    serve,
    setup,
    simulate,
    up,
    validate,
    worker,
):
    cli.add_command(_module.command)
for _command in workflows.COMMANDS:
    cli.add_command(_command)
