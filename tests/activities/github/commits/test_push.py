"""A real push of a local commit: what must not be pushed first, then what arrives."""

import asyncio
import base64
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpServer
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.errors import UserError
from activities.github.client import GitHub
from activities.github.commits.push import refusal
from activities.github.commits.types import PushBranchInput, PushBranchResult
from activities.github.errors import Conflict, Forbidden, NotFound, Unauthorized, Unavailable
from activities.github_activities import CommitActivities
from activities.model import RepoRef
from activities.result_store import ResultStore
from activities.workspace.git import GitError, git, git_line
from simulator.github.server import SimulatedGitHub
from tests.activities.github.commits.test_commits import committed
from tests.activities.github.conftest import NAME, done
from tests.deadlines import WITHIN_S
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def conforms_to_githubs_description(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@pytest.fixture
async def clone(simulated: SimulatedGitHub, head: str, tmp_path: Path) -> Path:
    """A checkout of the branch `topic/one` on this host."""
    folder = tmp_path / "clone"
    await git(
        tmp_path, "clone", "--quiet", "--branch", "topic/one", str(simulated.store.repository(NAME).path), str(folder)
    )
    return folder


@pytest.fixture
async def commit(clone: Path) -> str:
    (clone / "new.py").write_text("x = 2\n")
    return await committed(clone)


def wanted(repo: RepoRef, clone: Path, commit: str, branch: str = "autobuild/42", **more: object) -> PushBranchInput:
    return PushBranchInput(repo, branch, str(clone / ".git"), commit, **more)  # type: ignore[arg-type]


async def tip(simulated: SimulatedGitHub, branch: str = "autobuild/42") -> str:
    return await git_line(simulated.store.repository(NAME).path, "rev-parse", f"refs/heads/{branch}")


async def refused(commits: CommitActivities, push: PushBranchInput) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await done(commits.push_branch, push)
    return caught.value


def command_lines() -> list[str]:
    """Of all processes that run now; git's is among them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().decode("utf-8", "replace"))
    assert any("push" in git_line and "refs/heads/autobuild/42" in git_line for git_line in found)
    return found


def pushing_files() -> list[str]:
    """What stands in the repositories that pushes are made from."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"refs/heads/autobuild/42" in (process / "cmdline").read_bytes():
                found.append((process / "cwd" / "config").read_text())
    assert found
    return found


class Elsewhere(GitHub):
    """One whose git lives at another host than its API."""

    host = ""

    def clone_url(self, repo: RepoRef) -> str:
        return f"{self.host}/{repo.full_name}.git"


# --- what must not be pushed


async def test_default_branch_is_never_pushed(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, commit: str
) -> None:
    before = await tip(simulated, "main")
    error = await refused(commits, wanted(repo, clone, commit, "main", force=True, expected=before))
    assert error.type == "UserError"
    assert "`main` is the default branch" in error.message
    assert await tip(simulated, "main") == before


async def test_other_work_is_not_overwritten(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, commit: str
) -> None:
    newer = await simulated.pushes.push_commit(NAME, "topic/one", {"c.py": "new\n"})
    error = await refused(commits, wanted(repo, clone, commit, "topic/one"))
    assert error.type == "Conflict"
    assert await tip(simulated, "topic/one") == newer


@pytest.mark.parametrize("expected", ["", "0123456789" * 4])
async def test_force_overwrites_only_the_expected_head(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, commit: str, expected: str
) -> None:
    newer = await simulated.pushes.push_commit(NAME, "topic/one", {"c.py": "new\n"})
    error = await refused(commits, wanted(repo, clone, commit, "topic/one", force=True, expected=expected))
    assert error.type == "Conflict"
    assert await tip(simulated, "topic/one") == newer
    pushed = await done(commits.push_branch, wanted(repo, clone, commit, "topic/one", force=True, expected=newer))
    assert pushed == PushBranchResult(commit, changed=True)
    assert await tip(simulated, "topic/one") == commit


@pytest.mark.parametrize(
    "branch", ["", "a b", "a..b", "x:refs/heads/main", "*", "a\0b", "refs/heads/../main", "x.lock"]
)
async def test_invalid_branch_name_is_refused(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, commit: str, branch: str
) -> None:
    before = await git(simulated.store.repository(NAME).path, "for-each-ref")
    error = await refused(commits, wanted(repo, clone, commit, branch))
    assert error.type == "Validation"
    assert await git(simulated.store.repository(NAME).path, "for-each-ref") == before


@pytest.mark.parametrize("commit_id", ["", "HEAD", "--mirror", "+abc", "a" * 39])
async def test_invalid_commit_id_is_refused(
    commits: CommitActivities, repo: RepoRef, clone: Path, commit_id: str
) -> None:
    assert (await refused(commits, wanted(repo, clone, commit_id))).type == "Validation"


async def test_unknown_commit_is_an_error(commits: CommitActivities, repo: RepoRef, clone: Path) -> None:
    with pytest.raises(GitError):
        await done(commits.push_branch, wanted(repo, clone, "0123456789" * 4))


async def test_configuration_and_hooks_of_the_repository_are_ignored(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, commit: str, tmp_path: Path
) -> None:
    trap = tmp_path / "sprung"
    hook = clone / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {trap}\nexit 1\n")
    hook.chmod(0o755)
    for key, value in (
        ("core.hooksPath", str(hook.parent)),
        ("credential.helper", f"!touch {trap}"),
        ("url.http://127.0.0.1:9/.insteadOf", f"{simulated.url}/"),
        ("http.proxy", "http://127.0.0.1:9"),
        ("core.fsmonitor", f"touch {trap}"),
        ("core.sshCommand", f"touch {trap}"),
    ):
        await git(clone, "config", key, value)
    assert await done(commits.push_branch, wanted(repo, clone, commit)) == PushBranchResult(commit, changed=True)
    assert not trap.exists()


# --- what arrives


async def test_commit_is_pushed_once(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, commit: str
) -> None:
    push = wanted(repo, clone, commit)
    assert await done(commits.push_branch, push) == PushBranchResult(commit, changed=True)
    assert await tip(simulated) == commit
    assert await done(commits.push_branch, push) == PushBranchResult(commit, changed=False)


async def test_commit_below_another_push_counts_as_pushed(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, commit: str
) -> None:
    await done(commits.push_branch, wanted(repo, clone, commit))
    newer = await simulated.pushes.push_commit(NAME, "autobuild/42", {"c.py": "new\n"})
    assert await done(commits.push_branch, wanted(repo, clone, commit)) == PushBranchResult(newer, changed=False)
    assert await tip(simulated) == newer


async def test_renamed_repository_is_pushed(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, commit: str
) -> None:
    known = replace(repo, id=simulated.store.repository(NAME).id)
    await done(commits.push_branch, wanted(known, clone, commit))
    simulated.repositories.rename_repository(NAME, "renamed")
    (clone / "more.py").write_text("x = 3\n")
    newer = await committed(clone)
    assert await done(commits.push_branch, wanted(known, clone, newer)) == PushBranchResult(newer, changed=True)
    assert (
        await git_line(simulated.store.repository("octocat/renamed").path, "rev-parse", "refs/heads/autobuild/42")
        == newer
    )


async def test_ten_thousand_files_are_pushed(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path
) -> None:
    for folder in range(100):
        (clone / f"d{folder}").mkdir()
        for number in range(100):
            (clone / f"d{folder}" / f"{number}.txt").write_text(f"{folder} {number}\n")
    commit = await committed(clone)
    assert (await done(commits.push_branch, wanted(repo, clone, commit))).sha == commit
    listed = await git(simulated.store.repository(NAME).path, "ls-tree", "-r", "--name-only", "refs/heads/autobuild/42")
    assert listed.count(b"\n") == 10_002


async def test_push_sends_heartbeats_and_cancel_kills_git(
    aiohttp_server: AiohttpServer, simulated: SimulatedGitHub, session: aiohttp.ClientSession, results: ResultStore,
    repo: RepoRef, clone: Path, commit: str,
) -> None:  # fmt: skip
    """A host that takes a push and never answers; meanwhile the token stands on no command line and in no file."""
    arrived, gone = asyncio.Event(), asyncio.Event()
    sent = ""

    async def never(request: web.Request) -> web.Response:
        nonlocal sent
        sent = request.headers["Authorization"].removeprefix("Basic ")
        arrived.set()
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()
        return web.Response()

    app = web.Application()
    app.router.add_get("/{owner}/{repo}/info/refs", never)
    server = await aiohttp_server(app)
    github = Elsewhere(simulated.api_url, simulated.app_id, simulated.private_key_pem, session)
    github.host = str(server.make_url("")).rstrip("/")
    commits = CommitActivities(github)
    beats = asyncio.Event()
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *_: beats.set()
    task = asyncio.ensure_future(environment.run(commits.push_branch, wanted(repo, clone, commit)))
    async with asyncio.timeout(WITHIN_S):
        await arrived.wait()
        await beats.wait()
        token = base64.b64decode(sent).decode().removeprefix("x-access-token:")
        assert token in simulated.store.tokens
        assert not [text for text in (*command_lines(), *pushing_files()) if token in text or sent in text]
        environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await gone.wait()


# --- what git's words mean

PROTECTED = """remote: error: GH006: Protected branch update failed for refs/heads/x.
remote: - Changes must be made through a pull request.
To https://github.com/octocat/hello.git
 ! [remote rejected] 0123456 -> x (protected branch hook declined)
error: failed to push some refs to 'https://github.com/octocat/hello.git'
"""
RULESET = """remote: error: GH013: Repository rule violations found for refs/heads/x.
remote: - Cannot create ref due to creations being restricted.
 ! [remote rejected] 0123456 -> x (push declined due to repository rule violations)
"""
LARGE = """remote: error: File a.bin is 123.00 MB; this exceeds GitHub's file size limit of 100.00 MB
 ! [remote rejected] 0123456 -> x (pre-receive hook declined)
"""
WORKFLOW = (
    " ! [remote rejected] 0123456 -> x (refusing to allow a GitHub App to create or update workflow "
    "`.github/workflows/a.yml` without `workflows` permission)\n"
)
UNREACHED = "fatal: unable to access 'https://x:ghs_abc@github.com/octocat/hello.git/': "


@pytest.mark.parametrize(
    ("stderr", "kind", "words"),
    [
        (PROTECTED, UserError, "Changes must be made through a pull request"),
        (RULESET, UserError, "creations being restricted"),
        (LARGE, UserError, "file size limit of 100.00 MB"),
        (WORKFLOW, UserError, "without"),
        (" ! [rejected]  0123456 -> x (non-fast-forward)\n", Conflict, "`x` has moved on"),
        (" ! [rejected]  0123456 -> x (fetch first)\n", Conflict, "`x` has moved on"),
        (" ! [rejected]  0123456 -> x (stale info)\n", Conflict, "`x` has moved on"),
        (" ! [remote rejected] 0123456 -> x (cannot lock ref 'refs/heads/x': is at 1 but expected 2)\n", Conflict, ""),
        (" ! [remote rejected] 0123456 -> x (failed to update ref)\n", Conflict, ""),
        ("remote: Permission to a/b.git denied to c[bot].\n" + UNREACHED + "The requested URL returned error: 403", Forbidden, "Permission to"),
        ("remote: Repository not found.\nfatal: repository 'https://github.com/a/b.git/' not found", NotFound, ""),
        ("remote: Invalid username or token.\nfatal: Authentication failed for 'https://github.com/a/b'", Unauthorized, ""),
        (UNREACHED + "The requested URL returned error: 502", Unavailable, "502"),
        (UNREACHED + "Could not resolve host: github.com", Unavailable, "resolve host"),
        ("error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly", Unavailable, "RPC failed"),
        ("", Unavailable, ""),
    ],
)  # fmt: skip
def test_error_of_gits_output(stderr: str, kind: type[Exception], words: str) -> None:
    error = refusal(GitError(("push",), 1, stderr), "x")
    assert isinstance(error, kind)
    assert words in str(error)
    assert "ghs_" not in f"{error!r}"
