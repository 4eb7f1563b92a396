"""The rate limits over HTTP: what is counted, what is remembered, and what is given back."""

import asyncio

import aiohttp
import pytest

from activities.github.client import GitHub
from activities.github.client.api import API
from activities.github.client.rate_limits import RateLimits
from activities.github.errors import RateLimited, Unavailable
from activities.model import RepoRef
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked

REPO = "/repos/octocat/hello"
READ = {"contents": "read"}


async def met(simulated: SimulatedGitHub, session: aiohttp.ClientSession, repo: RepoRef, **limits: float) -> API:
    """github.com's limits, with some as given."""
    given = RateLimits(**limits)  # type: ignore[arg-type]
    github = GitHub(simulated.api_url, simulated.app_id, simulated.private_key_pem, session, limits=given)
    return await github.installation(repo, {"contents": "read", "checks": "write", "issues": "write"})


async def test_check_runs_of_a_push_are_created_at_once(
    simulated: SimulatedGitHub, session: aiohttp.ClientSession, repo: RepoRef, head: str
) -> None:
    api = await met(simulated, session, repo, patience_s=0)
    body = {"name": "x", "head_sha": head}
    await asyncio.gather(*(api.post(f"{REPO}/check-runs", data=body) for _ in range(9)))
    assert asked(simulated, "POST", "/check-runs") == 9


async def test_second_comment_is_left_to_the_retry(
    simulated: SimulatedGitHub, session: aiohttp.ClientSession, repo: RepoRef
) -> None:
    number = simulated.issues.open_issue(NAME, "A question").number
    api = await met(simulated, session, repo, content_apart_s=60)
    await api.post(f"{REPO}/issues/{number}/comments", data={"body": "one"})
    with pytest.raises(RateLimited) as caught:
        await api.post(f"{REPO}/issues/{number}/comments", data={"body": "two"})
    assert 58 < caught.value.retry_after <= 60
    assert asked(simulated, "POST", "/comments") == 1


async def test_unchanged_answer_costs_nothing(
    simulated: SimulatedGitHub, session: aiohttp.ClientSession, repo: RepoRef
) -> None:
    api = await met(simulated, session, repo, points_a_minute=2)
    for _ in range(10):
        await api.getitem(REPO)
    await api.getitem(f"{REPO}/branches/main")
    with pytest.raises(RateLimited):
        await api.getitem(f"{REPO}/branches/topic")


async def test_query_has_its_own_limit(
    simulated: SimulatedGitHub, session: aiohttp.ClientSession, repo: RepoRef
) -> None:
    api = await met(simulated, session, repo, points_a_minute=1, query_points_a_minute=1)
    for kind in (Unavailable, RateLimited):  # the simulated GitHub knows no queries, and counts them
        with pytest.raises(kind):
            await api.query("query { viewer { login } }")
    assert (await api.getitem(REPO))["full_name"] == NAME


@pytest.mark.parametrize("ahead", [0, 7200, -7200])
async def test_used_up_limit_stops_requests(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, ahead: int
) -> None:
    """An Enterprise Server's too, and by GitHub's clock."""
    simulated.store.advance(ahead)
    simulated.store.rate_limit = 2
    api = await github.installation(repo, READ)
    await api.getitem(REPO)
    await api.getitem(f"{REPO}/branches/main")
    before = len(simulated.requests)
    with pytest.raises(RateLimited) as caught:
        await api.getitem(f"{REPO}/branches/main")
    assert 3590 < caught.value.retry_after <= 3600 + 15
    other = await github.installation(repo, {"checks": "write"})
    with pytest.raises(RateLimited):
        await other.getitem(REPO)
    assert [each.path for each in simulated.requests[before:] if each.caller != "app"] == []


async def test_installations_do_not_wait_for_each_other(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef
) -> None:
    await simulated.repositories.add_repository("example/other", {"a": "b"})
    (installation,) = (it.id for it in simulated.store.installations.values() if it.account.login == "example")
    simulated.faults.add("GET", REPO, "secondary", retry_after=600)
    with pytest.raises(RateLimited):
        await (await github.installation(repo, READ)).getitem(REPO)
    api = await github.installation(RepoRef("example", "other", installation), READ)
    assert (await api.getitem("/repos/example/other"))["full_name"] == "example/other"
