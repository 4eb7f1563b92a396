"""Pulls, branches and permissions: what is looked up, and what is not there."""

from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer
from temporalio.exceptions import ApplicationError

from activities.github.branches import BranchInfoInput
from activities.github.client import GitHub
from activities.github.permissions import PermissionInput
from activities.github.pulls import PullInput, PullOfHeadInput, PullsInput, PullsOfHeadInput
from activities.github_activities import BranchActivities, PermissionActivities, PullActivities
from activities.model import RepoRef
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME


@pytest.mark.parametrize(
    ("level", "may"),
    [
        ("none", []), ("read", ["read"]), ("triage", ["read", "triage"]), ("write", ["read", "triage", "write"]),
        ("maintain", ["read", "triage", "write", "maintain"]), ("admin", ["read", "triage", "write", "maintain", "admin"]),
    ],
)  # fmt: skip
async def test_permission_level_of_a_person(
    simulated: SimulatedGitHub, permissions: PermissionActivities, repo: RepoRef, level: str, may: list[str]
) -> None:
    simulated.repositories.set_permission(NAME, "example-person", level)
    permission = await permissions.get_permission(PermissionInput(repo, "example-person"))
    assert permission.level == level
    levels = ("read", "triage", "write", "maintain", "admin", "owner", "")
    assert [wanted for wanted in levels if permission.at_least(wanted)] == may


@pytest.mark.parametrize("login", ["nobody-at-all", "../../app", "octocat/../octocat", "a b?c=#d", "", "naïve[bot]"])
async def test_unknown_person_has_no_permission(permissions: PermissionActivities, repo: RepoRef, login: str) -> None:
    permission = await permissions.get_permission(PermissionInput(repo, login))
    assert not permission.at_least("read")


async def test_forbidden_answer_is_no_permission(
    simulated: SimulatedGitHub, permissions: PermissionActivities, repo: RepoRef
) -> None:
    simulated.faults.add("GET", ".*/permission", "status", status=403)
    assert (await permissions.get_permission(PermissionInput(repo, "octocat"))).level == "none"
    simulated.faults.add("GET", ".*/permission", "status", status=500)
    with pytest.raises(ApplicationError):
        await permissions.get_permission(PermissionInput(repo, "octocat"))


async def test_pull_by_its_number(simulated: SimulatedGitHub, pulls: PullActivities, repo: RepoRef, head: str) -> None:
    number = (await simulated.pulls.open_pull(NAME, "topic/one", title="One", draft=True)).number
    pull = await pulls.get_pull_request(PullInput(repo, number))
    assert (pull.number, pull.title, pull.state, pull.draft) == (number, "One", "open", True)
    assert (pull.head_sha, pull.head_ref, pull.base_ref, pull.fork) == (head, "topic/one", "main", False)
    await simulated.pulls.close_pull(NAME, number)
    assert (await pulls.get_pull_request(PullInput(repo, number))).state == "closed"
    with pytest.raises(ApplicationError) as caught:
        await pulls.get_pull_request(PullInput(repo, 999))
    assert caught.value.type == "NotFound"


async def test_pull_of_a_fork(simulated: SimulatedGitHub, pulls: PullActivities, repo: RepoRef) -> None:
    await simulated.repositories.add_fork(NAME, "example-person")
    sha = await simulated.pushes.push_commit("example-person/hello", "main", {"c.py": ""}, login="example-person")
    number = (await simulated.pulls.open_pull(NAME, "example-person:main", login="example-person")).number
    pull = await pulls.get_pull_request(PullInput(repo, number))
    assert pull.fork
    assert (await pulls.list_pulls_of_head(PullsOfHeadInput(repo, sha))).pulls == ()  # GitHub lists none from a fork
    found = await pulls.list_pulls_of_head(PullsOfHeadInput(repo, sha, numbers=(number, 999)))
    assert [each.number for each in found.pulls] == [number]


async def test_open_pull_of_a_head(simulated: SimulatedGitHub, pulls: PullActivities, repo: RepoRef, head: str) -> None:
    assert (await pulls.find_pull_of_head(PullOfHeadInput(repo, head, "topic/one"))).pull is None
    number = (await simulated.pulls.open_pull(NAME, "topic/one")).number
    for branch in ("topic/one", "", "elsewhere"):
        found = await pulls.find_pull_of_head(PullOfHeadInput(repo, head, branch))
        assert found.pull
        assert found.pull.number == number
    assert (await pulls.find_pull_of_head(PullOfHeadInput(repo, "1" * 40, "topic/one"))).pull is None
    await simulated.pulls.close_pull(NAME, number)
    assert (await pulls.find_pull_of_head(PullOfHeadInput(repo, head, "topic/one"))).pull is None
    assert [pull.number for pull in (await pulls.get_commit_pulls(PullsInput(repo, head))).pulls] == [number]


async def test_open_pulls_newest_first(
    simulated: SimulatedGitHub, pulls: PullActivities, repo: RepoRef, head: str
) -> None:
    first = (await simulated.pulls.open_pull(NAME, "topic/one")).number
    await simulated.pushes.push_commit(NAME, "two", {"z.py": ""})
    second = (await simulated.pulls.open_pull(NAME, "two")).number
    assert [pull.number for pull in (await pulls.list_open_pulls(PullsInput(repo))).pulls] == [second, first]
    await simulated.pulls.close_pull(NAME, first)
    assert [pull.number for pull in (await pulls.list_open_pulls(PullsInput(repo))).pulls] == [second]


async def test_branch_info(branches: BranchActivities, repo: RepoRef, head: str) -> None:
    topic = await branches.branch_info(BranchInfoInput(repo, "topic/one"))
    assert (topic.sha, topic.protected, topic.default) == (head, False, False)
    main = await branches.branch_info(BranchInfoInput(repo))
    assert (main.name, len(main.sha), main.protected, main.default) == ("main", 40, True, True)
    for odd in ("gone", "a/../main", "x?ref=main#", "%2e%2e"):
        assert (await branches.branch_info(BranchInfoInput(repo, odd))).sha == ""


@pytest.mark.parametrize(
    ("role", "base", "level"),
    [
        ("triage", "read", "triage"), ("maintain", "write", "maintain"), ("admin", "admin", "admin"),
        # An organisation's own roles: what they are called is not what they may.
        ("security team", "write", "write"), ("admin", "read", "read"), ("maintain", "read", "read"),
        ("maintain", "admin", "admin"), ("Admin", "read", "read"), ("", "write", "write"), (None, "read", "read"),
        ("none", "none", "none"), ("owner", "owner", "none"), ("admin", None, "none"), (None, None, "none"),
    ],
)  # fmt: skip
async def test_custom_role_counts_as_its_base(
    aiohttp_server: AiohttpServer, key: Path, session: aiohttp.ClientSession,
    role: str | None, base: str | None, level: str,
) -> None:  # fmt: skip
    async def answer(request: web.Request) -> web.Response:
        if request.method == "POST":
            return web.json_response({"token": "ghs_x", "expires_at": "2099-01-01T00:00:00Z"}, status=201)
        return web.json_response({"permission": base, "role_name": role})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    server = await aiohttp_server(app)
    github = GitHub(str(server.make_url("")), 1, key.read_text(), session)
    input = PermissionInput(RepoRef("octocat", "hello", 1), "example-person")
    found = await PermissionActivities(github).get_permission(input)
    assert found.level == level


async def test_person_who_left_github_has_no_permission(
    simulated: SimulatedGitHub, permissions: PermissionActivities, repo: RepoRef
) -> None:
    simulated.repositories.set_permission(NAME, "example-person", "admin")
    simulated.faults.add("GET", ".*/permission", "status", status=404)
    assert (await permissions.get_permission(PermissionInput(repo, "example-person"))).level == "none"
    simulated.faults.add("GET", ".*/permission", "half")
    with pytest.raises(ApplicationError) as caught:
        await permissions.get_permission(PermissionInput(repo, "example-person"))
    assert (caught.value.type, caught.value.non_retryable) == ("Unavailable", False)
