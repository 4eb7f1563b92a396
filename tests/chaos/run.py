"""One plan from its first step to the check of everything that must hold at its end."""

import asyncio
import contextlib
import time
from functools import partial
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from activities.github.event_recovery.deliveries import SETTLE_S
from tests import openapi
from tests.chaos import invariants
from tests.chaos.deployment import Deployment, deployment
from tests.chaos.faults import Faults
from tests.chaos.plan import FaultStep, Plan, PlanStep
from tests.chaos.users import Users
from tests.deadlines import WITHIN_S, until
from workflows import ids
from workflows.event_recovery.delivery_sweep import DeliverySweepInput, DeliverySweepWorkflow
from workflows.event_recovery.reconciliation import ReconciliationInput, ReconciliationWorkflow
from workflows.quality.branch import ContinuousQualityWorkflow

_QUIET_S = 1.0
"""A bot that asks nothing for so long is not waited for: it may be dead."""
_LATER_S = 4 * SETTLE_S
"""Longer than a delivery that failed twice or three times is left alone, by GitHub's clock."""
_SAME_ROUNDS = 4


class ChaosFailed(AssertionError):
    """Something that must hold does not."""


async def run_plan(plan: Plan, folder: Path) -> None:
    """Raises ChaosFailed with the plan's seed, what is wrong, the plan, and the end of each log."""
    async with deployment(folder, second_worker=plan.second_worker) as deployed:
        users = Users(deployed.github, plan)
        try:
            problems = await _problems(plan, deployed, users)
        except TimeoutError as error:
            problems = [f"it did not settle: {error!r}", *invariants.not_settled(users)]
        if problems:
            text = "\n".join((f"seed {plan.seed}:", *problems, *plan.lines(), deployed.logs()))
            raise ChaosFailed(text)


async def _problems(plan: Plan, deployed: Deployment, users: Users) -> list[str]:
    await users.prepare()
    faults = Faults(deployed)
    async with asyncio.timeout(WITHIN_S):
        while not all(child.is_ready() for child in deployed.children.values()):
            await asyncio.sleep(0.05)
    for number, step in enumerate(plan.steps):
        await _moment(deployed, step)
        print(f"{time.strftime('%X')} step {number}: {step.what}")
        await (faults.do(step.what) if isinstance(step.what, FaultStep) else users.do(step.what))
    await faults.end_all()
    temporal = await Client.connect(deployed.temporal.address)
    problems = await _settled(deployed, users, temporal)
    problems += invariants.done_twice(users)
    problems += await invariants.not_replaying(temporal)
    await deployed.stop_all()
    problems += invariants.left_behind(deployed)
    with contextlib.suppress(AssertionError):
        openapi.assert_valid(deployed.github.requests)
        return problems
    return [*problems, "a request or an answer is not as GitHub's API description says"]


async def _moment(deployed: Deployment, step: PlanStep) -> None:
    """The step's moment, by what the bot has asked since, not by a clock."""
    github = deployed.github
    count = len(github.requests) + step.after

    def due() -> bool:
        if isinstance(step.what, FaultStep) and step.what.checking:
            return any(run.status == "in_progress" for _, run in invariants.all_runs(github))
        return len(github.requests) >= count

    start = int(github.store.time())
    with contextlib.suppress(TimeoutError):
        await github.store.wait_for(due, _QUIET_S)
    if step.next_second and int(github.store.time()) == start:
        await asyncio.sleep(1 - github.store.time() % 1)


async def _settled(deployed: Deployment, users: Users, temporal: Client) -> list[str]:
    """What is still wrong once nothing happens any more: after sweep and reconciliation nothing has changed."""
    last: list[str] = []
    same = 0
    async with asyncio.timeout(4 * WITHIN_S):
        while same < _SAME_ROUNDS:
            deployed.github.store.advance(_LATER_S)
            await _sweep_and_reconcile(temporal)
            await deployed.github.webhooks.idle()
            await until(partial(_is_idle, temporal))
            wrong = [*invariants.not_settled(users)]
            wrong += [f"{id} runs" for id in await invariants.open_workflows(users, temporal)]
            print(f"{time.strftime('%X')} {len(wrong)} are not as they must be")
            if not wrong:
                return []
            same, last = (same + 1 if wrong == last else 0), wrong
    return last


async def _sweep_and_reconcile(temporal: Client) -> None:
    """Over the whole log, and over all open pull requests."""
    sweep, reconciliation = DeliverySweepInput(), ReconciliationInput()
    queue = ids.TASK_QUEUE
    await temporal.execute_workflow(DeliverySweepWorkflow.run, sweep, id="whole-sweep", task_queue=queue)
    await temporal.execute_workflow(
        ReconciliationWorkflow.run, reconciliation, id="whole-reconciliation", task_queue=queue
    )


async def _is_idle(temporal: Client) -> bool:
    """Whether nothing runs but branches without a gate, and what holds the accepted baseline."""
    async for found in temporal.list_workflows('ExecutionStatus = "Running"'):
        if found.workflow_type == "ContinuousQualityWorkflow":
            handle = temporal.get_workflow_handle(found.id)
            with contextlib.suppress(RPCError):  # it ends just now
                overview = await handle.query(ContinuousQualityWorkflow.get_overview)
                if overview.gating or overview.waiting:
                    return False
        elif found.workflow_type not in ("BaselineWorkflow", "temporal-sys-scheduler-workflow"):
            return False
    return True
