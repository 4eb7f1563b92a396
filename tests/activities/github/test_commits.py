"""A local change as GitHub's own, signed commit: real git on both sides."""

import os
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError

from activities.git import git, line
from activities.github import changes
from activities.github.client import GitHub
from activities.github.requests import CommitMade, CommitWanted
from activities.github_activities import GitHubActivities
from activities.model import RepoRef
from bot.simulator.server import PretendGitHub
from tests.activities.github.conftest import NAME

WHO = {f"GIT_{who}_{what}": "octocat@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
MESSAGE = "Apply safe fixes\n\n- ruff F401\n- eol"


@pytest.fixture
async def clone(pretend: PretendGitHub, head: str, tmp_path: Path) -> Path:
    """A checkout of the branch on this host."""
    folder = tmp_path / "clone"
    await git(tmp_path, "clone", "--quiet", "--branch", "topic/one", str(pretend.repository(NAME).path), str(folder))
    return folder


async def committed(clone: Path) -> str:
    await git(clone, "add", "--all")
    await git(clone, "commit", "--quiet", "--message", "local", env=WHO)
    return await line(clone, "rev-parse", "HEAD")


def wanted(repo: RepoRef, clone: Path, head: str, commit: str) -> CommitWanted:
    return CommitWanted(repo, "topic/one", head, MESSAGE, str(clone / ".git"), commit)


async def tip(pretend: PretendGitHub) -> str:
    return await line(pretend.repository(NAME).path, "rev-parse", "refs/heads/topic/one")


async def test_changes_additions_and_deletions_arrive_as_they_are(
    pretend: PretendGitHub, hands: GitHubActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").write_bytes(b"\x00\xff not text\r\n")
    (clone / "b.py").unlink()
    (clone / "döt dir").mkdir()
    (clone / "döt dir" / 'ne"w\n.txt').write_text("x")
    commit = await committed(clone)
    made = await hands.create_commit(wanted(repo, clone, head, commit))
    assert made == CommitMade(await tip(pretend), changed=True)
    path = pretend.repository(NAME).path
    assert await line(path, "rev-parse", f"{made.sha}^{{tree}}") == await line(clone, "rev-parse", f"{commit}^{{tree}}")
    assert await line(path, "rev-parse", f"{made.sha}^") == head
    assert (await line(path, "log", "-1", "--format=%B", made.sha)).startswith(MESSAGE)


async def test_a_second_try_changes_nothing(
    pretend: PretendGitHub, hands: GitHubActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").write_text("fixed\n")
    commit = await committed(clone)
    pretend.faults.add("POST", "/api/graphql", "half", after=True)
    with pytest.raises(ApplicationError):
        await hands.create_commit(wanted(repo, clone, head, commit))
    again = await hands.create_commit(wanted(repo, clone, head, commit))
    assert again == CommitMade(await tip(pretend), changed=False)
    assert await line(pretend.repository(NAME).path, "rev-list", "--count", f"{head}..{again.sha}") == "1"


async def test_a_branch_that_moved_on_is_left_alone(
    pretend: PretendGitHub, hands: GitHubActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "a.py").write_text("fixed\n")
    commit = await committed(clone)
    newer = await pretend.push_commit(NAME, "topic/one", {"c.py": "new\n"})
    with pytest.raises(ApplicationError) as caught:
        await hands.create_commit(wanted(repo, clone, head, commit))
    assert caught.value.type == "Conflict"
    assert await tip(pretend) == newer
    await pretend.delete_branch(NAME, "topic/one")
    with pytest.raises(ApplicationError, match="gone"):
        await hands.create_commit(wanted(repo, clone, head, commit))


async def test_a_push_between_looking_and_writing_wins(
    pretend: PretendGitHub, hands: GitHubActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    import asyncio

    (clone / "a.py").write_text("fixed\n")
    commit = await committed(clone)
    held = pretend.faults.add("POST", "/api/graphql", "hold")
    task = asyncio.create_task(hands.create_commit(wanted(repo, clone, head, commit)))
    await pretend.wait_for(lambda: held.seen)
    newer = await pretend.push_commit(NAME, "topic/one", {"c.py": "new\n"})
    held.release()
    with pytest.raises(ApplicationError) as caught:
        await task
    assert caught.value.type == "Conflict"
    assert await tip(pretend) == newer


async def test_nothing_to_do_asks_nobody(
    pretend: PretendGitHub, hands: GitHubActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    before = len(pretend.requests)
    assert await hands.create_commit(wanted(repo, clone, head, head)) == CommitMade(head, changed=False)
    assert len(pretend.requests) == before


async def test_an_executable_a_link_and_an_odd_name_are_refused(
    pretend: PretendGitHub, hands: GitHubActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    for name, make, word in (
        ("run.sh", lambda path: (path.write_text("x"), path.chmod(0o755)), "is executable"),
        ("link", lambda path: path.symlink_to("/etc/passwd"), "symbolic link"),
    ):
        make(clone / name)
        commit = await committed(clone)
        with pytest.raises(ApplicationError, match=word) as caught:
            await hands.create_commit(wanted(repo, clone, head, commit))
        assert caught.value.type == "UserError"
        assert "autobuild gate --fix" in caught.value.message
        (clone / name).unlink()
    with open(os.fsencode(clone) + b"/\xff.py", "w") as file:
        file.write("x")
    commit = await committed(clone)
    with pytest.raises(ApplicationError, match=r"`\\xff\.py` is not named in UTF-8"):
        await hands.create_commit(wanted(repo, clone, head, commit))
    assert await tip(pretend) == head


async def test_a_big_change_goes_in_parts_and_is_taken_up_where_it_broke_off(
    pretend: PretendGitHub, hands: GitHubActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    for number in range(250):
        (clone / f"new{number}.txt").write_text(str(number))
    commit = await committed(clone)
    pretend.faults.add("POST", "/api/graphql", "half", after=True)
    with pytest.raises(ApplicationError):
        await hands.create_commit(wanted(repo, clone, head, commit))
    made = await hands.create_commit(wanted(repo, clone, head, commit))
    path = pretend.repository(NAME).path
    said = (await git(path, "log", "--format=%s", f"{head}..{made.sha}")).decode().split("\n")[:-1]
    assert said == [f"Apply safe fixes ({part}/3)" for part in (3, 2, 1)]
    assert await line(path, "rev-parse", f"{made.sha}^{{tree}}") == await line(clone, "rev-parse", f"{commit}^{{tree}}")


async def test_parts_are_bounded_by_their_bytes(github: GitHub, clone: Path, head: str) -> None:
    for name in "xyz":
        (clone / name).write_bytes(os.urandom(9_000_000))
    commit = await committed(clone)
    parts = await changes.parts(clone / ".git", head, await changes.changes(clone / ".git", head, commit))
    assert [len(part.changes) for part in parts] == [1, 1, 1]


async def test_a_path_that_is_a_trick_stays_a_path(
    pretend: PretendGitHub, hands: GitHubActivities, repo: RepoRef, clone: Path, head: str
) -> None:
    (clone / "--upload-pack=x").write_text("1")
    (clone / ":(glob)**").write_text("2")
    commit = await committed(clone)
    made = await hands.create_commit(wanted(repo, clone, head, commit))
    listed = await git(pretend.repository(NAME).path, "ls-tree", "--name-only", made.sha)
    assert {b"--upload-pack=x", b":(glob)**"} <= set(listed.split(b"\n"))
