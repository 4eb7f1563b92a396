"""`autobuild`: one engine, on a laptop and on a server."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from activities.errors import UserError
from bot.telemetry import flush

# `autobuild gate`: 0 passed, 1 failed, 2 could not run. The other commands use 0 and 2.
COULD_NOT_RUN = 2


def main() -> None:
    """Runs the command line and ends the process hard.

    The Temporal client's native threads may crash an interpreter that exits in the usual way, so nothing is
    left to it: everything is flushed, and then the process is gone.
    """
    code = _run()
    flush()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run() -> int:
    try:
        result = cli.main(standalone_mode=False)
        return result if isinstance(result, int) else 0
    except UserError as error:
        click.echo(f"autobuild: {error}", err=True)
    except click.ClickException as error:
        error.show()
    except (KeyboardInterrupt, click.Abort, asyncio.CancelledError):
        click.echo("autobuild: interrupted", err=True)
    return COULD_NOT_RUN


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="autobuild")
def cli() -> None:
    """A quality gate for GitHub on Temporal, and the same gate on this machine."""


@cli.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--base", default="", metavar="REF", help="Compare with this commit (else the default branch).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--sarif", type=click.Path(path_type=Path), help="Write the new findings as SARIF 2.1.0 here.")
@click.option("--fix", is_flag=True, help="Apply tool-safe fixes to the files first.")
def gate(path: Path, base: str, as_json: bool, sarif: Path | None, fix: bool) -> int:
    """Run the gate on a folder: exit 0 passed, 1 failed, 2 could not run."""
    from bot.cli import gate as local_gate

    options = local_gate.GateOptions(path, base, as_json, sarif, fix)
    return _to_its_end(local_gate.run(options, os.environ))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path(".github/autobuild.yml"))
def validate(file: Path) -> int:
    """Check a repository's .github/autobuild.yml."""
    from bot.cli.validate import mistakes

    problems = mistakes(file)
    for problem in problems:
        click.echo(f"{file}:{problem.line}: {problem.message}")
    if not problems:
        click.echo(f"{file} is right.")
    return 1 if problems else 0


@cli.command()
@click.option("--print", "as_lines", is_flag=True, help="Print the credentials as settings; store nothing.")
def setup(as_lines: bool) -> int:
    """Register the GitHub App in a browser, or say which one this is."""
    from bot.cli import setup as setup_command

    return _to_its_end(setup_command.run(os.environ, as_lines=as_lines))


@cli.command()
@click.option("--smee", default="", metavar="URL", help="Take events from this smee channel too.")
def serve(smee: str) -> int:
    """Receive GitHub's events (the web process)."""
    from bot.webhook import serve as serving

    return _until_stopped(serving.serve({**os.environ, **({"AUTOBUILD_SMEE_URL": smee} if smee else {})}))


@cli.command()
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def worker(workers: int) -> int:
    """Work for Temporal."""
    from bot import processes

    return _until_stopped(processes.work(os.environ, workers))


@cli.command()
@click.option("--pretend", is_flag=True, help="With the pretend GitHub instead of a real one.")
@click.option("--smee", default="", metavar="URL", help="Take events from this smee channel too.")
def up(pretend: bool, smee: str) -> int:
    """Everything in one terminal: Temporal, web and worker."""
    from bot import processes

    return _until_stopped(processes.up(os.environ, pretend=pretend, smee=smee))


@cli.command()
@click.option("--keep", is_flag=True, help="Stay up afterwards.")
def demo(keep: bool) -> int:
    """Two sample repositories, two pull requests, all check runs, without GitHub."""
    from bot.cli import demo as the_demo

    return _to_its_end(the_demo.run(os.environ, keep=keep))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(as_json: bool) -> int:
    """Say what is right here, what is not, and how to mend it: exit 0 all is right, 1 something is wrong."""
    from bot import doctor as the_doctor

    return _to_its_end(the_doctor.run(os.environ, as_json))


def _to_its_end(work: Coroutine[Any, Any, int]) -> int:
    """A signal interrupts it, and it cleans up."""
    from bot.processes import stoppable

    return asyncio.run(stoppable(work))


def _until_stopped(work: Coroutine[Any, Any, None]) -> int:
    """A signal is the usual end of a server: exit 0."""
    from bot.processes import until_stopped

    asyncio.run(until_stopped(work))
    return 0


@cli.command()
@click.argument("repository", metavar="OWNER/NAME")
@click.argument("sha")
@click.option("--base", default="", metavar="BRANCH", help="The branch to compare with.")
@click.option("--installation", type=int, required=True, help="The App's installation id there.")
def start(repository: str, sha: str, base: str, installation: int) -> int:
    """Start the gate of a head on GitHub."""
    from bot.cli import workflows

    return asyncio.run(workflows.start(os.environ, repository, sha, base, installation))


@cli.command(name="list")
@click.argument("kind", default="workflows")
@click.option("--query", default="", help="Temporal's list filter.")
def list_(kind: str, query: str) -> int:
    """List workflows, or what is loaded: checks, tools, toolchains, formats, commands."""
    from bot.cli import workflows

    return asyncio.run(workflows.list_(os.environ, kind, query))


@cli.command()
@click.argument("event")
@click.argument("payload", type=click.Path(path_type=Path, allow_dash=True), metavar="PAYLOAD.json")
@click.option("--installation", type=int, default=0, help="Stands in where the payload names none.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def simulate(event: str, payload: Path, installation: int, as_json: bool) -> int:
    """Show what an event of GitHub would start, and why."""
    from bot.cli import simulate as the_simulation

    return the_simulation.run(os.environ, event, payload, installation, as_json)


@cli.command()
@click.argument("workflow_id")
def status(workflow_id: str) -> int:
    """Show how a workflow stands."""
    from bot.cli import workflows

    return asyncio.run(workflows.status(os.environ, workflow_id))


@cli.command()
@click.argument("workflow_id")
@click.option("--timeout", type=float, default=None, help="Seconds.")
def wait(workflow_id: str, timeout: float | None) -> int:
    """Wait for a workflow's result and print it as JSON."""
    from bot.cli import workflows

    return asyncio.run(workflows.wait(os.environ, workflow_id, timeout))


@cli.command()
@click.argument("workflow_id")
@click.argument("name")
@click.argument("argument", default="")
def signal(workflow_id: str, name: str, argument: str) -> int:
    """Send a signal; ARGUMENT is JSON."""
    from bot.cli import workflows

    return asyncio.run(workflows.signal(os.environ, workflow_id, name, argument))


@cli.command()
@click.argument("workflow_id")
def cancel(workflow_id: str) -> int:
    """Ask a workflow to end."""
    from bot.cli import workflows

    return asyncio.run(workflows.cancel(os.environ, workflow_id))
