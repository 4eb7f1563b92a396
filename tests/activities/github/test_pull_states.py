"""Pull requests of ours: closed once and only where nobody else worked on them, drafts or ready for review; and the
branch that one is of."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.branches import BranchStateInput, BranchStateResult, DeleteBranchInput
from activities.github.client import GitHub
from activities.github.pulls import CreatePullInput, PullInput
from activities.github.pulls.states import ClosePullInput, ClosePullResult, PullDraftResult
from activities.model import RepoRef
from activities.reporting import github_errors as texts
from simulator.github import git
from simulator.github.entities import SimulatedIssue
from simulator.github.git import fast_import
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked, done
from tests.openapi import assert_valid

BRANCH = "autobuild/42"


@pytest.fixture(autouse=True)
def conforms_to_githubs_description(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


class OurPull:
    """A branch of ours with one commit, and its pull request."""

    def __init__(self, simulated: SimulatedGitHub, activities: SimpleNamespace, repo: RepoRef) -> None:
        self.simulated, self.activities, self.repo = simulated, activities, repo
        self.number, self.sha = 0, ""

    async def commit(self, login: str = "", committer: str = "", branch: str = BRANCH) -> str:
        """Upon the branch, by the App unless a login is given."""
        store = self.simulated.store
        path = store.repository(NAME).path
        people = [store.add_user(each) if each else store.app.bot for each in (login, committer or login)]
        author, by = (store.author(person) for person in people)
        refs = await git.refs(path, "refs/heads")
        parent = refs.get(f"refs/heads/{branch}", refs["refs/heads/main"])
        made = await fast_import.commit(path, {f"{len(refs)}-{parent[:8]}.py": "x = 1\n"}, "Change", author, parent)
        tree = (await git.one(path, made)).tree
        sha = await fast_import.merge(path, tree, (parent,), "Change", author, by)
        ref = f"refs/heads/{branch}"
        await self.simulated.refs.move_ref(store.repository(NAME), ref, sha, people[1])
        return sha

    async def open(self, *, draft: bool = False) -> "OurPull":
        self.sha = await self.commit()
        wanted = CreatePullInput(self.repo, BRANCH, "main", "A change", draft=draft)
        self.number = (await done(self.activities.create_pull_request, wanted)).number
        return self

    @property
    def there(self) -> SimulatedIssue:
        return self.simulated.store.issue(NAME, self.number)

    def is_draft(self) -> bool:
        return bool(self.there.pull and self.there.pull.draft)

    async def close(self, commits: tuple[str, ...] = ()) -> ClosePullResult:
        wanted = ClosePullInput(self.repo, self.number, "It was undone.", "undone", commits)
        result: ClosePullResult = await done(self.activities.close_pull_request, wanted)
        return result

    async def state(self, *commits: str) -> BranchStateResult:
        wanted = BranchStateInput(self.repo, BRANCH, commits)
        result: BranchStateResult = await done(self.activities.get_branch_state, wanted)
        return result


@pytest.fixture
def ours(simulated: SimulatedGitHub, activities: SimpleNamespace, repo: RepoRef) -> OurPull:
    return OurPull(simulated, activities, repo)


# --- close_pull_request


async def test_pull_of_ours_is_closed_once(ours: OurPull) -> None:
    await ours.open()
    ours.simulated.reviews.review(NAME, ours.number, "COMMENTED", "autobuild[bot]", "Look here.")
    assert await ours.close() == ClosePullResult(closed=True, changed=True)
    assert ours.there.state == "closed"
    assert [comment.body.splitlines()[-1] for comment in ours.there.comments] == ["It was undone."]
    assert await ours.close() == ClosePullResult(closed=True)
    assert asked(ours.simulated, "POST", "/comments") == 1
    assert asked(ours.simulated, "PATCH", f"/pulls/{ours.number}") == 1


async def test_locked_pull_is_closed_without_a_comment(ours: OurPull) -> None:
    await ours.open()
    ours.simulated.issues.lock_issue(NAME, ours.number)
    assert (await ours.close()).changed
    assert not ours.there.comments


async def test_pull_of_somebody_else_stays_open(ours: OurPull, head: str) -> None:
    ours.number = (await ours.simulated.pulls.open_pull(NAME, "topic/one")).number
    assert await ours.close() == ClosePullResult(closed=False, reason=texts.pull_of_others(ours.number))
    assert (ours.there.state, ours.there.comments) == ("open", [])


@pytest.mark.parametrize(("author", "committer"), [("example-person", ""), ("", "example-person")])
async def test_pull_with_a_commit_of_somebody_else_stays_open(ours: OurPull, author: str, committer: str) -> None:
    await ours.open()
    theirs = await ours.commit(author, committer)
    assert await ours.close() == ClosePullResult(closed=False, reason=texts.pull_has_commits_of_others(ours.number))
    assert (ours.there.state, ours.there.comments) == ("open", [])
    assert (await ours.close((theirs,))).closed  # git pushed it, and it is ours all the same


async def test_pull_with_a_review_stays_open(ours: OurPull) -> None:
    await ours.open()
    ours.simulated.reviews.review(NAME, ours.number, "COMMENTED", "example-person", "Nearly.")
    assert await ours.close() == ClosePullResult(closed=False, reason=texts.pull_has_reviews_of_others(ours.number))
    assert ours.there.state == "open"


async def test_missing_pull_is_an_error(ours: OurPull) -> None:
    ours.number = 999
    with pytest.raises(ApplicationError) as caught:
        await ours.close()
    assert caught.value.type == "NotFound"


# --- mark_ready and convert_to_draft


async def test_draft_becomes_ready_and_a_draft_again(ours: OurPull) -> None:
    await ours.open(draft=True)
    pull = PullInput(ours.repo, ours.number)
    ready, draft = ours.activities.mark_ready, ours.activities.convert_to_draft
    assert [await done(ready, pull) for _ in range(2)] == [PullDraftResult(False, True), PullDraftResult(False, False)]
    assert not ours.is_draft()
    assert [await done(draft, pull) for _ in range(2)] == [PullDraftResult(True, True), PullDraftResult(True, False)]
    assert ours.is_draft()
    assert asked(ours.simulated, "POST", "/graphql") == 2


async def test_closed_pull_stays_as_it_is(ours: OurPull) -> None:
    await ours.open(draft=True)
    await ours.close()
    result = await done(ours.activities.mark_ready, PullInput(ours.repo, ours.number))
    assert result == PullDraftResult(draft=True, changed=False)


async def test_plan_without_drafts_is_named(ours: OurPull) -> None:
    await ours.open()
    ours.simulated.store.repository(NAME).has_rulesets = False
    with pytest.raises(ApplicationError, match="has no draft pull requests") as caught:
        await done(ours.activities.convert_to_draft, PullInput(ours.repo, ours.number))
    assert caught.value.type == "UserError"


async def test_draft_needs_leave_to_write_contents(ours: OurPull, github: GitHub) -> None:
    await ours.open(draft=True)
    ours.simulated.store.installations[ours.repo.installation_id].permissions["contents"] = "read"
    github.forget(ours.repo)
    with pytest.raises(ApplicationError, match="contents") as caught:
        await done(ours.activities.mark_ready, PullInput(ours.repo, ours.number))
    assert caught.value.type == "UserError"


# --- get_branch_state


async def test_missing_branch_has_no_state(ours: OurPull) -> None:
    assert await ours.state() == BranchStateResult()


async def test_branch_of_ours_and_its_pull(ours: OurPull) -> None:
    sha = await ours.commit()
    assert await ours.state() == BranchStateResult(sha)
    await ours.open(draft=True)
    assert await ours.state() == BranchStateResult(ours.sha, pull=ours.number, ours=True, draft=True)
    await ours.close()
    assert await ours.state() == BranchStateResult(ours.sha)


@pytest.mark.parametrize(("author", "committer"), [("example-person", ""), ("", "example-person")])
async def test_somebody_else_has_pushed(ours: OurPull, author: str, committer: str) -> None:
    theirs = await ours.commit(author, committer)
    assert await ours.state() == BranchStateResult(theirs, others=True)
    assert await ours.state(theirs) == BranchStateResult(theirs)


async def test_commit_that_github_made_for_the_app_is_ours(ours: OurPull) -> None:
    sha = await ours.commit("", "web-flow")
    assert await ours.state() == BranchStateResult(sha)
    edited = await ours.commit("example-person", "web-flow")  # on GitHub's pages
    assert await ours.state() == BranchStateResult(edited, others=True)


async def test_pull_of_ours_comes_before_newer_ones_of_others(ours: OurPull) -> None:
    await ours.open()
    path = ours.simulated.store.repository(NAME).path
    await git.update_ref(path, "refs/heads/release", (await git.refs(path, "refs/heads"))["refs/heads/main"])
    theirs = await ours.simulated.pulls.open_pull(NAME, BRANCH, "release", login="example-person")
    assert await ours.state() == BranchStateResult(ours.sha, pull=ours.number, ours=True)
    await ours.close()
    assert await ours.state() == BranchStateResult(ours.sha, pull=theirs.number)


async def test_owner_with_another_name_is_found(ours: OurPull) -> None:
    await ours.open()
    ours.simulated.repositories.rename_repository(NAME, "renamed")
    assert (await ours.state()).pull == ours.number


async def test_branch_that_others_pushed_to_is_kept(ours: OurPull) -> None:
    sha = await ours.commit()
    theirs = await ours.commit("example-person")
    await done(ours.activities.delete_branch, DeleteBranchInput(ours.repo, BRANCH, (sha,)))
    assert (await ours.state()).sha == theirs
