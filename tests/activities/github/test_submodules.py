"""Submodules on a server: fetched from the same GitHub alone, and private ones only where the base names them and the
parent's own installation has them."""

import subprocess
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from activities.environments import Environments
from activities.github.client import GitHub
from activities.github.errors import Forbidden
from activities.model import CheckPlan, Head, RepoRef
from activities.quality_gate.engine import GateEngine
from activities.quality_gate.measurement import Host
from activities.quality_gate.types import CheckInput
from activities.result_store import ResultStore
from activities.sandbox.select import make_runner
from activities.untrusted_files import remove_tree
from activities.workspace.git import git, git_environment
from activities.workspace.mirror import Workspaces
from activities.workspace.submodules import MOST, repository_of
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

    def run(*argv: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["git", *argv], cwd=folder, env=env, input=stdin.encode(), check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    run("read-tree", "--empty")
    blob = run("hash-object", "-w", "--stdin", stdin=gitmodules)
    run("update-index", "--add", "--cacheinfo", f"100644,{blob},.gitmodules")
    for path, sha in links.items():
        run("update-index", "--add", "--cacheinfo", f"160000,{sha},{path}")
    sha = run("commit-tree", run("write-tree"), *(("-p", parent) if parent else ()), "-m", "x")
    run("update-ref", f"refs/heads/{sha[:8]}", sha)
    return sha


def module(name: str, url: str) -> str:
    return f'[submodule "{name}"]\n\tpath = {name}\n\turl = {url}\n'


async def head_of_new(simulated: SimulatedGitHub, name: str, *, private: bool) -> str:
    """The commit of a new repository with one file `lib.txt`."""
    made = await simulated.repositories.add_repository(name, {"lib.txt": f"{name}\n"}, private=private)
    done = subprocess.run(["git", "rev-parse", "main"], cwd=made.path, check=True, capture_output=True, text=True)
    return done.stdout.strip()


async def test_submodules_are_fetched_at_their_commit(
    simulated: SimulatedGitHub, repo: RepoRef, workspaces: Workspaces
) -> None:
    store, heads = simulated.store, {}
    for name, private in (("octocat/public", False), ("octocat/secret", True)):
        heads[name] = await head_of_new(simulated, name, private=private)
    hello = store.repository("octocat/hello").path
    nested = commit(store.repository("octocat/public").path, module("in", "../public"), {"in": heads["octocat/public"]})
    links = {"pub": heads["octocat/public"], "sec": heads["octocat/secret"]}
    known = module("pub", "../public.git") + module("sec", "../secret.git")
    base = commit(hello, known, links)
    evil = {"file": "1" * 40, "gone": "2" * 40, "deep": nested}
    own = module("file", f"file://{hello}") + module("gone", "../public") + module("deep", "../public")
    head = commit(hello, known + own, links | evil, base)
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
    # The base's folder was made before its submodule was there.
    assert (await workspaces.checkout(repo, base) / "sec" / "lib.txt").read_text() == "octocat/secret\n"
    checkout = await workspaces.checkout(repo, head)
    assert (checkout / "sec" / "lib.txt").read_text() == "octocat/secret\n"
    assert (checkout / "deep" / "in" / "lib.txt").read_text() == "octocat/public\n"
    assert list((checkout / "file").iterdir()) == []


async def test_what_is_there_counts_only_where_it_passes(
    simulated: SimulatedGitHub, repo: RepoRef, workspaces: Workspaces, tmp_path: Path
) -> None:
    await head_of_new(simulated, "octocat/public", private=False)
    secret = await head_of_new(simulated, "octocat/secret", private=True)
    hello = simulated.store.repository("octocat/hello").path
    base = commit(hello, module("sec", "../secret"), {"sec": secret})
    other_base = commit(hello, "", {}, base)
    moved = commit(hello, module("sec", "../public") + module("file", "file:///x"), {"sec": secret, "file": secret})
    unnamed = commit(hello, "", {"sec": secret})
    named = commit(hello, module("sec", "../secret") + "# more\n", {"sec": secret}, base)
    await workspaces.fetch(repo, base, other_base, moved, unnamed)
    assert await workspaces.fetch_linked(repo, base, base) == ()
    assert (await workspaces.checkout(repo, base) / "sec" / "lib.txt").exists()
    for head, trusted in ((moved, base), (unnamed, base), (base, other_base), (base, "")):
        assert await workspaces.fetch_linked(repo, head, trusted)
        checkout = await workspaces.checkout(repo, head)
        assert [path.name for path in checkout.rglob("lib.txt")] == []
    # A fork's change gets it once a maintainer has allowed it to run; and what is gone is fetched again.
    runner = await make_runner("bubblewrap")
    host = Host(workspaces, Environments(tmp_path, runner), ResultStore(tmp_path / "results"), runner, tmp_path)
    engine = GateEngine(host, "queue")
    fork = Head(repo, named, base_sha=base, pull=1, fork=True)
    assert len((await engine.prepare(fork)).head_lacks) == 1
    workspace = await engine.prepare(replace(fork, approved=True))
    remove_tree(workspaces.mirror(repo))
    plan = CheckPlan("linting", True, True, tool_options={"command": "grep secret sec/lib.txt >&2", "format": "text"})
    assert (workspace.head_lacks, await workspaces.has_linked(repo, named)) == ((), False)
    assert (await engine.check(CheckInput(workspace, plan))).status == "passed"
    assert await workspaces.has_linked(repo, named)
    # Nor where the installation has lost it, whatever token is left.
    simulated.store.installations[repo.installation_id].repositories = set()
    assert len(await workspaces.fetch_linked(repo, base, base)) == 1
    assert not (await workspaces.checkout(repo, base) / "sec" / "lib.txt").exists()


async def test_no_other_account_is_read(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, workspaces: Workspaces
) -> None:
    """The app is installed on that account too, whose repository's commit somebody knows."""
    theirs = await head_of_new(simulated, "example/secret", private=True)
    own = await head_of_new(simulated, "octocat/secret", private=True)
    hello = simulated.store.repository("octocat/hello").path
    base = commit(hello, module("sec", "../../example/secret"), {"sec": theirs})
    of_own = commit(hello, module("sec", "../secret"), {"sec": own})
    await workspaces.fetch(repo, base, of_own)
    (sentence,) = await workspaces.fetch_linked(repo, base, base)
    assert "example/secret is not public" in sentence
    assert not (await workspaces.checkout(repo, base) / "sec" / "lib.txt").exists()
    for installation, name in ((repo.installation_id, "example/secret"), (0, "octocat/secret")):
        owner, _, short = name.partition("/")
        named = RepoRef(owner, short, installation)
        await github.git_auth(named)  # a token for our own work there counts for no submodule
        with pytest.raises(Exception, match=f"`{name}`"):
            await github.submodule_auth(named)
    simulated.requests.clear()
    assert len(await workspaces.fetch_linked(replace(repo, installation_id=0), of_own, of_own)) == 1
    assert not [each for each in simulated.requests if each.path.endswith(("/installation", "/access_tokens"))]
    assert await workspaces.fetch_linked(repo, of_own, of_own) == ()
    (token,) = [one for one in simulated.store.tokens.values() if one.value == (await own_token(github, repo))]
    assert token.permissions.get("contents") == "read"
    assert set(token.permissions) <= {"contents", "metadata"}
    with pytest.raises(Forbidden):
        await github.submodule_auth(RepoRef("octocat", "no-such", repo.installation_id))


async def own_token(github: GitHub, repo: RepoRef) -> str:
    """The one with which `octocat/secret` was read."""
    return (await github.submodule_auth(RepoRef("octocat", "secret", repo.installation_id)))[1]


async def test_the_workers_home_opens_nothing(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, workspaces: Workspaces, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    secret = await head_of_new(simulated, "octocat/secret", private=True)
    there = RepoRef("octocat", "secret", repo.installation_id)
    user, token = await github.git_auth(there)
    url = github.clone_url(there)
    home = tmp_path / "home"
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".netrc").write_text(f"machine {urlsplit(url).hostname} login {user} password {token}\n")
    for file in (home / ".gitconfig", home / ".config" / "git" / "config"):
        file.write_text(f'[credential]\n\thelper = "!echo username={user}; echo password={token}; :"\n')
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    assert await git(tmp_path, "ls-remote", url, env={"HOME": str(home)})  # it would open the repository
    head = commit(simulated.store.repository("octocat/hello").path, module("sec", "../secret"), {"sec": secret})
    await workspaces.fetch(repo, head)
    assert len(await workspaces.fetch_linked(repo, head, "")) == 1


async def test_a_checkout_has_no_more_submodules_than_that(
    simulated: SimulatedGitHub, repo: RepoRef, workspaces: Workspaces
) -> None:
    """Few in each, and theirs in each of them: in all there would be hundreds."""
    sha = await head_of_new(simulated, "octocat/public", private=False)
    public, hello = simulated.store.repository("octocat/public").path, simulated.store.repository("octocat/hello").path
    for folder in (public, public, hello):
        names = [f"m{number}" for number in range(8)]
        sha = commit(folder, "".join(module(name, "../public") for name in names), dict.fromkeys(names, sha))
    await workspaces.fetch(repo, sha)
    lacking = await workspaces.fetch_linked(repo, sha, "")
    assert lacking[-1].endswith(" submodules more were not fetched.")
    checkout = await workspaces.checkout(repo, sha)
    laid_out = [path for path in checkout.rglob("m*") if path.is_dir() and any(path.iterdir())]
    assert len(laid_out) == MOST
