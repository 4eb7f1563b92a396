"""`autobuild start | list | status | wait | signal | cancel`: workflows from the command line."""

import dataclasses
import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from activities.errors import UserError
from activities.model import RepoRef
from activities.quality_gate.types import GateInput
from bot.client import WorkflowClient, WorkflowStatus, connect

_KINDS = {
    "checks": "activities.checks",
    "tools": "activities.tools",
    "toolchains": "activities.toolchains",
    "formats": "activities.formats",
    "commands": "bot.commands",
}


async def start(environ: Mapping[str, str], repository: str, sha: str, base: str, installation: int) -> int:
    """Prints the workflow's id."""
    owner, slash, name = repository.partition("/")
    if not slash or not owner or not name or "/" in name:
        raise UserError(f"{repository!r} is not OWNER/NAME.")
    repo = RepoRef(owner, name, installation)
    request = GateInput(repo, sha, base_ref=base, owner_key=f"cli:{repository}")
    click.echo(await (await _client(environ)).start_quality_gate(request))
    return 0


async def list_(environ: Mapping[str, str], kind: str, query: str) -> int:
    """Workflows, or the plug-ins of a folder with the first line of their documentation."""
    if kind == "workflows":
        for one in await (await _client(environ)).list_workflows(query):
            click.echo(_line(one))
        return 0
    if kind not in _KINDS:
        raise UserError(f"{kind!r} cannot be listed. There are: workflows, {', '.join(_KINDS)}.")
    package = import_module(_KINDS[kind])
    for name in package.registry():
        click.echo(f"{name:20} {_first_line(_KINDS[kind], name)}")
    return 0


async def status(environ: Mapping[str, str], workflow_id: str) -> int:
    """One line a fact."""
    found = await (await _client(environ)).get_workflow_status(workflow_id)
    for name, value in dataclasses.asdict(found).items():
        if value:
            click.echo(f"{name:12} {value}")
    return 0


async def wait(environ: Mapping[str, str], workflow_id: str, timeout: float | None) -> int:
    """The result as JSON."""
    result = await (await _client(environ)).wait_for_result(workflow_id, timeout)
    click.echo(json.dumps(result, indent=2))
    return 0


async def signal(environ: Mapping[str, str], workflow_id: str, name: str, argument: str) -> int:
    """Sent when Temporal has it."""
    await (await _client(environ)).signal_workflow(workflow_id, name, _json(argument))
    return 0


async def cancel(environ: Mapping[str, str], workflow_id: str) -> int:
    """Asked for when Temporal has it."""
    await (await _client(environ)).cancel_workflow(workflow_id)
    return 0


async def _client(environ: Mapping[str, str]) -> WorkflowClient:
    from bot.settings import Settings

    settings = Settings.load(environ, needs=())
    return WorkflowClient(await connect(environ=environ), settings.task_queue)


def _line(one: WorkflowStatus) -> str:
    return f"{one.status:10} {one.started[:19]} {one.type:28} {one.workflow_id}"


def _json(text: str) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise UserError(f"The argument is not JSON: {error}. A text needs quotes, like '\"abc\"'.") from error


def _first_line(package: str, name: str) -> str:
    try:
        return (import_module(f"{package}.{name.replace('-', '_')}").__doc__ or "").strip().splitlines()[0]
    except (ImportError, IndexError):
        return ""
