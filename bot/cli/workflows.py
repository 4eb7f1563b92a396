"""`autobuild start | list | status | wait | signal | cancel`: workflows from the command line."""

import json
import os
import time
from collections.abc import Coroutine
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import click

from activities.errors import UserError
from bot.printable import printable

if TYPE_CHECKING:
    from activities.planned_changes.types import PRResult
    from bot.client import EndedWorkflows, WorkflowClient, WorkflowStatus

T = TypeVar("T")

_STARTED = ("gate", "migration", "patch", "plan-patch-pr")

_PLUGINS = {
    "checks": "activities.checks",
    "tools": "activities.tools",
    "toolchains": "activities.toolchains",
    "formats": "activities.formats",
    "recipes": "activities.recipes",
    "agents": "activities.agents",
    "alerts": "bot.alerts",
    "commands": "bot.commands",
}


async def _client() -> "WorkflowClient":
    """For the running `autobuild up`, or the Temporal that the environment names."""
    from bot.client import WorkflowClient, connect
    from bot.settings import Settings
    from bot.settings.running_up import with_running_up

    environ = with_running_up(os.environ)
    settings = Settings.load(environ, needs=())
    return WorkflowClient(await connect(environ=environ), settings.task_queue)


def _ask(work: Coroutine[Any, Any, T]) -> T:
    """The answer of Temporal. Raises UserError, also for what it refuses."""
    from temporalio.service import RPCError

    from bot.cli.signals import run_to_end

    try:
        return run_to_end(work)
    except RPCError as error:
        raise UserError(f"Temporal answers {error.status.name}: {error.message}") from error


@click.command()
@click.argument("what", type=click.Choice(_STARTED), metavar="|".join(_STARTED))
@click.argument("repository", metavar="OWNER/NAME")
@click.argument("subject", metavar="SHA|RECIPE|PULL|ISSUE")
@click.option("--base", default="", metavar="BRANCH", help="Compare with this branch, or migrate this one.")
@click.option("--issue", default=0, metavar="NUMBER", help="Comment on the migration in this issue.")
@click.option("--comment", default=0, metavar="ID", help="The comment of the pull request with a patch's instruction.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and push nothing.")
@click.option("--anyway", is_flag=True, help="Also where an open pull request already closes the issue.")
@click.option("--installation", type=int, required=True, help="The App's installation id for the repository.")
def start(
    what: str,
    repository: str,
    subject: str,
    base: str,
    issue: int,
    comment: int,
    dry_run: bool,
    anyway: bool,
    installation: int,
) -> None:
    """Start the gate of a commit, a migration by a recipe, a patch of a pull request or a planned change of an issue,
    and print the workflow's id."""
    from activities.migration.types import MigrationInput
    from activities.model import Head, RepoRef
    from activities.patching.types import IncrementalPatchInput
    from activities.planned_changes.types import PlanPatchPRInput
    from activities.quality_gate.types import GateInput

    owner, slash, name = repository.partition("/")
    if not slash or not owner or not name or "/" in name:
        raise UserError(f"{repository!r} is not OWNER/NAME.")
    repo = RepoRef(owner, name, installation)
    if what == "patch" and not (comment and subject.isdecimal()):
        raise UserError("A patch needs the number of a pull request, and --comment with the id of a comment there.")
    if what == "plan-patch-pr" and not (subject.isdecimal() and int(subject)):
        raise UserError(f"{subject!r} is not the number of an issue.")
    if what != "plan-patch-pr" and anyway:
        raise UserError("--anyway is for plan-patch-pr only.")

    async def start_workflow() -> str:
        client = await _client()
        if what == "plan-patch-pr":
            return await client.start_plan_patch_pr(
                PlanPatchPRInput(repo, int(subject), "", time.time(), dry_run=dry_run, anyway=anyway)
            )
        if what == "patch":
            return await client.start_incremental_patch(
                IncrementalPatchInput(repo, int(subject), comment, dry_run=dry_run)
            )
        if what == "migration":
            return await client.start_code_migration(MigrationInput(Head(repo, branch=base), subject, number=issue))
        return await client.start_quality_gate(
            GateInput(Head(repo, subject, base_ref=base), owner_key=f"cli:{repository}")
        )

    click.echo(_ask(start_workflow()))


@click.command(name="list")
@click.argument("kind", default="workflows")
@click.option("--query", default="", help="Temporal list filter for workflows.")
@click.option("--json", "as_json", is_flag=True, help="Print the candidates as JSON.")
def list_(kind: str, query: str, as_json: bool) -> None:
    """List workflows, candidates, plug-ins or prompts. KIND is workflows, candidates (which strategy wins in planned
    changes), checks, tools, toolchains, formats, recipes, agents, alerts (their sources), commands
    or prompts."""

    async def running() -> "list[WorkflowStatus]":
        return await (await _client()).list_workflows(query)

    if kind == "workflows":
        for one in _ask(running()):
            click.echo(printable(f"{one.status:10} {one.started[:19]} {one.type:28} {one.workflow_id}"))
        return
    if kind == "candidates":
        _list_candidates(as_json)
        return
    if kind == "prompts":
        from activities.agent_runs.prompts import prompts

        for role, text in prompts().items():
            click.echo(f"# {role}\n\n{text}")
        return
    if kind not in _PLUGINS:
        raise UserError(f"Cannot list {kind!r}. Use one of workflows, candidates, {', '.join(_PLUGINS)}, prompts.")
    from activities.plugins import help_line

    package = import_module(_PLUGINS[kind])
    for name in package.registry():
        click.echo(f"{name:20} {help_line(_PLUGINS[kind], name)}")


def _list_candidates(as_json: bool) -> None:
    from dataclasses import asdict

    from activities.planned_changes.types import PRResult
    from bot.candidates import WORKFLOW, strategy_rows, table

    async def ended() -> "EndedWorkflows[PRResult]":
        return await (await _client()).list_ended(WORKFLOW, PRResult)

    runs = _ask(ended())
    rows = strategy_rows(runs.found)
    if as_json:
        document = {"runs": len(runs.found), "unreadable": runs.unreadable, "strategies": [asdict(row) for row in rows]}
        click.echo(json.dumps(document, indent=2))
        return
    for line in table(rows):
        click.echo(printable(line))
    if runs.unreadable:
        click.echo(f"The results of {runs.unreadable} more are of another version and were left out.")


@click.command()
@click.argument("workflow_id")
def status(workflow_id: str) -> None:
    """Show the status of a workflow."""
    from dataclasses import asdict

    async def facts() -> dict[str, str]:
        return asdict(await (await _client()).get_workflow_status(workflow_id))

    for name, value in _ask(facts()).items():
        if value:
            click.echo(printable(f"{name:12} {value}"))


@click.command()
@click.argument("workflow_id")
@click.option("--timeout", type=float, default=None, help="Seconds to wait at most.")
def wait(workflow_id: str, timeout: float | None) -> None:
    """Wait for a workflow and print its result as JSON."""

    async def result() -> object:
        return await (await _client()).wait_for_result(workflow_id, timeout)

    click.echo(json.dumps(_ask(result()), indent=2))


@click.command()
@click.argument("workflow_id")
@click.argument("name")
@click.argument("argument", default="")
def signal(workflow_id: str, name: str, argument: str) -> None:
    """Send a signal to a workflow. ARGUMENT is JSON."""
    try:
        value = json.loads(argument) if argument else None
    except ValueError as error:
        raise UserError(f"ARGUMENT is not JSON: {error}. Quote a string twice: '\"abc\"'.") from error

    async def send() -> None:
        await (await _client()).signal_workflow(workflow_id, name, value)

    _ask(send())


@click.command()
@click.argument("workflow_id")
def cancel(workflow_id: str) -> None:
    """Cancel a workflow."""

    async def request() -> None:
        await (await _client()).cancel_workflow(workflow_id)

    _ask(request())


COMMANDS = (start, list_, status, wait, signal, cancel)
