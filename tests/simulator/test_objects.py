"""The Git database over REST: objects as git itself has them, and all that is refused."""

import base64
from typing import Any

import pytest

from simulator.github.git import git
from simulator.github.server import SimulatedGitHub
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver

R = f"/repos/{REPO}"
G = f"{R}/git"


async def blob(ask: ApiClient, content: bytes) -> str:
    sent = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
    return str((await ask("POST", f"{G}/blobs", sent)).body["sha"])


async def listed(github: SimulatedGitHub, tree: str) -> dict[str, str]:
    out = await git(github.store.repository(REPO).path, "ls-tree", "-r", tree)
    return {line.split("\t")[1]: line.split()[0] for line in out.decode().splitlines()}


@pytest.mark.parametrize("content", [b"", b"x = 1\n", b"\0\xff" * 5000, "naïve 🐙".encode()])
async def test_blob_can_be_read_back(ask: ApiClient, content: bytes) -> None:
    sha = await blob(ask, content)
    got = (await ask("GET", f"{G}/blobs/{sha}")).body
    assert (base64.b64decode(got["content"]), got["size"], got["encoding"]) == (content, len(content), "base64")
    openapi.assert_valid(ask.github.requests)


async def test_blob_of_text(ask: ApiClient) -> None:
    sha = (await ask("POST", f"{G}/blobs", {"content": "é"})).body["sha"]
    assert base64.b64decode((await ask("GET", f"{G}/blobs/{sha}")).body["content"]) == "é".encode()


@pytest.mark.parametrize("body", [{"content": "é", "encoding": "base64"}, {"content": "x", "encoding": "rot13"}])
async def test_invalid_blob_is_refused(ask: ApiClient, body: dict[str, str]) -> None:
    assert (await ask("POST", f"{G}/blobs", body)).status == 422


async def test_tree_changes_a_base_tree(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.pushes.push_commit(REPO, "main", {"lib/a.py": "a", "lib/b.py": "b", "file": "f", "gone.py": "g"})
    sub = (await ask("GET", f"{G}/trees/main")).body["tree"]
    lib = next(entry["sha"] for entry in sub if entry["path"] == "lib")
    entries = [
        {"path": "src/hello.py", "mode": "100755", "type": "blob", "content": "#!/usr/bin/python\n"},
        {"path": "link", "mode": "120000", "type": "blob", "content": "README.md"},
        {"path": "copy", "mode": "040000", "type": "tree", "sha": lib},
        {"path": "vendor", "mode": "160000", "type": "commit", "sha": "f" * 40},
        {"path": "file/now/folder", "mode": "100644", "type": "blob", "sha": await blob(ask, b"x")},
        {"path": "lib", "mode": "100644", "type": "blob", "content": "no folder any more"},
        {"path": "gone.py", "mode": "100644", "type": "blob", "sha": None},
    ]
    base = (await ask("GET", f"{G}/ref/heads/main")).body["object"]["sha"]
    reply = await ask("POST", f"{G}/trees", {"base_tree": base, "tree": entries})
    assert reply.status == 201, reply.body
    assert await listed(github, reply.body["sha"]) == {
        "README.md": "100644",
        "copy/a.py": "100644",
        "copy/b.py": "100644",
        "file/now/folder": "100644",
        "lib": "100644",
        "link": "120000",
        "src/hello.py": "100755",
        "vendor": "160000",
    }
    flat = (await ask("GET", f"{G}/trees/{reply.body['sha']}")).body
    deep = (await ask("GET", f"{G}/trees/{reply.body['sha']}?recursive=1")).body
    assert [entry["path"] for entry in flat["tree"]] == [entry["path"] for entry in reply.body["tree"]]
    assert len(deep["tree"]) > len(flat["tree"])
    assert {entry["type"] for entry in deep["tree"]} == {"blob", "tree", "commit"}
    openapi.assert_valid(github.requests)


async def test_folder_can_be_removed(github: SimulatedGitHub, ask: ApiClient) -> None:
    base = (await ask("GET", f"{G}/trees/main")).body["sha"]
    entries = [{"path": "src", "mode": "040000", "type": "tree", "sha": None}]
    reply = await ask("POST", f"{G}/trees", {"base_tree": base, "tree": entries})
    assert await listed(github, reply.body["sha"]) == {"README.md": "100644"}


async def test_tree_of_many_files(github: SimulatedGitHub, ask: ApiClient) -> None:
    entries = [{"path": f"d{n % 50}/f{n}", "mode": "100644", "type": "blob", "content": f"{n}\n"} for n in range(3000)]
    reply = await ask("POST", f"{G}/trees", {"tree": entries})
    assert (reply.status, len(await listed(github, reply.body["sha"]))) == (201, 3000)
    assert len(reply.body["tree"]) == 50


GOOD = {"path": "x", "mode": "100644", "type": "blob", "content": "x"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "Invalid tree info"),
        ({"tree": []}, "Invalid tree info"),
        ({"tree": ["x"]}, "Invalid tree info"),
        ({"tree": [GOOD], "base_tree": "f" * 40}, "base_tree"),
        ({"tree": [GOOD], "base_tree": "--help"}, "base_tree"),
        ({"tree": [{**GOOD, "path": "../x"}]}, "malformed path"),
        ({"tree": [{**GOOD, "path": "a//b"}]}, "malformed path"),
        ({"tree": [{**GOOD, "path": "/x"}]}, "malformed path"),
        ({"tree": [{**GOOD, "path": "a/.GIT/config"}]}, "malformed path"),
        ({"tree": [{**GOOD, "path": "a\0b"}]}, "malformed path"),
        ({"tree": [{**GOOD, "mode": "100600"}]}, "tree.mode"),
        ({"tree": [{**GOOD, "type": "tree"}]}, "tree.type"),
        ({"tree": [{**GOOD, "sha": "f" * 40}]}, "either tree.sha or tree.content"),
        ({"tree": [{"path": "x", "mode": "100644", "type": "blob", "sha": "f" * 40}]}, "is not a valid blob"),
        ({"tree": [{"path": "x", "mode": "100644", "type": "blob"}]}, "tree.sha or tree.content"),
        ({"tree": [{"path": "x", "mode": "100644", "type": "blob", "sha": None}]}, "BadObjectState"),
    ],
)
async def test_invalid_tree_is_refused(ask: ApiClient, body: dict[str, Any], words: str) -> None:
    reply = await ask("POST", f"{G}/trees", body)
    assert (reply.status, words in reply.body["message"]) == (422, True), reply.body
    openapi.assert_valid(ask.github.requests)


async def test_commit_can_become_a_branch_tip(
    github: SimulatedGitHub, ask: ApiClient, receiver: WebhookReceiver
) -> None:
    tip = (await ask("GET", f"{G}/ref/heads/main")).body["object"]["sha"]
    tree = (await ask("POST", f"{G}/trees", {"base_tree": tip, "tree": [GOOD]})).body["sha"]
    author = {"name": "Mona <x>\n", "email": "mona@example.com", "date": "2026-01-31T09:30:00Z"}
    commit = {"message": "Say x\n\nBecause.", "tree": tree, "parents": [tip], "author": author}
    made = await ask("POST", f"{G}/commits", commit)
    assert (made.status, made.body["message"], made.body["parents"][0]["sha"]) == (201, "Say x\n\nBecause.", tip)
    assert made.body["author"] == {"name": "Mona x", "email": "mona@example.com", "date": "2026-01-31T09:30:00Z"}
    assert (await ask("GET", f"{G}/commits/{made.body['sha']}")).body == made.body
    assert (await ask("PATCH", f"{G}/refs/heads/main", {"sha": made.body["sha"]})).status == 200
    await github.webhooks.idle()
    assert receiver.payloads("push")[0]["after"] == made.body["sha"]
    openapi.assert_valid(github.requests)


async def test_author_is_the_app_by_default(ask: ApiClient) -> None:
    tree = (await ask("GET", f"{G}/trees/main")).body["sha"]
    made = (await ask("POST", f"{G}/commits", {"message": "x", "tree": tree})).body
    assert (made["author"]["name"], made["committer"]["name"], made["parents"]) == (
        "autobuild[bot]",
        "autobuild[bot]",
        [],
    )


@pytest.mark.parametrize(
    "change",
    [
        {"tree": "f" * 40},
        {"tree": "main"},
        {"parents": ["f" * 40]},
        {"parents": ["main"]},
        {"parents": "main"},
        {"author": {"name": "x"}},
        {"author": {"name": "x", "email": "x", "date": "yesterday"}},
        {"message": 3},
    ],
)
async def test_invalid_commit_is_refused(ask: ApiClient, change: dict[str, Any]) -> None:
    tree = (await ask("GET", f"{G}/trees/main")).body["sha"]
    assert (await ask("POST", f"{G}/commits", {"message": "x", "tree": tree, **change})).status == 422


@pytest.mark.parametrize(
    "path", ["blobs/" + "f" * 40, "blobs/main", "trees/none", "commits/" + "f" * 40, "commits/main"]
)
async def test_unknown_object_is_not_found(ask: ApiClient, path: str) -> None:
    assert (await ask("GET", f"{G}/{path}")).status == 404


async def test_empty_repository_accepts_no_object(github: SimulatedGitHub, ask: ApiClient) -> None:
    await github.repositories.add_repository("octocat/empty")
    for path, body in (("blobs", {"content": "x"}), ("trees", {"tree": [GOOD]})):
        reply = await ask("POST", f"/repos/octocat/empty/git/{path}", body)
        assert (reply.status, reply.body["message"]) == (409, "Git Repository is empty.")


async def test_writing_objects_needs_contents_permission(ask: ApiClient) -> None:
    token = await ask.mint(permissions={"contents": "read"})
    for path in ("blobs", "trees", "commits"):
        assert (await ask("POST", f"{G}/{path}", {}, token=token)).status == 403
