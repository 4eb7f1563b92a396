"""`autobuild doctor`"""

import os

import click


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(as_json: bool) -> int:
    """Check this deployment and suggest fixes. Exit code: 0 no errors, 1 errors."""
    from bot import doctor
    from bot.cli.signals import run_to_end
    from bot.settings.data_folder import mention_earlier_folder

    mention_earlier_folder(os.environ)
    return run_to_end(doctor.run(os.environ, as_json))
