"""A diagnosis on this machine: the same workflow as on a server, without GitHub. It changes nothing, and prints a
report."""

import asyncio
import contextlib
import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from activities.errors import UserError
from activities.incidents.types import Alert, IncidentInput, IncidentResult
from activities.result_store import ResultStore
from activities.workspace.mirror import Workspaces
from bot.console import make_console
from bot.local_gate import folder_settings, no_auth
from bot.local_gate.folder import local_head
from bot.printable import printable
from bot.settings.data_folder import make_private

if TYPE_CHECKING:
    from temporalio.client import Client

DONE, NOTHING_KNOWN = 0, 1
_POLL_EVERY_S = 0.2
_NO_TIME = "The time is taken to be now. Say with --at when it began, such as --at 2026-12-01T14:03:00Z."
_NOTHING = ("failed", "stopped", "unknown_service")


@dataclass(frozen=True)
class DiagnoseOptions:
    """The options of `autobuild diagnose`. `at` is "" for the time that the folder names, or for now."""

    folder: Path | None = None
    prometheus: str = ""
    service: str = ""
    at: str = ""
    repository: Path | None = None
    as_json: bool = False


async def run(options: DiagnoseOptions, environ: Mapping[str, str]) -> int:
    """The exit code: 0 there is a report, 1 nothing could be said, 2 could not run."""
    from bot.processes.temporal_server import starting_server

    input = _input(options)
    settings = folder_settings(environ)
    data = settings.data.resolve()
    make_private(data)
    if options.repository:
        workspaces = Workspaces(data, lambda repo: repo.path, no_auth)
        head = await local_head(options.repository, "", workspaces, environ)
        input = replace(input, repo=head.repo)
    async with contextlib.AsyncExitStack() as exits:
        starting = await exits.enter_async_context(starting_server())
        from bot.local_gate.running import engine
        from workflows.incident_swarm import IncidentSwarmWorkflow

        client = await exits.enter_async_context(engine(settings, environ, starting, (IncidentSwarmWorkflow,)))
        result = await _follow(client, settings.task_queue, input, quiet=options.as_json)
    if options.as_json:
        print(json.dumps(asdict(result), indent=2, default=str))
    else:
        report = ResultStore(data / "results").facts(result.report) if result.report else None
        print(printable(str((report or {}).get("text", "")) or result.reason, lines=True))
    consensus = result.consensus
    unknown = not consensus or not (consensus.causes or consensus.healthy)
    if unknown and not options.at and not (input.alert.starts_at or options.as_json):
        print(f"\n{_NO_TIME}")
    return NOTHING_KNOWN if unknown or result.state in _NOTHING else DONE


def _input(options: DiagnoseOptions) -> IncidentInput:
    """Raises UserError where the options do not say what to look at."""
    from activities.incident_folders.folder import open_folder

    if bool(options.folder) == bool(options.prometheus):
        raise UserError("Name a folder with data, or a Prometheus server with --prometheus.")
    if options.folder and not options.folder.is_dir():
        raise UserError(f"{options.folder} is no folder.")
    if options.prometheus and not options.service:
        raise UserError("Name the service that has the trouble with --service.")
    if options.prometheus and not options.prometheus.startswith(("http://", "https://")):
        raise UserError(f"{options.prometheus!r} is no address. Write http://localhost:9090, for example.")
    noted = open_folder(str(options.folder)) if options.folder else None
    onset = time_of(options.at) if options.at else noted.onset if noted else 0.0
    service = options.service or (noted.service if noted else "")
    # Asked for again, it is another diagnosis: nothing of an earlier one is used.
    alert = Alert("laptop", str(time.time_ns()), "autobuild diagnose", service, starts_at=onset)
    folder = str(options.folder.resolve()) if options.folder else ""
    return IncidentInput(alert, folder=folder, prometheus=options.prometheus.rstrip("/"), report_only=True)


def time_of(text: str) -> float:
    """Seconds since 1970 of a time as people and tools write it: ISO 8601 (UTC where it names no zone), or seconds or
    milliseconds since 1970. Raises UserError."""
    with contextlib.suppress(ValueError):
        number = float(text)
        if math.isfinite(number) and number > 0:
            return number / 1000 if number > 1e11 else number
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UserError(f"{text!r} is no time. Write 2026-12-01T14:03:00Z, or seconds since 1970.") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


async def _follow(client: "Client", queue: str, input: IncidentInput, *, quiet: bool) -> IncidentResult:
    """Starts it, shows how far it is, and gives the result. A person's Ctrl-C ends it."""
    from bot.client import WorkflowClient
    from workflows.incident_swarm import IncidentSwarmWorkflow

    workflow_id = await WorkflowClient(client, queue).start_incident_response(input)
    handle = client.get_workflow_handle_for(IncidentSwarmWorkflow.run, workflow_id)
    ending = asyncio.create_task(handle.result())
    console = make_console(stderr=True)
    console.quiet = quiet
    with console.status("starting …") as line:
        while not ending.done():
            with contextlib.suppress(Exception):  # a query fails until a worker has the workflow
                line.update(f"{(await handle.query(IncidentSwarmWorkflow.get_progress)).stage} …")
            await asyncio.wait({ending}, timeout=_POLL_EVERY_S)
    return await ending
