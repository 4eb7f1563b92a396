"""gidgethub, the client that the bot uses, against the simulated GitHub: only the address is different."""

from collections.abc import AsyncIterator

import aiohttp
import gidgethub
import pytest
from gidgethub import apps
from gidgethub.aiohttp import GitHubAPI

from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO


@pytest.fixture
async def client(github: SimulatedGitHub) -> AsyncIterator[GitHubAPI]:
    async with aiohttp.ClientSession() as session:
        api = GitHubAPI(session, "autobuild", base_url=github.api_url)
        token = await apps.get_installation_access_token(
            api,
            installation_id=str(next(iter(github.store.installations))),
            app_id=str(github.app_id),
            private_key=github.private_key_pem,
        )
        yield GitHubAPI(session, "autobuild", base_url=github.api_url, oauth_token=token["token"])


async def test_gidgethub_reads_writes_and_paginates(github: SimulatedGitHub, client: GitHubAPI) -> None:
    for number in range(45):
        github.issues.open_issue(REPO, str(number))
    titles = [issue["title"] async for issue in client.getiter(f"/repos/{REPO}/issues")]
    assert titles == [str(number) for number in reversed(range(45))]
    made = await client.post(f"/repos/{REPO}/issues/1/comments", data={"body": "hi"})
    await client.patch(made["url"], data={"body": "hello"})
    await client.delete(made["url"])
    assert client.rate_limit is not None
    assert client.rate_limit.remaining == 5000 - 5
    openapi.assert_valid(github.requests)


async def test_gidgethub_understands_errors(github: SimulatedGitHub, client: GitHubAPI) -> None:
    with pytest.raises(gidgethub.InvalidField):
        await client.post(f"/repos/{REPO}/check-runs", data={"name": "x"})
    github.faults.add("GET", ".*", "primary")
    with pytest.raises(gidgethub.RateLimitExceeded):
        await client.getitem(f"/repos/{REPO}")
    github.store.rate_limit = 1
    with pytest.raises(gidgethub.RateLimitExceeded):
        await client.getitem(f"/repos/{REPO}")
    github.store.advance(3600)
    github.faults.add("GET", ".*", status=502)
    with pytest.raises(gidgethub.GitHubBroken):
        await client.getitem(f"/repos/{REPO}")
