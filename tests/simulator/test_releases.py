"""Releases and tags over REST."""

from typing import Any

import pytest

from simulator.github.git import git
from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver
from tests.simulator.test_payloads import errors

R = f"/repos/{REPO}"


async def tags(github: SimulatedGitHub) -> list[str]:
    return (await git(github.store.repository(REPO).path, "tag", "--list")).decode().split()


async def test_publishing_creates_the_tag(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver) -> None:
    github.store.app.events = (*github.store.app.events, "release")
    sha = await github.pushes.push_commit(REPO, "next", {"a": "a"})
    body = {"tag_name": "v1/0", "target_commitish": "next", "name": "One", "body": "x" * 125_000}
    made = await ask("POST", f"{R}/releases", body)
    assert (made.status, made.body["draft"], made.body["author"]["login"]) == (201, False, "autobuild[bot]")
    assert (await ask("GET", f"{R}/tags")).body[0]["commit"]["sha"] == sha
    assert (await ask("GET", f"{R}/releases")).body == [made.body]
    await github.webhooks.idle()
    assert {"release.created", "release.published", "release.released", "create"} <= set(receiver.names)
    assert errors("release.published", receiver.payloads("release.published")[0]) == []
    openapi.assert_valid(github.requests)


async def test_existing_tag_is_kept(github: SimulatedGitHub, ask: ApiClient) -> None:
    sha = (await ask("GET", f"{R}/git/ref/heads/main")).body["object"]["sha"]
    await ask("POST", f"{R}/git/refs", {"ref": "refs/tags/v1", "sha": sha})
    await github.pushes.push_commit(REPO, "main", {"a": "a"})
    assert (await ask("POST", f"{R}/releases", {"tag_name": "v1", "target_commitish": "none"})).status == 201
    assert (await ask("GET", f"{R}/releases/tags/v1")).status == 200
    assert (await ask("GET", f"{R}/tags")).body[0]["commit"]["sha"] == sha


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "tag_name", "missing_field"),
        ({"tag_name": "taken"}, "tag_name", "already_exists"),
        ({"tag_name": "a..b"}, "tag_name", "custom"),
        ({"tag_name": "taken/below"}, "tag_name", "custom"),
        ({"tag_name": "v2", "target_commitish": "none"}, "target_commitish", "invalid"),
        ({"tag_name": "v2", "target_commitish": "--help"}, "target_commitish", "invalid"),
        ({"tag_name": "v2", "body": "x" * 125_001}, "body", "custom"),
        ({"tag_name": "v2", "draft": "yes"}, "draft", "invalid"),
    ],
)
async def test_invalid_release_is_refused(
    github: SimulatedGitHub, ask: ApiClient, body: dict[str, Any], field: str, code: str
) -> None:
    await github.releases.add_release(REPO, "taken")
    reply = await ask("POST", f"{R}/releases", body)
    [error] = reply.body["errors"]
    assert (reply.status, error["field"], error["code"]) == (422, field, code)
    assert await tags(github) == ["taken"]
    openapi.assert_valid(github.requests)


async def test_draft_has_no_tag(github: SimulatedGitHub, ask: ApiClient) -> None:
    draft = (await ask("POST", f"{R}/releases", {"tag_name": "v1", "draft": True})).body
    assert (draft["draft"], draft["published_at"], await tags(github)) == (True, None, [])
    assert (await ask("GET", f"{R}/releases/tags/v1")).status == 404
    reader = await ask.mint(permissions={"contents": "read"})
    assert (await ask("GET", f"{R}/releases", token=reader)).body == []
    path = f"{R}/releases/{draft['id']}"
    assert [(await ask("GET", path, token=reader)).status, (await ask("GET", path)).status] == [404, 200]
    change = {"name": "One", "body": "what is new", "prerelease": True}
    assert (await ask("PATCH", path, change)).body["draft"] is True
    published = (await ask("PATCH", path, {"draft": False})).body
    assert (published["name"], published["prerelease"], published["draft"]) == ("One", True, False)
    assert await tags(github) == ["v1"]
    again = (await ask("POST", f"{R}/releases", {"tag_name": "v1", "draft": True})).body["id"]
    assert (await ask("PATCH", f"{R}/releases/{again}", {"draft": False})).status == 422
    openapi.assert_valid(github.requests)


async def test_releases_need_contents_permission(ask: ApiClient) -> None:
    token = await ask.mint(permissions={"contents": "read"})
    assert (await ask("POST", f"{R}/releases", {"tag_name": "v1"}, token=token)).status == 403
    assert (await ask("GET", f"{R}/releases/1")).status == 404
