"""`autobuild diagnose`"""

import os
from pathlib import Path

import click


@click.command(name="diagnose")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--prometheus", default="", metavar="URL", help="Fetch the metrics from this server instead.")
@click.option("--service", default="", metavar="NAME", help="The service that has the trouble.")
@click.option(
    "--at",
    default="",
    metavar="TIME",
    help="When it began, such as 2026-12-01T14:03:00Z. Default: what the folder says, or now.",
)
@click.option(
    "--repository", type=click.Path(path_type=Path), metavar="PATH", help="The code, whose commits may be the cause."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(folder: Path | None, prometheus: str, service: str, at: str, repository: Path | None, as_json: bool) -> int:
    """Diagnose an incident from a FOLDER with metrics, logs and traces, or from a Prometheus server.

    Nothing is changed. Exit code: 0 there is a report, 1 nothing could be said, 2 could not run.
    """
    from bot import local_incident
    from bot.cli.signals import run_to_end

    options = local_incident.DiagnoseOptions(folder, prometheus, service, at, repository, as_json)
    return run_to_end(local_incident.run(options, os.environ))
