"""Git over HTTP, with the real git as client."""

import asyncio
import os
from pathlib import Path

import aiohttp
import pytest

from simulator.github.git import Files, GitCommandError, Symlink, git
from simulator.github.server import SimulatedGitHub
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver


async def test_public_repository_needs_no_credentials(github: SimulatedGitHub, tmp_path: Path) -> None:
    await git(tmp_path, "clone", "--quiet", f"{github.url}/{REPO}.git", "one")
    await git(tmp_path, "clone", "--quiet", f"{github.url}/{REPO}", "two")
    assert (tmp_path / "one/src/hello.py").read_text() == "print('hello')\n"


async def test_push_needs_credentials(github: SimulatedGitHub, tmp_path: Path) -> None:
    clone = await cloned(github, tmp_path)
    with pytest.raises(GitCommandError, match=r"could not read Username|Authentication"):
        await git(clone, "push", f"{github.url}/{REPO}.git", "HEAD:refs/heads/x")


async def test_private_repository_is_not_found(github: SimulatedGitHub, tmp_path: Path) -> None:
    await github.repositories.add_repository("octocat/secret", {"a": "a"}, private=True)
    with pytest.raises(GitCommandError, match=r"could not read Username|Authentication"):
        await git(tmp_path, "clone", f"{github.url}/octocat/secret.git", "one")
    with pytest.raises(GitCommandError, match="not found"):
        await git(tmp_path, "clone", github.pushes.push_url("octocat/secret", "example"), "two")
    await git(tmp_path, "clone", "--quiet", github.pushes.push_url("octocat/secret", "octocat"), "three")
    assert (tmp_path / "three/a").exists()


async def test_push_with_installation_token_sends_an_event(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    clone = await cloned(github, tmp_path)
    token = await ask.mint()
    await git(clone, "push", "--quiet", with_token(github, token), "HEAD:refs/heads/by-bot")
    await github.webhooks.idle()
    assert sorted(receiver.names) == ["check_suite.requested", "create", "push"]
    assert receiver.payloads("push")[0]["sender"]["login"] == "autobuild[bot]"


async def test_read_only_token_cannot_push(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    clone = await cloned(github, tmp_path)
    token = await ask.mint(permissions={"contents": "read"})
    with pytest.raises(GitCommandError, match="403"):
        await git(clone, "push", with_token(github, token), "HEAD:refs/heads/x")
    with pytest.raises(GitCommandError, match=r"Authentication|401|could not read"):
        await git(clone, "push", with_token(github, "ghs_wrong"), "HEAD:refs/heads/x")
    with pytest.raises(GitCommandError, match="403"):
        await git(clone, "push", github.pushes.push_url(REPO, "example"), "HEAD:refs/heads/x")
    full = await ask.mint()
    github.installations.suspend(next(iter(github.store.installations)))
    with pytest.raises(GitCommandError, match="403"):
        await git(clone, "push", with_token(github, full), "HEAD:refs/heads/x")
    await github.webhooks.idle()
    assert receiver.names == ["installation.suspend"]


async def test_pull_refs_can_be_fetched_but_not_pushed(github: SimulatedGitHub, tmp_path: Path) -> None:
    sha = await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await github.pulls.open_pull(REPO, "feature")
    clone = await cloned(github, tmp_path)
    await git(clone, "fetch", "--quiet", "origin", "refs/pull/1/head")
    assert (await git(clone, "rev-parse", "FETCH_HEAD")).decode().strip() == sha
    with pytest.raises(GitCommandError, match=r"hidden ref|denied|deny"):
        await git(clone, "push", github.pushes.push_url(REPO), "HEAD:refs/pull/1/head")


async def test_any_commit_can_be_fetched_by_sha(github: SimulatedGitHub, tmp_path: Path) -> None:
    old = await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await github.pushes.push_commit(REPO, "feature", {"a": "b"}, parent=await tip(github, "main"), force=True)
    clone = await cloned(github, tmp_path)
    await git(clone, "fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", old)


async def test_large_chunked_push(github: SimulatedGitHub) -> None:
    body = os.urandom(3 * 1024 * 1024)
    sha = await github.pushes.push_commit(REPO, "big", {"big.bin": body})
    assert await git(github.store.repository(REPO).path, "cat-file", "blob", f"{sha}:big.bin") == body


async def test_gzipped_negotiation(github: SimulatedGitHub, tmp_path: Path) -> None:
    """Git packs a request of more than a kilobyte: many commits that the server does not have."""
    clone = await cloned(github, tmp_path)
    stream = "".join(
        f"commit refs/heads/c{n}\ncommitter o <o@example.com> {n} +0000\ndata 1\nx\n\n" for n in range(1, 80)
    )
    await git(clone, "fast-import", "--quiet", stdin=stream.encode())
    sha = await github.pushes.push_commit(REPO, "feature", {"a": "a"})
    await git(clone, "-c", "protocol.version=0", "fetch", "--quiet", "origin", "feature")
    assert (await git(clone, "rev-parse", "FETCH_HEAD")).decode().strip() == sha


@pytest.mark.parametrize(
    "path", ["../state/x.git", "octocat/..", "octocat/hello.git/..%2f..%2fapp.pem", "octocat/none.git"]
)
async def test_path_traversal_is_refused(github: SimulatedGitHub, path: str) -> None:
    async with aiohttp.ClientSession() as client:
        for service in ("git-upload-pack", "nothing"):
            url = f"{github.url}/{path}/info/refs?service={service}"
            async with client.get(url) as reply:
                assert reply.status in (401, 403, 404)


async def test_concurrent_pushes_send_separate_events(github: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    github.repositories.set_permission(REPO, "example", "write")
    one, two = await asyncio.gather(
        github.pushes.push_commit(REPO, "one", {"a": "1"}, login="octocat"),
        github.pushes.push_commit(REPO, "two", {"a": "2"}, login="example"),
    )
    await github.webhooks.idle()
    heard = {(each["after"], each["sender"]["login"]) for each in receiver.payloads("push")}
    assert heard == {(one, "octocat"), (two, "example")}


async def test_unusual_paths_and_symlinks(github: SimulatedGitHub, ask: ApiClient) -> None:
    odd: Files = {
        'sp ace/"quo\nte".py': "1\n",
        "näh.py": "2\n",
        "\udcff.py": "3\n",
        "link": Symlink("../../etc/passwd"),
        "run": "#!/bin/sh\n",
    }
    sha = await github.pushes.push_commit(REPO, "odd", odd)
    await github.pulls.open_pull(REPO, "odd")
    files = (await ask("GET", f"/repos/{REPO}/pulls/1/files")).body
    assert {file["filename"] for file in files} == {'sp ace/"quo\nte".py', "näh.py", "\\xff.py", "link", "run"}
    link = (await ask("GET", f"/repos/{REPO}/contents/link?ref={sha}")).body
    assert (link["type"], link["target"]) == ("symlink", "../../etc/passwd")
    listed = (await ask("GET", f"/repos/{REPO}/contents/?ref=odd")).body
    assert {"näh.py", "\\xff.py"} <= {entry["name"] for entry in listed}


@pytest.mark.parametrize("path", ["../up", "a/../../b", ".git/config", "a//b", ""])
async def test_path_outside_the_tree_is_refused(github: SimulatedGitHub, path: str) -> None:
    with pytest.raises(GitCommandError, match="invalid path"):
        await github.pushes.push_commit(REPO, "bad", {path: "x"})


async def cloned(github: SimulatedGitHub, folder: Path) -> Path:
    await git(folder, "clone", "--quiet", f"{github.url}/{REPO}.git", "clone")
    return folder / "clone"


def with_token(github: SimulatedGitHub, token: str) -> str:
    return f"{github.url}/{REPO}.git".replace("http://", f"http://x-access-token:{token}@")


async def tip(github: SimulatedGitHub, branch: str) -> str:
    return (await git(github.store.repository(REPO).path, "rev-parse", branch)).decode().strip()
