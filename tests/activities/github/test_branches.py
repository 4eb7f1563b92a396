"""Branches: created once and found again; brought up to date; and the errors where that is impossible."""

from collections.abc import Iterator

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.branches import CreateBranchInput, CreateBranchResult, SyncBranchInput, SyncBranchResult
from activities.github_activities import BranchActivities
from activities.model import RepoRef
from simulator.github import git
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked, done
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def conforms_to_githubs_description(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


async def tip(simulated: SimulatedGitHub, branch: str) -> str:
    return (await git.refs(simulated.store.repository(NAME).path, "refs/heads")).get(f"refs/heads/{branch}", "")


async def refused(branches: BranchActivities, name: str, base: str, repo: RepoRef) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await done(branches.create_branch, CreateBranchInput(repo, name, base))
    return caught.value


# --- create_branch


@pytest.mark.parametrize("name", ["", "a b", "a..b", "../main", "x.lock", "a:b", "@{", "-\n"])
async def test_invalid_branch_name_is_refused(
    simulated: SimulatedGitHub, branches: BranchActivities, repo: RepoRef, name: str
) -> None:
    before = await git.refs(simulated.store.repository(NAME).path, "refs")
    assert (await refused(branches, name, "main", repo)).type == "Validation"
    assert await git.refs(simulated.store.repository(NAME).path, "refs") == before


@pytest.mark.parametrize("base", ["", "nowhere", "../main", "HEAD", "main~1", "refs/heads/main"])
async def test_missing_base_is_a_user_error(branches: BranchActivities, repo: RepoRef, base: str) -> None:
    error = await refused(branches, "autobuild/42", base, repo)
    assert error.type == "UserError"
    assert "`octocat/hello` has no branch" in error.message


async def test_unknown_commit_is_retried(branches: BranchActivities, repo: RepoRef) -> None:
    error = await refused(branches, "autobuild/42", "0123456789" * 4, repo)
    assert (error.type, error.non_retryable) == ("NotFound", False)
    assert "octocat/hello has no commit 0123456789" in error.message


@pytest.mark.parametrize("by_sha", [False, True])
async def test_branch_is_created_once(
    simulated: SimulatedGitHub, branches: BranchActivities, repo: RepoRef, by_sha: bool
) -> None:
    main = await tip(simulated, "main")
    wanted = CreateBranchInput(repo, "autobuild/42", main if by_sha else "main")
    assert await done(branches.create_branch, wanted) == CreateBranchResult("autobuild/42", main, changed=True)
    assert await tip(simulated, "autobuild/42") == main
    assert await done(branches.create_branch, wanted) == CreateBranchResult("autobuild/42", main, changed=False)
    assert asked(simulated, "POST", "/git/refs") == 1


async def test_branch_with_commits_on_top_is_found(
    simulated: SimulatedGitHub, branches: BranchActivities, repo: RepoRef
) -> None:
    wanted = CreateBranchInput(repo, "autobuild/42", await tip(simulated, "main"))
    await done(branches.create_branch, wanted)
    newer = await simulated.pushes.push_commit(NAME, "autobuild/42", {"c.py": "x = 1\n"})
    assert await done(branches.create_branch, wanted) == CreateBranchResult("autobuild/42", newer, changed=False)


async def test_branch_is_found_after_its_base_moved(
    simulated: SimulatedGitHub, branches: BranchActivities, repo: RepoRef
) -> None:
    made = await done(branches.create_branch, CreateBranchInput(repo, "autobuild/42", "main"))
    newer = await simulated.pushes.push_commit(NAME, "main", {"c.py": "x = 1\n"})
    assert not (await done(branches.create_branch, CreateBranchInput(repo, "autobuild/42", "main"))).changed
    error = await refused(branches, "autobuild/42", newer, repo)  # this commit was asked for, and is not in it
    assert error.type == "Conflict"
    assert await tip(simulated, "autobuild/42") == made.sha


async def test_other_branch_of_that_name_is_left_alone(
    simulated: SimulatedGitHub, branches: BranchActivities, repo: RepoRef, head: str
) -> None:
    await simulated.pushes.push_commit(NAME, "main", {"c.py": "x = 1\n"})
    error = await refused(branches, "topic/one", "main", repo)
    assert error.type == "Conflict"
    assert "`topic/one` exists already" in error.message
    assert await tip(simulated, "topic/one") == head


async def test_branch_created_meanwhile_is_found(
    simulated: SimulatedGitHub, branches: BranchActivities, repo: RepoRef
) -> None:
    simulated.faults.add("POST", f"/repos/{NAME}/git/refs", "status", status=422, after=True)
    made = await done(branches.create_branch, CreateBranchInput(repo, "autobuild/42", "main"))
    assert made == CreateBranchResult("autobuild/42", await tip(simulated, "main"), changed=False)


async def test_empty_repository_has_no_base(
    simulated: SimulatedGitHub, branches: BranchActivities, repo: RepoRef
) -> None:
    await simulated.repositories.add_repository("octocat/empty")
    empty = RepoRef("octocat", "empty", repo.installation_id)
    assert (await refused(branches, "autobuild/42", "main", empty)).type == "UserError"


# --- sync_branch


async def sync(
    branches: BranchActivities, repo: RepoRef, branch: str, base: str = "main", said: str = ""
) -> SyncBranchResult:
    return await done(branches.sync_branch, SyncBranchInput(repo, branch, base, said))


async def test_branch_is_synced_once(
    simulated: SimulatedGitHub, branches: BranchActivities, repo: RepoRef, head: str
) -> None:
    newer = await simulated.pushes.push_commit(NAME, "main", {"c.py": "x = 1\n"})
    synced = await sync(branches, repo, "topic/one", said="Bring main in")
    assert synced == SyncBranchResult(await tip(simulated, "topic/one"), changed=True)
    (merge,) = await git.log(simulated.store.repository(NAME).path, synced.sha, limit=1)
    assert (merge.parents, merge.message) == ((head, newer), "Bring main in")
    assert await sync(branches, repo, "topic/one") == SyncBranchResult(synced.sha, changed=False)
    assert await sync(branches, repo, "topic/one", newer) == SyncBranchResult(synced.sha, changed=False)


async def test_lost_answer_syncs_nothing_twice(
    simulated: SimulatedGitHub, branches: BranchActivities, repo: RepoRef, head: str
) -> None:
    await simulated.pushes.push_commit(NAME, "main", {"c.py": "x = 1\n"})
    simulated.faults.add("POST", f"/repos/{NAME}/merges", "half", after=True)
    with pytest.raises(ApplicationError):
        await sync(branches, repo, "topic/one")
    there = await tip(simulated, "topic/one")
    assert await sync(branches, repo, "topic/one") == SyncBranchResult(there, changed=False)


async def test_merge_conflict_is_a_user_error(
    simulated: SimulatedGitHub, branches: BranchActivities, repo: RepoRef, head: str
) -> None:
    await simulated.pushes.push_commit(NAME, "main", {"a.py": "import json\n"})
    with pytest.raises(ApplicationError) as caught:
        await sync(branches, repo, "topic/one")
    assert caught.value.type == "UserError"
    assert caught.value.message == "`topic/one` conflicts with `main`. Merge it by hand."
    assert await tip(simulated, "topic/one") == head


@pytest.mark.parametrize(("branch", "base"), [("nowhere", "main"), ("topic/one", "nowhere"), ("", "main")])
async def test_missing_branch_is_named(
    branches: BranchActivities, repo: RepoRef, head: str, branch: str, base: str
) -> None:
    with pytest.raises(ApplicationError, match="has no branch") as caught:
        await sync(branches, repo, branch, base)
    assert caught.value.type == "UserError"


async def test_default_branch_is_not_synced(
    simulated: SimulatedGitHub, branches: BranchActivities, repo: RepoRef, head: str
) -> None:
    before = await tip(simulated, "main")
    with pytest.raises(ApplicationError, match="`main` is the default branch"):
        await sync(branches, repo, "main", "topic/one")
    assert await tip(simulated, "main") == before
