"""What all REST endpoints share: limits, pages, ETags, rate limits, invalid requests; and injected faults."""

import asyncio
from typing import Any

import aiohttp
import pytest

from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient

R = f"/repos/{REPO}"


async def test_long_comment_is_refused(ask: ApiClient) -> None:
    ask.github.issues.open_issue(REPO, "x")
    assert (await ask("POST", f"{R}/issues/1/comments", {"body": "x" * 65_537})).status == 422
    assert (await ask("POST", f"{R}/issues/1/comments", {"body": ""})).status == 422
    assert (await ask("POST", f"{R}/issues/1/comments", {"body": 3})).status == 422
    comment = (await ask("POST", f"{R}/issues/1/comments", {"body": "x" * 65_536})).body["id"]
    assert (await ask("PATCH", f"{R}/issues/comments/{comment}", {"body": "x" * 65_537})).status == 422
    assert len(ask.github.comments(REPO, 1)) == 1
    openapi.assert_valid(ask.github.requests)


async def test_app_edits_only_its_own_comments(ask: ApiClient) -> None:
    ask.github.issues.open_issue(REPO, "x")
    comment = ask.github.issues.add_comment(REPO, 1, "mine", "example")
    assert (await ask("PATCH", f"{R}/issues/comments/{comment.id}", {"body": "ours"})).status == 403
    assert ask.github.comments(REPO, 1)[0]["body"] == "mine"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/repos/octocat/none", 404),
        ("GET", f"{R}/pulls/99", 404),
        ("GET", f"{R}/pulls/x", 404),
        ("GET", f"{R}/pulls/1", 404),
        ("GET", f"{R}/issues/comments/1", 404),
        ("GET", f"{R}/check-runs/1", 404),
        ("GET", f"{R}/contents/none", 404),
        ("GET", f"{R}/contents/README.md?ref=none", 404),
        ("GET", f"{R}/contents/README.md?ref=--help", 404),
        ("GET", f"{R}/git/ref/heads/none", 404),
        ("GET", f"{R}/commits/none", 422),
        ("GET", f"{R}/compare/main...none", 404),
        ("GET", f"{R}/compare/main...--output=x", 404),
        ("DELETE", f"{R}/git/refs/heads/none", 422),
        ("GET", f"{R}/collaborators/nobody/permission", 404),
    ],
)
async def test_unknown_entity_is_not_found(ask: ApiClient, method: str, path: str, status: int) -> None:
    ask.github.issues.open_issue(REPO, "an issue, no pull request")
    assert (await ask(method, path)).status == status


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"ref": "refs/heads/main", "sha": "HEAD"}, "already exists"),
        ({"ref": "refs/heads/main/below", "sha": "HEAD"}, "update failed"),
        ({"ref": "refs/heads/x", "sha": "f" * 40}, "does not exist"),
        ({"ref": "refs/heads/a..b", "sha": "HEAD"}, "not valid"),
        ({"ref": "refs/pull/1/head", "sha": "HEAD"}, "not valid"),
        ({"ref": "--delete", "sha": "HEAD"}, "not valid"),
        ({"ref": "refs/heads/x"}, "Validation Failed"),
    ],
)
async def test_invalid_ref_is_refused(ask: ApiClient, body: dict[str, str], words: str) -> None:
    tip = (await ask("GET", f"{R}/git/ref/heads/main")).body["object"]["sha"]
    reply = await ask("POST", f"{R}/git/refs", {**body, **({"sha": tip} if body.get("sha") == "HEAD" else {})})
    assert (reply.status, words in reply.body["message"]) == (422, True)


async def test_ref_update_needs_fast_forward_or_force(ask: ApiClient) -> None:
    old = (await ask("GET", f"{R}/git/ref/heads/main")).body["object"]["sha"]
    await ask.github.pushes.push_commit(REPO, "main", {"a": "a"})
    reply = await ask("PATCH", f"{R}/git/refs/heads/main", {"sha": old})
    assert (reply.status, reply.body["message"]) == (422, "Update is not a fast forward")
    assert (await ask("PATCH", f"{R}/git/refs/heads/main", {"sha": old, "force": True})).status == 200


async def test_compare_and_files_use_the_merge_base(ask: ApiClient) -> None:
    await ask.github.pushes.push_commit(REPO, "feature", {"src/hello.py": "print('bye')\n"})
    await ask.github.pulls.open_pull(REPO, "feature")
    await ask.github.pushes.push_commit(REPO, "main", {"other.py": "1\n"})
    compared = (await ask("GET", f"{R}/compare/main...feature")).body
    assert (compared["status"], compared["ahead_by"], compared["behind_by"]) == ("diverged", 1, 1)
    files = (await ask("GET", f"{R}/pulls/1/files")).body
    assert files == compared["files"]
    assert files[0]["patch"] == "@@ -1 +1 @@\n-print('hello')\n+print('bye')"


async def test_renamed_and_binary_files(ask: ApiClient) -> None:
    await ask.github.pushes.push_commit(
        REPO, "feature", {"src/hello.py": None, "lib/hello.py": "print('hello')\n", "x.bin": b"\0\1"}
    )
    await ask.github.pulls.open_pull(REPO, "feature")
    files = {file["filename"]: file for file in (await ask("GET", f"{R}/pulls/1/files")).body}
    assert (files["lib/hello.py"]["status"], files["lib/hello.py"]["previous_filename"]) == ("renamed", "src/hello.py")
    assert "patch" not in files["x.bin"]


async def test_lists_are_paginated(ask: ApiClient) -> None:
    for number in range(5):
        ask.github.issues.open_issue(REPO, str(number))
    reply = await ask("GET", f"{R}/issues?per_page=2&page=2")
    assert [issue["number"] for issue in reply.body] == [3, 2]
    relations = [part.split('rel="')[1].strip('"') for part in reply.headers["Link"].split(", ")]
    assert relations == ["prev", "next", "last", "first"]
    assert "Link" not in (await ask("GET", f"{R}/issues?per_page=100")).headers


async def test_matching_etag_costs_no_request(ask: ApiClient) -> None:
    first = await ask("GET", R)
    again = await ask("GET", R, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, None)
    assert again.headers["X-RateLimit-Used"] == first.headers["X-RateLimit-Used"]
    ask.github.issues.open_issue(REPO, "x")
    changed = await ask("GET", R, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status == 200
    assert int(changed.headers["X-RateLimit-Used"]) == int(first.headers["X-RateLimit-Used"]) + 1
    openapi.assert_valid(ask.github.requests)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"nul"])
async def test_invalid_json_is_refused(github: SimulatedGitHub, ask: ApiClient, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {await ask.mint()}"}
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{github.api_url}{R}/issues", data=body, headers=headers) as reply,
    ):
        assert (reply.status, (await reply.json())["message"]) == (400, "Problems parsing JSON")


@pytest.mark.parametrize(
    ("fault", "status", "header"),
    [
        ({"kind": "status", "status": 500}, 500, ("", "")),
        ({"kind": "status"}, 502, ("", "")),
        ({"kind": "secondary", "retry_after": 7}, 403, ("Retry-After", "7")),
        ({"kind": "secondary", "status": 429, "retry_after": 7}, 429, ("Retry-After", "7")),
        ({"kind": "primary", "retry_after": 7}, 403, ("X-RateLimit-Remaining", "0")),
    ],
)
async def test_fault_hits_one_request(
    ask: ApiClient, fault: dict[str, Any], status: int, header: tuple[str, str]
) -> None:
    ask.github.issues.open_issue(REPO, "x")
    ask.github.faults.add("POST", f"{R}/issues/\\d+/comments", **fault)
    refused = await ask("POST", f"{R}/issues/1/comments", {"body": "a"})
    assert (refused.status, refused.headers.get(header[0], "")) == (status, header[1])
    assert (await ask("POST", f"{R}/issues/1/comments", {"body": "b"})).status == 201
    assert [comment["body"] for comment in ask.github.comments(REPO, 1)] == ["b"]
    openapi.assert_valid(ask.github.requests)


@pytest.mark.parametrize("kind", ["half", "hang_up"])
async def test_fault_after_the_request_loses_the_answer(ask: ApiClient, kind: Any) -> None:
    ask.github.issues.open_issue(REPO, "x")
    await ask.mint()
    ask.github.faults.add("POST", ".*/comments", kind, after=True)
    with pytest.raises(aiohttp.ClientError):
        await ask("POST", f"{R}/issues/1/comments", {"body": "a"})
    assert [comment["body"] for comment in ask.github.comments(REPO, 1)] == ["a"]
    assert ask.github.requests[-1].faulted


async def test_held_request_waits_for_release(ask: ApiClient) -> None:
    await ask("GET", R)
    fault = ask.github.faults.add("GET", ".*/branches", "hold")
    waiting = asyncio.create_task(ask("GET", f"{R}/branches"))
    await ask.github.store.wait_for(lambda: fault.seen)
    assert not waiting.done()
    fault.release()
    assert (await waiting).status == 200


@pytest.mark.parametrize(
    "name", ["hello", "octocat/", "/hello", "octocat/..", "octocat/a/b", "../x/y", "octocat/x.git", "Octocat/Hello"]
)
async def test_invalid_repository_name_is_refused(github: SimulatedGitHub, name: str) -> None:
    with pytest.raises(ValueError, match=r"full name|already"):
        await github.repositories.add_repository(name)


async def test_invalid_page_parameters_use_the_defaults(ask: ApiClient) -> None:
    for path in (
        f"{R}/branches?per_page=x&page=-1",
        f"{R}/branches?per_page=0",
        f"{R}/branches?per_page=99999&page=99999",
    ):
        assert (await ask("GET", path)).status == 200
    assert (await ask("GET", "/app/hook/deliveries?per_page=x&cursor=v1_1", who="app")).body == []
