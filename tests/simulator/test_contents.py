"""The contents of a repository over REST: large files, other kinds, and one file's commit."""

import base64
from typing import Any

import pytest

from simulator.github.git import Symlink, git
from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver

R = f"/repos/{REPO}"


def put(text: bytes = b"x = 2\n", **more: Any) -> dict[str, Any]:
    return {"message": "Put", "content": base64.b64encode(text).decode(), **more}


async def test_large_files_come_without_content(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.pushes.push_commit(
        REPO, "big", {"small.bin": b"\0" * 1024 * 1024, "big.bin": b"\0" * (1024 * 1024 + 1)}
    )
    small = (await ask("GET", f"{R}/contents/small.bin?ref=big")).body
    assert (len(base64.b64decode(small["content"])), small["encoding"]) == (1024 * 1024, "base64")
    big = (await ask("GET", f"{R}/contents/big.bin?ref=big")).body
    assert (big["size"], big["content"], big["encoding"]) == (1024 * 1024 + 1, "", "none")
    openapi.assert_valid(github.requests)


async def test_symlink_is_not_followed(github: SimulatedGitHub, ask: ApiClient) -> None:
    sha = await github.pushes.push_commit(REPO, "links", {"link": Symlink("/etc/passwd")})
    link = (await ask("GET", f"{R}/contents/link?ref={sha}")).body
    assert (link["type"], link["target"]) == ("symlink", "/etc/passwd")
    openapi.assert_valid(github.requests)


async def test_put_commits_a_file(github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver) -> None:
    old = (await ask("GET", f"{R}/contents/src/hello.py")).body["sha"]
    reply = await ask("PUT", f"{R}/contents/src/hello.py", put(sha=old))
    sha = reply.body["commit"]["sha"]
    assert (reply.status, await git(github.store.repository(REPO).path, "show", "main:src/hello.py")) == (
        200,
        b"x = 2\n",
    )
    await github.webhooks.idle()
    assert receiver.payloads("push")[0]["after"] == sha
    assert (await ask("PUT", f"{R}/contents/new.py", put(sha="f" * 40))).status == 201
    openapi.assert_valid(github.requests)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("README.md", put(), 422),
        ("README.md", put(sha="f" * 40), 409),
        ("new.py", put(branch="none"), 404),
        ("new.py", {"message": "x", "content": "é"}, 422),
        ("new.py", {"message": "x"}, 422),
        ("new.py", {"content": ""}, 422),
        (".git/config", put(), 422),
        ("src//x", put(), 422),
    ],
)
async def test_invalid_put_is_refused(ask: ApiClient, path: str, body: dict[str, Any], status: int) -> None:
    before = (await ask("GET", f"{R}/git/ref/heads/main")).body["object"]["sha"]
    assert (await ask("PUT", f"{R}/contents/{path}", body)).status == status
    assert (await ask("GET", f"{R}/git/ref/heads/main")).body["object"]["sha"] == before


async def test_put_needs_contents_permission(ask: ApiClient) -> None:
    token = await ask.mint(permissions={"contents": "read"})
    assert (await ask("PUT", f"{R}/contents/new.py", put(), token=token)).status == 403
