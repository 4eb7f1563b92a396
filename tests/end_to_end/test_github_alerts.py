"""A failed deployment and a red default branch are alerts where the repository asks for them, and nowhere else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.service import RPCError

from activities.incidents.types import Alert, AlertBatch
from tests.bot.webhook import samples
from tests.deadlines import until
from tests.end_to_end.incident_workflows import WITH_INCIDENTS
from tests.end_to_end.repos import configured
from tests.stack import Stack, make_stack
from workflows import ids

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_stack_with_incidents(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with make_stack(tmp_path_factory.mktemp("alerts"), WITH_INCIDENTS) as made:
        yield made


@pytest.fixture
def stack(shared_stack_with_incidents: Stack) -> Stack:
    shared_stack_with_incidents.begin_test()
    return shared_stack_with_incidents


async def repository(stack: Stack, asks: str) -> str:
    files = configured()
    files[".github/autobuild.yml"] += f"incidents: {{alerts: [{asks}]}}\n"
    return await stack.repository(files)


async def alerts(stack: Stack, repo: str) -> list[Alert]:
    """What the monitoring was told of this repository."""
    try:
        heard = await stack.temporal.get_workflow_handle(ids.monitoring()).query("heard", result_type=list[AlertBatch])
    except RPCError:
        return []
    found = [alert for batch in heard for alert in batch.alerts]
    return [alert for alert in found if alert.repo and alert.repo.full_name == repo]


async def deployed(stack: Stack, repo: str, state: str, status: int) -> str:
    """GitHub says how a deployment went. The id of the workflow that looks at it."""
    known = (each.payload for each in stack.github.webhooks.deliveries if each.event == "push")
    pushed: Any = next(each for each in known if each["repository"]["full_name"] == repo)
    event = samples.deployment(state, repo) | {name: pushed[name] for name in ("repository", "installation")}
    event["deployment_status"]["id"] = status
    stack.github.webhooks.send("deployment_status", event)
    id = ids.command(repo, f"deployment-status-{status}")

    async def started() -> bool:
        return bool(await stack.workflows.list_workflows(f"WorkflowId = '{id}'", limit=1))

    await until(started)
    return id


async def test_a_failed_deployment_is_an_alert_until_a_later_one_succeeds(stack: Stack) -> None:
    repo = await repository(stack, "deployments")
    await stack.verdict(repo, await stack.push(repo, {"a.txt": "x\n"}))
    for number, state in enumerate(("failure", "success"), 1):
        id = await deployed(stack, repo, state, number)
        assert await stack.workflows.wait_for_result(id, 30) == {"outcome": "done"}
    failed, ended = await alerts(stack, repo)
    assert (failed.group, failed.status, failed.sha) == (f"{repo}:deployment:production", "firing", samples.SHA)
    assert (ended.group, ended.status) == (failed.group, "resolved")


async def test_who_does_not_ask_for_deployments_hears_nothing_of_them(stack: Stack) -> None:
    repo = await repository(stack, "red_branch")
    await stack.verdict(repo, await stack.push(repo, {"a.txt": "x\n"}))
    id = await deployed(stack, repo, "failure", 3)
    assert await stack.workflows.wait_for_result(id, 30) == {"outcome": "nothing"}
    assert await alerts(stack, repo) == []


async def test_a_red_default_branch_is_an_alert_until_it_passes(stack: Stack) -> None:
    repo = await repository(stack, "red_branch")
    failing = await stack.push(repo, {"a.txt": "x\n", "lint.txt": "a.txt:1: error: bad\n"}, branch="main")
    assert (await stack.verdict(repo, failing))["gate"]["conclusion"] == "failure"
    (red,) = await until(lambda: alerts(stack, repo))
    assert (red.group, red.status, red.sha) == (f"{repo}:red:main", "firing", failing)
    assert red.summary == f"On main checks fail since {failing[:7]}: linting."
    await stack.verdict(repo, await stack.push(repo, {"lint.txt": ""}, branch="main"))

    async def both() -> list[Alert]:
        found = await alerts(stack, repo)
        return found if len(found) > 1 else []

    _, green = await until(both)
    assert (green.group, green.status, green.summary) == (red.group, "resolved", "main passes again.")


async def test_who_does_not_ask_for_a_red_branch_hears_nothing_of_it(stack: Stack) -> None:
    repo = await repository(stack, "deployments")
    failing = await stack.push(repo, {"a.txt": "x\n", "lint.txt": "a.txt:1: error: bad\n"}, branch="main")
    await stack.verdict(repo, failing)
    await stack.verdict(repo, await stack.push(repo, {"lint.txt": ""}, branch="main"))
    await stack.workflows.wait_for_result(ids.history(repo), 30)
    assert await alerts(stack, repo) == []
