"""A local change as GitHub's own, signed commit: real git on both sides."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.commits.types import CreateCommitInput, CreateCommitResult
from activities.github_activities import CommitActivities
from activities.model import RepoRef
from activities.workspace.git import git, git_line
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, done
from tests.openapi import assert_valid

WHO = {f"GIT_{who}_{what}": "octocat@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
MESSAGE = "Apply safe fixes\n\n- ruff F401\n- eol"


@pytest.fixture(autouse=True)
def conforms_to_githubs_description(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@pytest.fixture
async def clone(simulated: SimulatedGitHub, head: str, tmp_path: Path) -> Path:
    """A checkout of the branch on this host."""
    folder = tmp_path / "clone"
    await git(
        tmp_path, "clone", "--quiet", "--branch", "topic/one", str(simulated.store.repository(NAME).path), str(folder)
    )
    return folder


async def committed(clone: Path) -> str:
    await git(clone, "add", "--all")
    await git(clone, "commit", "--quiet", "--message", "local", env=WHO)
    return await git_line(clone, "rev-parse", "HEAD")


def wanted(repo: RepoRef, clone: Path, head: str, commit: str) -> CreateCommitInput:
    return CreateCommitInput(repo, "topic/one", head, MESSAGE, str(clone / ".git"), commit)


async def tip(simulated: SimulatedGitHub) -> str:
    return await git_line(simulated.store.repository(NAME).path, "rev-parse", "refs/heads/topic/one")


async def test_all_changes_are_in_the_commit(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").write_bytes(b"\x00\xff not text\r\n")
    (clone / "b.py").unlink()
    (clone / "döt dir").mkdir()
    (clone / "döt dir" / 'ne"w\n.txt').write_text("x")
    commit = await committed(clone)
    made = await done(commits.create_commit, wanted(repo, clone, head, commit))
    assert made == CreateCommitResult(await tip(simulated), changed=True)
    path = simulated.store.repository(NAME).path
    assert await git_line(path, "rev-parse", f"{made.sha}^{{tree}}") == await git_line(
        clone, "rev-parse", f"{commit}^{{tree}}"
    )
    assert await git_line(path, "rev-parse", f"{made.sha}^") == head
    assert (await git_line(path, "log", "-1", "--format=%B", made.sha)).startswith(MESSAGE)


async def test_second_try_creates_no_commit(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").write_text("fixed\n")
    commit = await committed(clone)
    simulated.faults.add("POST", "/api/graphql", "half", after=True)
    with pytest.raises(ApplicationError):
        await done(commits.create_commit, wanted(repo, clone, head, commit))
    again = await done(commits.create_commit, wanted(repo, clone, head, commit))
    assert again == CreateCommitResult(await tip(simulated), changed=False)
    assert await git_line(simulated.store.repository(NAME).path, "rev-list", "--count", f"{head}..{again.sha}") == "1"


async def test_moved_branch_is_left_alone(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").write_text("fixed\n")
    commit = await committed(clone)
    newer = await simulated.pushes.push_commit(NAME, "topic/one", {"c.py": "new\n"})
    with pytest.raises(ApplicationError) as caught:
        await done(commits.create_commit, wanted(repo, clone, head, commit))
    assert caught.value.type == "Conflict"
    assert await tip(simulated) == newer
    await simulated.pushes.delete_branch(NAME, "topic/one")
    with pytest.raises(ApplicationError, match="was deleted"):
        await done(commits.create_commit, wanted(repo, clone, head, commit))


async def test_push_before_the_write_wins(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").write_text("fixed\n")
    commit = await committed(clone)
    held = simulated.faults.add("POST", "/api/graphql", "hold")
    task = asyncio.create_task(done(commits.create_commit, wanted(repo, clone, head, commit)))
    await simulated.store.wait_for(lambda: held.seen)
    newer = await simulated.pushes.push_commit(NAME, "topic/one", {"c.py": "new\n"})
    held.release()
    with pytest.raises(ApplicationError) as caught:
        await task
    assert caught.value.type == "Conflict"
    assert await tip(simulated) == newer


async def test_empty_change_sends_no_request(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    before = len(simulated.requests)
    assert await done(commits.create_commit, wanted(repo, clone, head, head)) == CreateCommitResult(head, changed=False)
    assert len(simulated.requests) == before


async def test_earlier_commit_below_another_push_is_found(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").write_text("fixed\n")
    commit = await committed(clone)
    made = await done(commits.create_commit, wanted(repo, clone, head, commit))
    await simulated.pushes.push_commit(NAME, "topic/one", {"c.py": "new\n"})
    assert await done(commits.create_commit, wanted(repo, clone, head, commit)) == CreateCommitResult(
        made.sha, changed=False
    )


async def test_same_tree_with_another_message_is_a_conflict(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").write_text("fixed\n")
    commit = await committed(clone)
    await simulated.pushes.push_commit(NAME, "topic/one", {"a.py": "fixed\n"}, "By hand")
    with pytest.raises(ApplicationError, match="moved on"):
        await done(commits.create_commit, wanted(repo, clone, head, commit))


async def test_rewritten_branch_is_left_alone(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").write_text("fixed\n")
    commit = await committed(clone)
    main = await git_line(simulated.store.repository(NAME).path, "rev-parse", "refs/heads/main")
    await simulated.pushes.push_commit(NAME, "topic/one", {"z.py": "1\n"}, parent=main, force=True)
    with pytest.raises(ApplicationError, match="moved on"):
        await done(commits.create_commit, wanted(repo, clone, head, commit))


async def test_impossible_file_is_refused_before_anything_is_sent(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    before = len(simulated.requests)
    with (clone / "huge.bin").open("wb") as file:
        file.truncate(101 * 1024**2)
    commit = await committed(clone)
    with pytest.raises(ApplicationError, match=r"`huge\.bin` has 101 MB") as caught:
        await done(commits.create_commit, wanted(repo, clone, head, commit))
    assert caught.value.type == "UserError"
    (clone / "huge.bin").unlink()
    with open(os.fsencode(clone) + b"/\xff.py", "w") as odd:
        odd.write("x")
    commit = await committed(clone)
    with pytest.raises(ApplicationError, match=r"`\\xff\.py` is not UTF-8"):
        await done(commits.create_commit, wanted(repo, clone, head, commit))
    assert len(simulated.requests) == before


async def test_hostile_path_stays_a_path(
    simulated: SimulatedGitHub, commits: CommitActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "--upload-pack=x").write_text("1")
    (clone / ":(glob)**").write_text("2")
    commit = await committed(clone)
    made = await done(commits.create_commit, wanted(repo, clone, head, commit))
    listed = await git(simulated.store.repository(NAME).path, "ls-tree", "--name-only", made.sha)
    assert {b"--upload-pack=x", b":(glob)**"} <= set(listed.split(b"\n"))
