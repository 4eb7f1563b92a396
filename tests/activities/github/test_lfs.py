"""Contents of Git LFS files on a server: only what the commit's pointers name, from where the server says, checked."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from activities.github.client import GitHub
from activities.model import RepoRef
from activities.workspace.git import GitError
from activities.workspace.lfs_download import LARGEST_DOWNLOAD, MOST_DOWNLOADED
from activities.workspace.mirror import Workspaces
from simulator.github import git
from simulator.github.git import fast_import
from simulator.github.server import SimulatedGitHub
from tests.activities.github.test_submodules import commit as commit_links
from tests.activities.github.test_submodules import module

ATTRIBUTES = {".gitattributes": "*.bin filter=lfs -text\n"}


def pointer(oid: str, size: int) -> str:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"


def oid_of(text: str) -> str:
    return text.partition("sha256:")[2][:64]


async def commit(simulated: SimulatedGitHub, name: str, files: dict[str, str]) -> str:
    store, path = simulated.store, simulated.store.repository(name).path
    sha = await fast_import.commit(path, files, "LFS", store.author(store.add_user("octocat")), "")
    await git.update_ref(path, f"refs/heads/{sha[:8]}", sha)
    return sha


def counted(sentence: str) -> int:
    """How many files it is about."""
    more = re.search(r" and (\d+) more\. ", sentence)
    return sentence.count(".bin'") + (int(more[1]) if more else 0)


@asynccontextmanager
async def inside() -> AsyncIterator[tuple[int, list[bytes]]]:
    """The port of a service of this host, and what was sent to it."""
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.read(1000))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], seen


async def test_contents_are_fetched_with_the_answers_headers_alone(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, workspaces: Workspaces
) -> None:
    lfs, contents = simulated.lfs, {f"{number}.bin": b"%d" % number * 1000 for number in range(120)}
    files = {name: lfs.add(repo.full_name, content) for name, content in contents.items()}
    # A repository that says where its storage is does not choose it.
    files |= {".lfsconfig": "[lfs]\n\turl = https://127.0.0.1:1/lfs\n"}
    head = await commit(simulated, repo.full_name, ATTRIBUTES | files)
    await workspaces.fetch(repo, head)
    lfs.status = 503
    with pytest.raises(GitError) as found:
        await workspaces.fetch_linked(repo, head, "")
    assert found.value.unavailable
    lfs.status = 200
    simulated.store.tokens.clear()  # a token that was revoked is replaced
    moved = oid_of(files["7.bin"])
    lfs.answers[moved] = lfs.action(lfs.href(moved, redirected=True))
    assert await workspaces.fetch_linked(repo, head, "") == ()
    checkout = await workspaces.checkout(repo, head)
    assert {name: (checkout / name).read_bytes() for name in contents} == contents
    assert [len(each["objects"]) for each in lfs.batches] == [100, 20]
    _, token = await github.git_auth(repo)
    assert len(lfs.downloads) == 120
    assert not [each for each in lfs.downloads if token in str(each) or "Basic" in str(each)]
    # They are kept; and a fork's or another repository's have to be asked for there.
    assert await workspaces.fetch_linked(repo, head, "") == ()
    assert len(lfs.batches) == 2
    await simulated.repositories.add_repository("octocat/other", {"a": ""}, private=True)
    other = RepoRef("octocat", "other", repo.installation_id)
    copied = await commit(simulated, "octocat/other", ATTRIBUTES | {"a.bin": files["1.bin"]})
    await workspaces.fetch(other, copied)
    (sentence,) = await workspaces.fetch_linked(other, copied, "")
    assert "'a.bin'. GitHub does not have them" in sentence
    assert (await workspaces.checkout(other, copied) / "a.bin").read_text() == files["1.bin"]
    # Nor does what the repository has count in its submodules.
    with_submodule = commit_links(
        simulated.store.repository(repo.full_name).path, module("sub", "../other"), {"sub": copied}
    )
    await workspaces.fetch(repo, with_submodule)
    (sentence,) = await workspaces.fetch_linked(repo, with_submodule, with_submodule)
    assert "'sub/a.bin'. Those of submodules are not fetched" in sentence
    assert (await workspaces.checkout(repo, with_submodule) / "sub" / "a.bin").read_text() == files["1.bin"]


async def test_nothing_else_is_kept_or_asked(simulated: SimulatedGitHub, repo: RepoRef, workspaces: Workspaces) -> None:
    lfs, name = simulated.lfs, repo.full_name
    files = {each: lfs.add(name, each.encode() * 100) for each in ("good", "hash", "short", "long", "endless", "gone")}
    bad = {"hash": b"hasH" * 100, "short": b"short", "long": b"long" * 101, "endless": None}
    lfs.bodies |= {oid_of(files[each]): body for each, body in bad.items()}
    lfs.answers[oid_of(files["gone"])] = {"error": {"code": 410, "message": "gone\u001b[31m"}}
    files |= {"never": pointer("1" * 64, 10), "large": pointer("2" * 64, LARGEST_DOWNLOAD + 1)}
    much = MOST_DOWNLOADED // LARGEST_DOWNLOAD
    files |= {f"much{number}": pointer(f"{number}" * 64, LARGEST_DOWNLOAD) for number in range(3, 4 + much)}
    async with inside() as (port, seen):
        hosts = ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "u:p@127.0.0.1")
        hrefs = [f"{scheme}://{host}:{port}/x" for host in hosts for scheme in ("https", "http")]
        hrefs += ["https://10.0.0.1/x", "https://169.254.169.254/x", "file:///etc/passwd"]
        hrefs += ["//127.0.0.1/x", "/x", "", "x:"]
        for number, href in enumerate(hrefs):
            files[f"href{number}"] = lfs.add(name, b"%d" % number * 50)
            lfs.answers[oid_of(files[f"href{number}"])] = lfs.action(href)
        for number, location in enumerate((f"https://127.0.0.1:{port}/", f"http://localhost:{port}/", "", "x:")):
            files[f"moved{number}"] = lfs.add(name, b"moved%d" % number * 50)
            oid = oid_of(files[f"moved{number}"])
            lfs.answers[oid], lfs.locations[oid] = lfs.action(lfs.href(oid, redirected=True)), location
        lfs.locations[oid_of(files["moved2"])] = lfs.href(oid_of(files["moved2"]), redirected=True)
        odd: tuple[dict[str, Any], ...] = ({}, {"actions": {"download": "x"}}, {"actions": [1]}, {"actions": None})
        for number, answer in enumerate(odd):
            files[f"odd{number}"] = lfs.add(name, b"odd%d" % number * 50)
            lfs.answers[oid_of(files[f"odd{number}"])] = answer
        split = lfs.action(lfs.href(oid_of(files["good"])))
        split["actions"]["download"]["header"]["X"] = "a\r\nHost: x"
        files["split"] = lfs.add(name, b"split" * 100)
        lfs.answers[oid_of(files["split"])] = split
        head = await commit(simulated, name, ATTRIBUTES | {f"{each}.bin": text for each, text in files.items()})
        await workspaces.fetch(repo, head)
        lacking = await workspaces.fetch_linked(repo, head, "")
    assert seen == []
    assert await workspaces.fetch_linked(repo, head, "") == lacking
    checkout = await workspaces.checkout(repo, head)
    kept = {each for each, text in files.items() if (checkout / f"{each}.bin").read_text() != text}
    assert kept == {"good"}
    assert (checkout / "good.bin").read_bytes() == b"good" * 100
    store = workspaces.mirror(repo) / "lfs"
    assert [path.name for path in store.rglob("*") if path.is_file()] == [oid_of(files["good"])]
    # Elsewhere, failed, large, refused, wrong.
    assert [counted(sentence) for sentence in lacking] == [24, 2, 3, 10, 4]
    # An answer that says nothing gives nothing.
    head = await commit(simulated, name, ATTRIBUTES | {"a.bin": lfs.add(name, b"a" * 200)})
    await workspaces.fetch(repo, head)
    for raw in (b"", b"[1]", b'{"objects": 5}', b'{"objects": [5, {"oid": [1]}]}', b"[" * 10**5, b" " * 5 * 1024**2):
        lfs.raw = raw
        (sentence,) = await workspaces.fetch_linked(repo, head, "")
        assert "'a.bin'. GitHub does not have them" in sentence
