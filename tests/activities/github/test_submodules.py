"""Submodules on a server: fetched from the same GitHub alone, and private ones only where the base names them."""

import subprocess
from pathlib import Path

import pytest

from activities.github.client import GitHub
from activities.model import RepoRef
from activities.workspace.git import git_environment
from activities.workspace.mirror import Workspaces
from activities.workspace.submodules import repository_of
from simulator.github.server import SimulatedGitHub

PARENT = "https://github.example:8443/octocat/hello.git"


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("../other.git", "octocat/other"),
        ("../../example/other", "example/other"),
        ("./../other", "octocat/other"),
        ("https://github.example:8443/example/other.git", "example/other"),
        ("https://user:secret@github.example:8443/example/other/", "example/other"),
        ("git@github.example:example/other.git", "example/other"),
        ("github.example:example/other", "example/other"),
        ("ssh://git@github.example/example/other.git", "example/other"),
        ("ssh://git@github.example:22/example/other.git", "example/other"),
        ("https://github.example/example/other.git", ""),
        ("https://elsewhere.example:8443/example/other.git", ""),
        ("https://github.example:8443@elsewhere.example/example/other.git", ""),
        ("git@elsewhere.example:example/other.git", ""),
        ("https://github.example:8443/a/b/c", ""),
        ("https://github.example:8443/octocat/..", ""),
        ("../../../other", ""),
        ("../../../../etc/passwd", ""),
        ("file:///etc", ""),
        ("/etc/passwd", ""),
        ("ext::sh -c touch% /tmp/x", ""),
        ("-u./program", ""),
        ("--upload-pack=./program", ""),
        ("https://github.example:8443/octocat/-x --y", ""),
        ("https://github.example:nonsense/octocat/x", ""),
        ("https://[github.example/octocat/x", ""),
        ("", ""),
    ],
)
def test_an_address_is_a_repository_of_the_same_server_or_refused(url: str, repository: str) -> None:
    assert repository_of(url, PARENT) == repository


def commit(folder: Path, gitmodules: str, links: dict[str, str], parent: str = "") -> str:
    """A commit of a bare repository with these submodules."""
    who = {f"GIT_{role}_{part}": "a@b" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    env = git_environment({**who, "GIT_INDEX_FILE": str(folder / "an-index")})

    def git(*argv: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["git", *argv], cwd=folder, env=env, input=stdin.encode(), check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    git("read-tree", "--empty")
    blob = git("hash-object", "-w", "--stdin", stdin=gitmodules)
    git("update-index", "--add", "--cacheinfo", f"100644,{blob},.gitmodules")
    for path, sha in links.items():
        git("update-index", "--add", "--cacheinfo", f"160000,{sha},{path}")
    sha = git("commit-tree", git("write-tree"), *(("-p", parent) if parent else ()), "-m", "x")
    git("update-ref", f"refs/heads/{sha[:8]}", sha)
    return sha


def module(name: str, url: str) -> str:
    return f'[submodule "{name}"]\n\tpath = {name}\n\turl = {url}\n'


async def test_submodules_are_fetched_at_their_commit(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, tmp_path: Path
) -> None:
    store, heads = simulated.store, {}
    for name, private in (("octocat/public", False), ("octocat/secret", True)):
        await simulated.repositories.add_repository(name, {"lib.txt": f"{name}\n"}, private=private)
        path = store.repository(name).path
        heads[name] = subprocess.run(
            ["git", "rev-parse", "main"], cwd=path, check=True, capture_output=True, text=True
        ).stdout.strip()
    hello = store.repository("octocat/hello").path
    nested = commit(store.repository("octocat/public").path, module("in", "../public"), {"in": heads["octocat/public"]})
    links = {"pub": heads["octocat/public"], "sec": heads["octocat/secret"]}
    known = module("pub", "../public.git") + module("sec", "../secret.git")
    base = commit(hello, known, links)
    evil = {"file": "1" * 40, "gone": "2" * 40, "deep": nested}
    own = module("file", f"file://{hello}") + module("gone", "../public") + module("deep", "../public")
    head = commit(hello, known + own, links | evil, base)
    workspaces = Workspaces(tmp_path / "data", github.clone_url, github.git_auth, github.forget)
    await workspaces.fetch(repo, head, base)
    unknown = await workspaces.fetch_linked(repo, base, "")
    assert len(unknown) == 1
    assert "'sec' was not fetched: octocat/secret is not public" in unknown[0]
    checkout = await workspaces.checkout(repo, base)
    assert (checkout / "pub" / "lib.txt").read_text() == "octocat/public\n"
    assert not (checkout / "sec" / "lib.txt").exists()
    lacking = await workspaces.fetch_linked(repo, head, base)
    assert [sentence.split(" was ")[0] for sentence in lacking] == ["The submodule 'file'", "The submodule 'gone'"]
    assert await workspaces.fetch_linked(repo, base, base) == ()
    checkout = await workspaces.checkout(repo, head)
    assert (checkout / "sec" / "lib.txt").read_text() == "octocat/secret\n"
    assert (checkout / "deep" / "in" / "lib.txt").read_text() == "octocat/public\n"
    assert list((checkout / "file").iterdir()) == []
