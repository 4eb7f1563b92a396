"""A patch of a folder of this machine: the same workflow as on a server, without GitHub.

The folder's files are changed only at the end, and only by a change that passed: what ends earlier leaves them as they
were. Edits that are not committed are part of what the agent sees, and stay.
"""

import contextlib
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activities.agent_runs.deployment import NO_BACKEND
from activities.agent_runs.untrusted_text import wrapped
from activities.errors import UserError
from activities.model import Head
from activities.patching.types import IncrementalPatchInput, PatchResult
from activities.result_store import ResultStore
from activities.workspace.mirror import Workspaces
from bot.console import make_console
from bot.local_gate import COULD_NOT_RUN, folder_settings, no_auth
from bot.local_gate.applied_change import apply_change
from bot.local_gate.folder import local_head
from bot.local_migration.terminal import print_diff
from bot.printable import printable
from bot.settings.agents import agent_deployment
from bot.settings.data_folder import make_private

if TYPE_CHECKING:
    from temporalio.client import Client

DONE, NOT_DONE = 0, 1
LONGEST_INSTRUCTION = 65_536
_POLL_EVERY_S = 0.5


@dataclass(frozen=True)
class PatchOptions:
    """The options of `autobuild patch`."""

    instruction: str
    path: Path
    dry_run: bool = False
    as_json: bool = False


async def run(options: PatchOptions, environ: Mapping[str, str]) -> int:
    """The exit code: 0 done or nothing to change, 1 not done, 2 could not run."""
    from bot.processes.temporal_server import starting_server

    instruction = options.instruction.strip()
    if not instruction:
        raise UserError("Say what has to change: autobuild patch 'Handle an empty list in parse()'.")
    if len(instruction) > LONGEST_INSTRUCTION:
        raise UserError(f"The instruction is longer than {LONGEST_INSTRUCTION:,} characters. Shorten it.")
    settings = folder_settings(environ)
    if not agent_deployment(settings, environ).models:  # said before anything starts
        raise UserError(NO_BACKEND)
    data = settings.data.resolve()
    make_private(data)
    workspaces = Workspaces(data, lambda repo: repo.path, no_auth)
    head = await local_head(options.path, "", workspaces, environ)
    # Asked for again, it is another request: nothing of an earlier answer is used.
    input = IncrementalPatchInput(
        head.repo, 0, time.time_ns(), dry_run=options.dry_run, publish=False,
        head=Head(head.repo, head.head_sha, base_sha=head.base_sha), task_id=_put_task(data, instruction),
    )  # fmt: skip
    async with contextlib.AsyncExitStack() as exits:
        starting = await exits.enter_async_context(starting_server())
        from bot.local_gate.running import engine
        from workflows.budget import BudgetWorkflow
        from workflows.plan_patch_pr import IncrementalPatchWorkflow

        known = (IncrementalPatchWorkflow, BudgetWorkflow)
        client = await exits.enter_async_context(engine(settings, environ, starting, known))
        result = await _follow(client, settings.task_queue, input, quiet=options.as_json)
    commit = next((one.commit_sha for one in reversed(result.outcomes) if one.commit_sha), "")
    mirror = workspaces.mirror(head.repo)
    if commit and options.dry_run and not options.as_json:
        await print_diff(mirror, head.head_sha, commit)
    elif commit and not options.dry_run:
        await apply_change(head.root, mirror, head.head_sha, commit)
    _report(options, result)
    if result.state in ("done", "nothing", "shown"):
        return DONE
    return COULD_NOT_RUN if result.state in ("refused", "stopped") else NOT_DONE


def _put_task(data: Path, instruction: str) -> str:
    from activities.agent_runs.backend import AgentTask
    from activities.agent_runs.tasks import put_task

    text = f"Carry out this instruction.\n\n{wrapped('instruction', 'the owner of the folder', instruction, 'admin')}\n"
    (data / "scratch").mkdir(mode=0o700, exist_ok=True)
    return put_task(ResultStore(data / "results"), AgentTask("coder", text))


async def _follow(client: "Client", queue: str, input: IncrementalPatchInput, *, quiet: bool) -> PatchResult:
    """Starts the patch, shows what it is about, and gives the result. A person's Ctrl-C ends it."""
    import asyncio

    from bot.client import WorkflowClient
    from workflows.plan_patch_pr import IncrementalPatchWorkflow

    workflow_id = await WorkflowClient(client, queue).start_incremental_patch(input)
    handle = client.get_workflow_handle_for(IncrementalPatchWorkflow.run, workflow_id)
    ending = asyncio.create_task(handle.result())
    console = make_console(stderr=True)
    console.quiet = quiet
    with console.status("starting …") as line:
        while not ending.done():
            with contextlib.suppress(Exception):  # a query fails until a worker has the workflow
                progress = await handle.query(IncrementalPatchWorkflow.get_progress)
                at = f", round {progress.round}" if progress.round else ""
                line.update(f"{progress.stage}{at}, ${progress.spent:.2f} spent …")
            await asyncio.wait({ending}, timeout=_POLL_EVERY_S)
    return await ending


def _report(options: PatchOptions, result: PatchResult) -> None:
    if options.as_json:
        print(json.dumps(_document(result), indent=2))
        return
    for one in result.outcomes:
        said = " ".join(filter(None, (f"{one.state}.", one.reason)))
        print(printable(said))
    for cost in result.costs:
        dollars = f"${cost.dollars:.4f}" if cost.priced else "an unknown price"
        print(printable(f"{cost.role} by {cost.model}: {cost.calls} calls, {dollars}"))
    if result.reason:
        print(printable(result.reason), file=sys.stderr)


def _document(result: PatchResult) -> dict[str, Any]:
    """What `--json` prints."""
    outcome = result.outcomes[0] if result.outcomes else None
    return {
        "state": result.state,
        "reason": result.reason or (outcome.reason if outcome else ""),
        "ending": outcome.ending if outcome else "",
        "rounds": outcome.rounds if outcome else 0,
        "files_changed": outcome.files if outcome else 0,
        "costs": [asdict(cost) for cost in result.costs],
    }
