"""A change that the mutation cannot carry, as one commit made of git objects: real git on both sides."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from temporalio.exceptions import ApplicationError

from activities.github.client import GitHub
from activities.github.client.rate_limits import RateLimits
from activities.github.commits.local_changes import changes_between, fits_mutation, in_parts
from activities.github.commits.types import CreateCommitResult
from activities.github_activities import CommitActivities
from activities.model import RepoRef
from activities.workspace.git import git, git_line
from simulator.github.git import Symlink
from simulator.github.server import SimulatedGitHub
from tests.activities.github.commits.test_commits import MESSAGE, committed, tip, wanted
from tests.activities.github.conftest import NAME, asked, done
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def conforms_to_githubs_description(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@pytest.fixture
async def head(simulated: SimulatedGitHub) -> str:
    """A branch that has one of everything."""
    return await simulated.pushes.push_commit(
        NAME, "topic/one",
        {"a.py": "import sys\n", "run.sh": "#!/bin/sh\n", "link": Symlink("a.py"), "folder/in.txt": "x\n"},
    )  # fmt: skip


@pytest.fixture
async def clone(simulated: SimulatedGitHub, head: str, tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    await git(
        tmp_path, "clone", "--quiet", "--branch", "topic/one", str(simulated.store.repository(NAME).path), str(folder)
    )
    return folder


async def same(simulated: SimulatedGitHub, clone: Path, sha: str, commit: str, head: str) -> None:
    """GitHub's commit holds just what the local one does, and is one commit with the right words."""
    path = simulated.store.repository(NAME).path
    assert await git_line(path, "rev-parse", f"{sha}^{{tree}}") == await git_line(
        clone, "rev-parse", f"{commit}^{{tree}}"
    )
    assert await git_line(path, "rev-list", "--parents", f"{head}..{sha}") == f"{sha} {head}"
    assert (await git_line(path, "log", "-1", "--format=%B", sha)) == MESSAGE


async def test_every_file_mode_is_written(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").chmod(0o755)  # its content is there already
    (clone / "run.sh").chmod(0o644)
    (clone / "link").unlink()
    (clone / "link").symlink_to("../run.sh")
    (clone / "new.sh").write_bytes(b"#!/bin/sh\r\necho \xc3\xa4\n")
    (clone / "new.sh").chmod(0o755)
    (clone / "nul").write_bytes(b"a\0b")
    (clone / "latin").write_bytes(b"\xff\xfe")
    (clone / "bom").write_bytes(b"\xef\xbb\xbfx")
    (clone / "long").write_text("x\n" * 40_000)
    (clone / "empty").write_text("")
    (clone / 'ne"w\nname').write_text("x")
    await git(clone, "update-index", "--add", "--cacheinfo", f"160000,{head},module")
    (clone / "module").mkdir()
    commit = await committed(clone)
    made = await done(commits.create_commit, wanted(repo, clone, head, commit))
    assert made == CreateCommitResult(await tip(simulated), changed=True)
    await same(simulated, clone, made.sha, commit, head)
    assert asked(simulated, "POST", "/git/blobs") == 3  # nul, latin, long
    assert await done(commits.create_commit, wanted(repo, clone, head, commit)) == CreateCommitResult(
        made.sha, changed=False
    )


async def test_folder_becomes_file_and_file_becomes_folder(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "folder" / "in.txt").unlink()
    (clone / "folder").rmdir()
    (clone / "folder").write_text("a file\n")
    (clone / "run.sh").unlink()
    (clone / "run.sh").mkdir()
    (clone / "run.sh" / "x").write_text("in it\n")
    commit = await committed(clone)
    made = await done(commits.create_commit, wanted(repo, clone, head, commit))
    await same(simulated, clone, made.sha, commit, head)


async def test_whole_tree_is_replaced(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    await git(clone, "rm", "-r", "--quiet", ".")
    (clone / "only.sh").write_text("#!/bin/sh\n")
    (clone / "only.sh").chmod(0o755)
    commit = await committed(clone)
    made = await done(commits.create_commit, wanted(repo, clone, head, commit))
    await same(simulated, clone, made.sha, commit, head)


async def test_second_try_goes_on_with_many_files(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    for number in range(450):
        (clone / f"new{number}.txt").write_text(str(number))
    (clone / "a.py").unlink()
    commit = await committed(clone)
    broken = simulated.faults.add("POST", f"/repos/{NAME}/git/commits", "status", status=502)
    with pytest.raises(ApplicationError):
        await done(commits.create_commit, wanted(repo, clone, head, commit))
    assert broken.seen == 1
    assert await tip(simulated) == head
    trees = asked(simulated, "POST", "/git/trees")
    made = await done(commits.create_commit, wanted(repo, clone, head, commit))
    assert asked(simulated, "POST", "/git/trees") == trees  # all of them were there
    await same(simulated, clone, made.sha, commit, head)


async def test_lost_answer_creates_no_second_commit(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").chmod(0o755)
    commit = await committed(clone)
    simulated.faults.add("PATCH", f"/repos/{NAME}/git/refs/heads/topic/one", "half", after=True)
    with pytest.raises(ApplicationError):
        await done(commits.create_commit, wanted(repo, clone, head, commit))
    again = await done(commits.create_commit, wanted(repo, clone, head, commit))
    assert again == CreateCommitResult(await tip(simulated), changed=False)
    await same(simulated, clone, again.sha, commit, head)


@pytest.mark.parametrize("at", ["/git/trees", "/git/refs/heads/topic/one"])
async def test_push_during_the_upload_wins(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str, at: str
) -> None:
    (clone / "a.py").chmod(0o755)
    commit = await committed(clone)
    held = simulated.faults.add("*", f"/repos/{NAME}{at}", "hold")
    task = asyncio.ensure_future(done(commits.create_commit, wanted(repo, clone, head, commit)))
    await simulated.store.wait_for(lambda: held.seen)
    newer = await simulated.pushes.push_commit(NAME, "topic/one", {"c.py": "new\n"})
    held.release()
    with pytest.raises(ApplicationError) as caught:
        await task
    assert caught.value.type == "Conflict"
    assert await tip(simulated) == newer


async def test_branch_reset_during_the_upload_stays(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").chmod(0o755)
    commit = await committed(clone)
    held = simulated.faults.add("POST", f"/repos/{NAME}/git/trees", "hold")
    task = asyncio.ensure_future(done(commits.create_commit, wanted(repo, clone, head, commit)))
    await simulated.store.wait_for(lambda: held.seen)
    back = await git_line(simulated.store.repository(NAME).path, "rev-parse", f"{head}^")
    await git(
        clone, "push", "--quiet", "--force", str(simulated.store.repository(NAME).path), f"{back}:refs/heads/topic/one"
    )
    held.release()
    with pytest.raises(ApplicationError, match="moved on"):
        await task
    assert await tip(simulated) == back


async def test_parts_are_bounded_by_their_bytes(clone: Path, head: str) -> None:
    for name in "xyz":
        (clone / name).write_bytes(os.urandom(9_000_000))
    commit = await committed(clone)
    found = await changes_between(clone / ".git", head, commit)
    assert not fits_mutation(found)
    assert [len(part.changes) for part in await in_parts(clone / ".git", head, found)] == [1, 1, 1]


async def test_rate_limits_only_slow_the_upload(
    simulated: SimulatedGitHub, session: aiohttp.ClientSession, repo: RepoRef, clone: Path, head: str
) -> None:
    limits = RateLimits(writes_at_once=2, writes_apart_s=0.02, patience_s=0.01)
    github = GitHub(simulated.api_url, simulated.app_id, simulated.private_key_pem, session, limits=limits)
    for number in range(120):
        (clone / f"{number}.bin").write_bytes(b"\0" + os.urandom(8))
    commit = await committed(clone)
    made = await done(CommitActivities(github).create_commit, wanted(repo, clone, head, commit))
    await same(simulated, clone, made.sha, commit, head)
    assert asked(simulated, "POST", "/git/blobs") == 120


async def test_long_wait_is_left_to_the_next_try(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").chmod(0o755)
    commit = await committed(clone)
    simulated.faults.add("POST", f"/repos/{NAME}/git/trees", "secondary", retry_after=60)
    with pytest.raises(ApplicationError) as caught:
        await done(commits.create_commit, wanted(repo, clone, head, commit))
    assert caught.value.type == "RateLimited"
    assert caught.value.next_retry_delay
