"""The gate on a folder by the workflow itself: a Temporal server that keeps nothing, and a worker in this process."""

import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Mapping

from temporalio.client import Client

from activities.errors import UserError
from activities.model import Head
from activities.quality_gate.types import FixInput, GateInput, GateOutcome
from activities.reporting import command_replies
from activities.tool_activities import ToolActivities
from activities.workspace.mirror import Workspaces
from bot.client import WorkflowClient, connect
from bot.host_state import host_problem
from bot.local_gate.applied_change import apply_change
from bot.local_gate.folder import LocalHead
from bot.local_gate.progress import follow
from bot.printable import printable
from bot.processes.parts import Part, Parts
from bot.processes.temporal_server import LocalTemporal
from bot.settings import Settings
from bot.worker import make_worker_activities, run_worker
from workflows.config import ActivityTimeouts
from workflows.quality.gate import QualityGateWorkflow


@contextlib.asynccontextmanager
async def engine(
    settings: Settings,
    environ: Mapping[str, str],
    starting: Awaitable[LocalTemporal],
    workflows: tuple[type, ...] = (QualityGateWorkflow,),
) -> AsyncIterator[Client]:
    """The connection to a Temporal server that is starting, and a worker in this process that knows `workflows`."""
    async with make_worker_activities(settings, environ, workflows) as activities:
        if problem := await host_problem(settings.data, settings.data_reserve):
            raise UserError(problem.message)  # nobody wants to wait for that here
        server = await starting
        async with Parts(Part("Temporal server", server.process, lost="Run this again.")).watched():
            client = await connect(server.address)
            async with run_worker(client, settings, activities):
                yield client


async def run_gate(client: Client, settings: Settings, head: LocalHead, *, quiet: bool) -> GateOutcome:
    """The workflow's outcome; its progress is shown unless `quiet`."""
    workflows = WorkflowClient(client, settings.task_queue)
    input = GateInput(Head(head.repo, head.head_sha, base_sha=head.base_sha), publish=False)
    workflow_id = await workflows.start_quality_gate(input)
    if quiet:
        return await workflows.wait_for_gate(workflow_id)
    return await follow(workflows, client, workflow_id, head)


async def fix(client: Client, head: LocalHead, outcome: GateOutcome, workspaces: Workspaces) -> bool:
    """Applies the fixes to the folder's own files. False where there was nothing to fix."""
    workspace, plan = outcome.workspace, outcome.plan
    assert workspace
    assert plan
    fixed = await client.execute_activity_method(
        ToolActivities.apply_fixes,
        FixInput(workspace, plan),
        id=f"fix:{head.repo.full_name}@{head.head_sha}",
        task_queue=workspace.queue,
        start_to_close_timeout=ActivityTimeouts.FIX,
    )
    for sentence in fixed.left_out:
        print(f"Not taken over from the fix: {printable(sentence)}", file=sys.stderr)
    if fixed.worse or not fixed.commit_sha:
        said = command_replies.fix_worse(fixed.worse) if fixed.worse else command_replies.fix_nothing(())
        print(printable(said), file=sys.stderr)
        return False
    await apply_change(head.root, workspaces.mirror(workspace.repo), workspace.head_sha, fixed.commit_sha)
    print(f"Fixed {fixed.files} files with {printable(', '.join(fixed.by))}.", file=sys.stderr)
    return True
