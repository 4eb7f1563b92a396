"""What the reconciliation finds in a repository, and how many requests it costs."""

import asyncio
from dataclasses import replace

import aiohttp
import pytest
from temporalio.testing import ActivityEnvironment

from activities.github.client import GitHub
from activities.github.event_recovery import EventRecoveryActivities
from activities.github.event_recovery.types import (
    InstallationsInput,
    RepositoriesInput,
    UnfinishedHeadsInput,
    UnfinishedHeadsResult,
)
from activities.model import RepoRef
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME
from tests.openapi import assert_valid

GATE = "autobuild / gate"


@pytest.fixture
def events(github: GitHub) -> EventRecoveryActivities:
    return EventRecoveryActivities(github)


async def look(events: EventRecoveryActivities, *repos: RepoRef) -> UnfinishedHeadsResult:
    return await ActivityEnvironment().run(events.find_unfinished_heads, UnfinishedHeadsInput(repos))


async def gate(
    simulated: SimulatedGitHub, sha: str, name: str = GATE, status: str = "completed", how: str = "success"
) -> None:
    """A check run of ours."""
    fields = {"status": status, **({"conclusion": how} if status == "completed" else {})}
    await simulated.checks.create_run(simulated.store.repository(NAME), sha, name, fields)


def asked(simulated: SimulatedGitHub) -> list[str]:
    """What was asked of the repository, in order."""
    return [each.path.rpartition("/")[2] for each in simulated.requests if f"/{NAME}/" in each.path]


@pytest.mark.parametrize(
    ("name", "status", "how", "ended"),
    [
        (GATE, "completed", "success", True),
        (GATE, "completed", "failure", True),
        (GATE, "completed", "neutral", True),
        (GATE, "queued", "", False),
        (GATE, "in_progress", "", False),
        (GATE, "completed", "cancelled", False),
        ("autobuild / linting", "completed", "success", False),
    ],
)
async def test_only_a_completed_gate_is_a_verdict(
    events: EventRecoveryActivities,
    simulated: SimulatedGitHub,
    repo: RepoRef,
    head: str,
    name: str,
    status: str,
    how: str,
    ended: bool,
) -> None:
    issue = await simulated.pulls.open_pull(NAME, "topic/one")
    await gate(simulated, head, name, status, how)
    looked = await look(events, repo)
    assert [each.head.sha for each in (looked.with_verdict if ended else looked.pulls)] == [head]
    assert not (looked.pulls if ended else looked.with_verdict)
    [found] = looked.with_verdict or looked.pulls
    assert (found.head.pull, found.head.branch) == (issue.number, "topic/one")
    assert (found.head.base_ref, found.head.fork) == ("main", False)
    assert found.default_branch == "main"
    assert_valid(simulated.requests)


async def test_verdict_is_requested_once(
    events: EventRecoveryActivities, simulated: SimulatedGitHub, repo: RepoRef, head: str
) -> None:
    await simulated.pulls.open_pull(NAME, "topic/one")
    await gate(simulated, head)
    await look(events, repo)
    assert asked(simulated) == ["pulls", "check-runs"]
    await look(events, repo)
    assert asked(simulated) == ["pulls", "check-runs", "pulls"]
    assert [each.status for each in simulated.requests if each.path.endswith("/pulls")] == [200, 304]


async def test_all_pages_of_pulls_are_read(
    events: EventRecoveryActivities, simulated: SimulatedGitHub, repo: RepoRef
) -> None:
    await simulated.pushes.push_commit(NAME, "change", {"a.txt": "x\n"})
    first = await simulated.pulls.open_pull(NAME, "change")
    there = simulated.store.repository(NAME)
    assert first.pull
    for number in range(first.number + 1, first.number + 150):
        there.issues[number] = replace(first, number=number, pull=replace(first.pull, head_ref=f"change-{number}"))
    looked = await look(events, repo)
    assert len({pull.head.pull for pull in looked.pulls}) == 150
    assert asked(simulated).count("pulls") == 2
    await look(events, repo)
    assert {each.status for each in simulated.requests if each.path.endswith("/pulls")} == {200}, "the end might differ"


async def test_old_pull_ends_the_list(
    events: EventRecoveryActivities, simulated: SimulatedGitHub, repo: RepoRef
) -> None:
    await simulated.pushes.push_commit(NAME, "change", {"a.txt": "x\n"})
    first = await simulated.pulls.open_pull(NAME, "change")
    there = simulated.store.repository(NAME)
    for number in range(first.number + 1, first.number + 150):
        there.issues[number] = replace(first, number=number, updated_at="2020-01-01T00:00:00Z")
    looked = await look(events, repo)
    assert [pull.head.pull for pull in looked.pulls] == [first.number]
    assert asked(simulated).count("pulls") == 1


async def test_all_repositories_page_by_page(
    events: EventRecoveryActivities, simulated: SimulatedGitHub, repo: RepoRef
) -> None:
    first = simulated.store.repository(NAME)
    for number in range(120):
        simulated.store.repositories[f"octocat/many-{number}"] = replace(
            first, name=f"many-{number}", id=100_000 + number
        )
    simulated.store.repositories["octocat/many-7"].archived = True
    run = ActivityEnvironment().run
    assert (await run(events.list_installations, InstallationsInput())).ids == (repo.installation_id,)
    one = await run(events.list_repositories, RepositoriesInput(repo.installation_id))
    two = await run(events.list_repositories, RepositoriesInput(repo.installation_id, one.next_page))
    found = {each.name for each in (*one.repos, *two.repos)}
    assert (one.next_page, two.next_page, len(found)) == (2, 0, 120)
    assert "many-7" not in found
    assert all(each.id and each.installation_id == repo.installation_id for each in one.repos)
    assert_valid(simulated.requests)


async def test_inaccessible_repository_is_counted(
    events: EventRecoveryActivities, simulated: SimulatedGitHub, repo: RepoRef, head: str
) -> None:
    await simulated.pulls.open_pull(NAME, "topic/one")
    looked = await look(events, replace(repo, name="gone"), repo)
    assert (len(looked.pulls), looked.failed) == (1, 1)


async def test_malformed_answer_does_not_stop_the_others(
    github: GitHub, session: aiohttp.ClientSession, simulated: SimulatedGitHub, repo: RepoRef, head: str
) -> None:
    issue = await simulated.pulls.open_pull(NAME, "topic/one")
    await simulated.repositories.add_repository("octocat/other", {"a.txt": ""})
    await simulated.pushes.push_commit("octocat/other", "change", {"a.txt": "x\n"})
    await simulated.pulls.open_pull("octocat/other", "change")
    issue.updated_at = "a while ago"
    looked = await look(EventRecoveryActivities(github), repo, replace(repo, name="other"))
    assert ([each.head.repo.name for each in looked.pulls], looked.failed) == (["other"], 1)


async def test_concurrent_searches_share_a_token(
    events: EventRecoveryActivities, simulated: SimulatedGitHub, repo: RepoRef, head: str
) -> None:
    await asyncio.gather(*(look(events, repo) for _ in range(5)))
    assert sum(each.path.endswith("/access_tokens") for each in simulated.requests) == 1
