"""A pull request is opened once, found again, and left alone where it is another author's."""

import asyncio
from collections.abc import Iterator

import pytest
from temporalio.exceptions import ApplicationError

from activities.errors import USER_ERROR
from activities.github.pulls import CreatePullInput
from activities.github_activities import PullActivities
from activities.model import RepoRef
from simulator.github import git
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def held(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@pytest.fixture
def wanted(repo: RepoRef, head: str) -> CreatePullInput:
    return CreatePullInput(repo, "topic/one", "main", "Use sys", "Because os is not used.")


def writes(simulated: SimulatedGitHub) -> list[str]:
    """What was written, the tokens aside."""
    paths = [each for each in simulated.requests if each.method != "GET" and "access_tokens" not in each.path]
    return [f"{each.method} {each.path.removeprefix(f'/repos/{NAME}')}" for each in paths]


async def test_pull_is_opened_once(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput, head: str
) -> None:
    first, second = await pulls.create_pull_request(wanted), await pulls.create_pull_request(wanted)
    assert (first.changed, second.changed) == (True, False)
    assert (first.number, first.head_sha, first.url) == (1, head, f"{simulated.url}/{NAME}/pull/1")
    assert (second.number, second.head_sha, second.url) == (1, head, first.url)
    issue = simulated.store.issue(NAME, 1)
    assert (issue.title, issue.body, issue.user.login) == ("Use sys", "Because os is not used.", "autobuild[bot]")
    assert writes(simulated) == ["POST /pulls"]


async def test_new_title_and_body_edit_the_pull(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput
) -> None:
    await pulls.create_pull_request(wanted)
    other = CreatePullInput(wanted.repo, wanted.head, wanted.base, "Use sys\nalone", "Line one.\r\nLine two.\n")
    assert (await pulls.create_pull_request(other)).changed
    assert not (await pulls.create_pull_request(other)).changed
    issue = simulated.store.issue(NAME, 1)
    assert (issue.title, issue.body) == ("Use sys alone", "Line one.\nLine two.")
    assert writes(simulated) == ["POST /pulls", "PATCH /pulls/1"]
    assert simulated.requests[-1].method == "GET"


async def test_only_changed_fields_are_edited(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput
) -> None:
    await pulls.create_pull_request(wanted)
    await pulls.create_pull_request(CreatePullInput(wanted.repo, wanted.head, wanted.base, "Another", wanted.body))
    assert [each.request for each in simulated.requests if each.method == "PATCH"] == [{"title": "Another"}]


async def test_pull_of_another_author_is_not_edited(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput
) -> None:
    number = (await simulated.pulls.open_pull(NAME, "topic/one", title="Mine")).number
    labelled = CreatePullInput(
        wanted.repo, wanted.head, wanted.base, "Ours", "Ours", labels=("ours",), reviewers=("octocat",)
    )
    found = await pulls.create_pull_request(labelled)
    assert (found.number, found.changed) == (number, False)
    assert simulated.store.issue(NAME, number).title == "Mine"
    assert writes(simulated) == []


async def test_closed_pull_is_not_found(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput
) -> None:
    first = await pulls.create_pull_request(wanted)
    await simulated.pulls.close_pull(NAME, first.number)
    second = await pulls.create_pull_request(wanted)
    assert second.changed
    assert second.number != first.number


async def test_other_base_opens_another_pull(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput
) -> None:
    await simulated.pushes.push_commit(NAME, "next", {"n.py": ""})
    first = await pulls.create_pull_request(wanted)
    other = await pulls.create_pull_request(CreatePullInput(wanted.repo, wanted.head, "next", "Use sys"))
    assert other.changed
    assert other.number != first.number


async def test_fork_branch_of_the_same_name_is_another_pull(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput
) -> None:
    await simulated.repositories.add_fork(NAME, "example-person")
    await simulated.pushes.push_commit("example-person/hello", "topic/one", {"c.py": ""}, login="example-person")
    theirs = (await simulated.pulls.open_pull(NAME, "example-person:topic/one", login="example-person")).number
    ours = await pulls.create_pull_request(wanted)
    assert ours.number != theirs
    found = await pulls.create_pull_request(CreatePullInput(wanted.repo, "example-person:topic/one", "main", "x"))
    assert (found.number, found.changed) == (theirs, False)


async def test_lost_answer_opens_no_second_pull(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput
) -> None:
    simulated.faults.add("POST", ".*/pulls", "half", after=True)
    with pytest.raises(ApplicationError):
        await pulls.create_pull_request(wanted)
    again = await pulls.create_pull_request(wanted)
    assert (again.number, again.changed) == (1, False)
    assert asked(simulated, "POST", "/pulls") == 1
    assert len(simulated.pulls.open_pulls_of(simulated.store.repository(NAME))) == 1


async def test_pull_opened_meanwhile_is_found(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput
) -> None:
    """The first look finds nothing: the other try's pull opens between it and our own."""
    fault = simulated.faults.add("POST", ".*/pulls", "hold")
    ours = asyncio.ensure_future(pulls.create_pull_request(wanted))
    await simulated.store.wait_for(lambda: fault.seen)
    number = (await simulated.pulls.open_pull(NAME, "topic/one", title="Quicker", login="autobuild[bot]")).number
    fault.release()
    made = await ours
    assert (made.number, made.changed) == (number, True)
    assert simulated.store.issue(NAME, number).title == "Use sys"


async def test_long_title_and_body_are_cut(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput
) -> None:
    long = CreatePullInput(wanted.repo, wanted.head, wanted.base, "t" * 300, "😀 wide\n" * 20_000)
    assert (await pulls.create_pull_request(long)).changed
    assert not (await pulls.create_pull_request(long)).changed
    issue = simulated.store.issue(NAME, 1)
    assert issue.title == f"{'t' * 255}…"
    assert "more characters exceed GitHub's limit" in (issue.body or "").rpartition("\n")[2]


@pytest.mark.parametrize(
    ("branch", "into", "says"),
    [
        ("topic/empty", "main", "`topic/empty` has no commit that `main` lacks, so there is nothing"),
        ("topic/gone", "main", "no branch `topic/gone` for a pull request's head"),
        ("topic/one", "gone", "no branch `gone` for a pull request's base"),
    ],
)
async def test_impossible_pull_is_a_user_error(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput, branch: str, into: str, says: str
) -> None:
    await simulated.pushes.push_commit(NAME, "main", {"m.py": ""})
    await git.update_ref(simulated.store.repository(NAME).path, "refs/heads/topic/empty", "refs/heads/main")
    with pytest.raises(ApplicationError) as caught:
        await pulls.create_pull_request(CreatePullInput(wanted.repo, branch, into, "x"))
    assert caught.value.type == USER_ERROR
    assert says in str(caught.value)


async def test_labels_and_reviewers_are_added(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput
) -> None:
    simulated.repositories.set_permission(NAME, "example-person", "write")
    full = CreatePullInput(
        wanted.repo, wanted.head, wanted.base, wanted.title, wanted.body, draft=True,
        labels=("autobuild", "Small"), reviewers=("example-person", "stranger"),
    )  # fmt: skip
    first, second = await pulls.create_pull_request(full), await pulls.create_pull_request(full)
    assert (first.changed, first.left_out, second.changed, second.left_out) == (
        True,
        ("stranger",),
        False,
        ("stranger",),
    )
    issue = simulated.store.issue(NAME, 1)
    assert [label.name for label in issue.labels] == ["autobuild", "Small"]
    assert issue.pull
    assert issue.pull.draft
    assert [user.login for user in issue.pull.reviewers] == ["example-person"]


async def test_pull_is_found_by_the_owners_former_name(
    simulated: SimulatedGitHub, pulls: PullActivities, wanted: CreatePullInput
) -> None:
    """GitHub's filter by head wants the owner's name of today."""
    made = await pulls.create_pull_request(wanted)
    repo = RepoRef("octocat", "hello", wanted.repo.installation_id, id=simulated.store.repository(NAME).id)
    simulated.repositories.rename_repository(NAME, "hi")
    found = await pulls.create_pull_request(CreatePullInput(repo, wanted.head, wanted.base, wanted.title, wanted.body))
    assert (found.number, found.changed) == (made.number, False)
    simulated.installations.add_installation("example-person")
    simulated.repositories.transfer_repository("octocat/hi", "example-person")
    moved = RepoRef("octocat", "hello", 0, id=repo.id)
    found = await pulls.create_pull_request(CreatePullInput(moved, wanted.head, wanted.base, wanted.title, wanted.body))
    assert (found.number, found.changed) == (made.number, False)
