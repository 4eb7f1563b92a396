"""From an alert to the cause, a fix and a post-mortem, on a whole stack."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.service import RPCError

from activities.incidents import texts
from simulator.github import git
from simulator.github.deployed import Deployment
from tests.deadlines import WITHIN_S, until
from tests.end_to_end.incidents import GOOD, Incidents, Shop
from tests.stack import Stack, make_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_incidents(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Incidents]:
    folder = tmp_path_factory.mktemp("incidents")
    async with make_stack(folder, incidents=Incidents.write_file(folder)) as stack:
        yield Incidents(stack, folder)


@pytest.fixture
def incidents(shared_incidents: Incidents) -> Incidents:
    shared_incidents.stack.begin_test()
    return shared_incidents


async def stage(shop: Shop, wanted: str) -> dict[str, Any]:
    """Its progress once it is there."""
    handle = shop.stack.temporal.get_workflow_handle(shop.incident)

    async def there() -> dict[str, Any]:
        try:
            found: dict[str, Any] = await handle.query("get_progress")
        except Exception:
            return {}
        return found if found["stage"] == wanted else {}

    return await until(there)


async def result(shop: Shop) -> dict[str, Any]:
    """Its result, once the monitoring has started it and it has ended."""

    async def is_there() -> bool:
        try:
            await shop.stack.temporal.get_workflow_handle(shop.incident).describe()
        except RPCError:
            return False
        return True

    await until(is_there)
    found: dict[str, Any] = await shop.stack.workflows.wait_for_result(shop.incident, WITHIN_S)
    return found


def comment(stack: Stack, repo: str, number: int) -> list[str]:
    return [one["body"] for one in stack.github.comments(repo, number) if one["user"]["login"].endswith("[bot]")]


async def test_the_whole_way(incidents: Incidents) -> None:
    shop = await incidents.shop()
    await shop.fire()
    progress = await stage(shop, "approval")
    number, pull = progress["issue"], progress["pull"]
    opened = shop.stack.github.store.issue(shop.repo, pull)
    assert opened.title == "Revert Take any code"
    assert shop.sha in (opened.body or "")
    said = comment(shop.stack, shop.repo, number)
    assert len(said) == 1
    assert shop.sha in said[0]
    await shop.stack.ask(shop.repo, number, "/approve")
    await stage(shop, "watching")
    await shop.fire(shop.alert(status="resolved", id="2"))
    ended = await result(shop)
    assert ended["state"] == "fixed", ended
    assert opened.pull
    assert opened.pull.merged_at
    refs = await git.refs(shop.stack.github.store.repository(shop.repo).path, "refs/heads/")
    shown = await git.git(
        shop.stack.github.store.repository(shop.repo).path, "show", f"{refs['refs/heads/main']}:shop.py"
    )
    assert shown.decode() == GOOD
    assert len(comment(shop.stack, shop.repo, number)) == 1
    postmortem = shop.stack.github.store.issue(shop.repo, ended["postmortem"])
    assert "## Contributing factors" in (postmortem.body or "")


async def test_without_a_guilty_change_nothing_is_touched(incidents: Incidents) -> None:
    shop = await incidents.shop(change=GOOD + "\n# Explains it.\n", message="Explain the discount")
    await shop.fire()
    ended = await result(shop)
    assert ended["state"] == "reported", ended
    assert (ended["pull"], ended["postmortem"]) == (0, 0)
    said = comment(shop.stack, shop.repo, ended["issue"])
    assert "**Nothing was changed.**" in said[0]
    assert set(await git.refs(shop.stack.github.store.repository(shop.repo).path, "refs/heads/")) == {"refs/heads/main"}


async def test_a_change_that_is_only_near_in_time_is_not_reverted(incidents: Incidents) -> None:
    shop = await incidents.shop(change=GOOD + "\n" * 9 + "def tax(price):\n    return price // 5\n", message="Add tax")
    await shop.fire()
    ended = await result(shop)
    assert ended["state"] == "reported", ended
    assert ended["pull"] == 0
    assert set(await git.refs(shop.stack.github.store.repository(shop.repo).path, "refs/heads/")) == {"refs/heads/main"}
    first = ended["consensus"]["causes"][0]
    assert not first["verified"]
    assert texts.not_verified(shop.sha) in ended["reason"] or not ended["consensus"]["act"]


async def test_stop_after_the_merge_claims_nothing_else(incidents: Incidents) -> None:
    shop = await incidents.shop("incidents: {merge: auto, recovery_minutes: 30}\n")
    await shop.fire()
    progress = await stage(shop, "watching")
    await shop.stack.ask(shop.repo, progress["issue"], "/stop")
    ended = await result(shop)
    assert ended["state"] == "stopped", ended
    assert ended["reason"] == texts.stopped_after(progress["pull"])


async def test_healthy_data_is_no_cause(incidents: Incidents) -> None:
    shop = await incidents.shop(errors=False)
    await shop.fire()
    ended = await result(shop)
    assert ended["state"] == "no_cause", ended
    assert ended["pull"] == 0


async def test_stop_takes_everything_back(incidents: Incidents) -> None:
    shop = await incidents.shop()
    await shop.fire()
    progress = await stage(shop, "approval")
    await shop.stack.ask(shop.repo, progress["issue"], "/stop")
    ended = await result(shop)
    assert ended["state"] == "stopped", ended
    assert shop.stack.github.store.issue(shop.repo, progress["pull"]).state == "closed"
    assert set(await git.refs(shop.stack.github.store.repository(shop.repo).path, "refs/heads/")) == {"refs/heads/main"}


async def test_rollback_before_the_merge(incidents: Incidents) -> None:
    shop = await incidents.shop()
    await shop.fire()
    progress = await stage(shop, "approval")
    await shop.stack.ask(shop.repo, progress["issue"], "/rollback")
    ended = await result(shop)
    assert ended["state"] == "rolled_back", ended
    assert shop.stack.github.store.issue(shop.repo, progress["pull"]).state == "closed"


async def test_configuration_forbids_the_fix(incidents: Incidents) -> None:
    shop = await incidents.shop("incidents: {fix: false}\n")
    await shop.fire()
    ended = await result(shop)
    assert ended["state"] == "reported", ended
    assert "incidents.fix: false" in ended["reason"]


async def test_merged_as_configured(incidents: Incidents) -> None:
    shop = await incidents.shop("incidents: {merge: auto, recovery_minutes: 0, postmortem: both}\n")
    await shop.fire()
    ended = await result(shop)
    assert ended["state"] == "fixed", ended
    merged = shop.stack.github.store.issue(shop.repo, ended["pull"])
    assert merged.pull
    assert merged.pull.merged_at
    bodies = [one.body or "" for one in shop.stack.github.store.repository(shop.repo).issues.values() if one.pull]
    assert any("post-mortem of the incident" in body for body in bodies)


async def test_unknown_service(incidents: Incidents) -> None:
    shop = Shop(incidents.stack, "nobody", "octocat/nobody", "", 0.0)
    await shop.fire()
    ended = await result(shop)
    assert ended["state"] == "unknown_service", ended
    assert "AUTOBUILD_INCIDENTS" in ended["reason"]


async def test_label_on_an_issue(incidents: Incidents) -> None:
    shop = await incidents.shop()
    store = incidents.stack.github.store
    store.advance(-60)
    number = incidents.stack.github.issues.open_issue(shop.repo, "Orders fail").number
    incidents.stack.github.issues.add_label(shop.repo, number, "incident")
    store.advance(60)
    id = f"incident:github:{shop.repo}#{number}"

    async def waits() -> Any:
        try:
            found = await incidents.stack.temporal.get_workflow_handle(id).query("get_progress")
        except Exception:
            return None
        return found if found["stage"] == "approval" else None

    progress = await until(waits)
    assert progress["issue"] == number
    assert len(comment(incidents.stack, shop.repo, number)) == 1
    await incidents.stack.temporal.get_workflow_handle(id).signal("stop")
    await incidents.stack.workflows.wait_for_result(id, WITHIN_S)


async def in_staging(shop: Shop, count: int, state: str) -> Deployment:
    """The newest of so many deployments, once it is made; it gets this status."""
    service = shop.stack.github.deployments

    async def made() -> bool:
        return len(service.deployments(shop.repo)) == count

    await until(made)
    newest = service.deployments(shop.repo)[-1]
    service.add_status(shop.repo, newest.id, state)
    return newest


async def test_a_fix_that_does_in_staging_waits_to_be_merged(incidents: Incidents) -> None:
    command = 'test "$AUTOBUILD_ENVIRONMENT" = staging && grep -q DISCOUNTS.get shop.py'
    shop = await incidents.shop(f"incidents: {{staging: {{deploy: true, smoke: '{command}', e2e: '{command}'}}}}\n")
    await shop.fire()
    deployed = await in_staging(shop, 1, "success")
    progress = await stage(shop, "approval")
    pull = shop.stack.github.store.issue(shop.repo, progress["pull"]).pull
    assert pull
    assert (pull.head_sha, pull.draft) == (deployed.sha, False)
    await shop.stack.ask(shop.repo, progress["issue"], "/stop")
    assert (await result(shop))["state"] == "stopped"


async def test_a_fix_that_fails_in_staging_is_rolled_back(incidents: Incidents) -> None:
    command = "echo the page is empty; exit 3"
    shop = await incidents.shop(f"incidents: {{staging: {{deploy: true, smoke: '{command}'}}}}\n")
    before = await shop.stack.github.deployments.add_deployment(shop.repo, "main", "staging")
    shop.stack.github.deployments.add_status(shop.repo, before.id, "success")
    await shop.fire()
    await in_staging(shop, 2, "success")
    back = await in_staging(shop, 3, "success")
    ended = await result(shop)
    assert ended["state"] == "proposed", ended
    assert "Smoke tests exited with code 3: the page is empty" in ended["reason"]
    assert "is a draft" in ended["reason"]
    assert back.sha == before.sha
    pull = shop.stack.github.store.issue(shop.repo, ended["pull"]).pull
    assert pull
    assert pull.draft
    assert "the page is empty" in comment(shop.stack, shop.repo, ended["issue"])[0]
