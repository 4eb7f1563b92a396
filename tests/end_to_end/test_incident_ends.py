"""How incidents end when people, GitHub or the alerts themselves come between: honestly, and each thing once."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from simulator.github import git
from tests.end_to_end.incidents import Incidents, Shop
from tests.end_to_end.test_incidents import comment, result, stage
from tests.stack import make_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = "<script>alert(1)</script> @octocat [x](javascript:1) | `a` \n# Heading\n" + "A" * 10_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_incidents(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Incidents]:
    folder = tmp_path_factory.mktemp("incidents")
    async with make_stack(folder, incidents=Incidents.write_file(folder)) as stack:
        yield Incidents(stack, folder)


@pytest.fixture
def incidents(shared_incidents: Incidents) -> Incidents:
    shared_incidents.stack.begin_test()
    return shared_incidents


async def branches(shop: Shop) -> set[str]:
    return {*await git.refs(shop.stack.github.store.repository(shop.repo).path, "refs/heads/")}


async def test_a_person_closes_the_pull_request(incidents: Incidents) -> None:
    shop = await incidents.shop()
    await shop.fire()
    progress = await stage(shop, "approval")
    await shop.stack.github.pulls.close_pull(shop.repo, progress["pull"])
    ended = await result(shop)
    assert (ended["state"], ended["reason"]) == ("reported", "The pull request of the fix was closed."), ended
    assert len(comment(shop.stack, shop.repo, progress["issue"])) == 1


async def test_many_alerts_are_one_issue_and_one_comment(incidents: Incidents) -> None:
    shop = await incidents.shop("incidents: {fix: false}\n")
    more = [shop.alert(id=str(number)) for number in range(300)]
    await shop.fire(*more[:150])
    await shop.fire(*more[150:])
    ended = await result(shop)
    assert ended["state"] == "reported", ended
    issues = shop.stack.github.store.repository(shop.repo).issues
    assert len(issues) == 1
    assert len(comment(shop.stack, shop.repo, ended["issue"])) == 1


async def test_the_change_opted_out(incidents: Incidents) -> None:
    shop = await incidents.shop(message="Take any code\n\nNo-revert: true")
    await shop.fire()
    ended = await result(shop)
    assert ended["state"] == "reported", ended
    assert "is not reverted automatically" in ended["reason"]
    assert await branches(shop) == {"refs/heads/main"}


async def test_the_daily_cap_is_reached(incidents: Incidents) -> None:
    shop = await incidents.shop("incidents: {fixes_per_day: 0}\n")
    await shop.fire()
    ended = await result(shop)
    assert ended["state"] == "reported", ended
    assert "`incidents.fixes_per_day` is 0" in ended["reason"]
    assert await branches(shop) == {"refs/heads/main"}


async def test_resolved_before_anything_was_changed(incidents: Incidents) -> None:
    shop = await incidents.shop("incidents: {fix: false}\n")
    await shop.fire(shop.alert(), shop.alert(status="resolved", id="2"))
    ended = await result(shop)
    assert ended["state"] == "recovered", ended
    assert ended["pull"] == 0


async def test_the_branch_of_the_fix_exists(incidents: Incidents) -> None:
    shop = await incidents.shop()
    await shop.stack.push(shop.repo, {"other.txt": "x\n"}, "autobuild/incident-1")
    await shop.fire()
    ended = await result(shop)
    assert ended["state"] == "reported", ended
    assert "autobuild/incident-1" in ended["reason"]
    assert await branches(shop) == {"refs/heads/autobuild/incident-1", "refs/heads/main"}


async def test_hostile_texts_are_shown_as_text(incidents: Incidents) -> None:
    shop = await incidents.shop("incidents: {fix: false}\n")
    await shop.fire(replace(shop.alert(), name=HOSTILE, summary=HOSTILE + "\0", labels={HOSTILE[:50]: HOSTILE}))
    ended = await result(shop)
    assert ended["state"] == "reported", ended
    (said,) = comment(shop.stack, shop.repo, ended["issue"])
    assert "<script>" not in said
    assert "\n# Heading" not in said
    assert "@octocat" not in said
    assert len(said) < 20_000


async def test_protected_paths_are_left_to_a_person(incidents: Incidents) -> None:
    shop = await incidents.shop("agent: {protected_paths: [shop.py]}\n")
    await shop.fire()
    ended = await result(shop)
    assert ended["state"] == "reported", ended
    assert "protected paths (`shop.py`)" in ended["reason"]
    assert await branches(shop) == {"refs/heads/main"}


async def test_a_person_merges_the_pull_request(incidents: Incidents) -> None:
    shop = await incidents.shop("incidents: {recovery_minutes: 0}\n")
    await shop.fire()
    progress = await stage(shop, "approval")
    await shop.stack.github.merging.merge_pull(shop.repo, progress["pull"])
    ended = await result(shop)
    assert ended["state"] == "fixed", ended
    assert len(comment(shop.stack, shop.repo, progress["issue"])) == 1


async def test_github_is_unavailable_while_the_pull_request_is_opened(incidents: Incidents) -> None:
    shop = await incidents.shop()
    refused = shop.stack.github.faults.add("POST", f"/repos/{shop.repo}/pulls", "status", times=2, status=503)
    await shop.fire()
    progress = await stage(shop, "approval")
    assert refused.seen
    pulls = [one for one in shop.stack.github.store.repository(shop.repo).issues.values() if one.pull]
    assert [one.number for one in pulls] == [progress["pull"]]
    await shop.signal("stop")
    assert (await result(shop))["state"] == "stopped"
