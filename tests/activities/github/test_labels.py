"""Labels are added to those that are there, and only what is missing is written."""

from collections.abc import Iterator

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.issues import AddLabelsInput, RemoveLabelsInput, RemoveLabelsResult
from activities.github_activities import IssueActivities
from activities.model import RepoRef
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def held(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@pytest.fixture
async def pull(simulated: SimulatedGitHub, head: str) -> int:
    return (await simulated.pulls.open_pull(NAME, "topic/one")).number


async def test_only_missing_labels_are_added(
    simulated: SimulatedGitHub, issues: IssueActivities, repo: RepoRef, pull: int
) -> None:
    simulated.issues.add_label(NAME, pull, "Bug")
    wanted = AddLabelsInput(repo, pull, ("bug", "autobuild", "Autobuild", " small "))
    first, second = await issues.add_pr_labels(wanted), await issues.add_pr_labels(wanted)
    assert (first.labels, first.changed) == (("Bug", "autobuild", "small"), True)
    assert (second.labels, second.changed) == (first.labels, False)
    assert [each.request for each in simulated.requests if each.path.endswith("/labels") and each.method == "POST"] == [
        {"labels": ["autobuild", "small"]}
    ]
    assert asked(simulated, "POST", f"{NAME}/labels") == 0


@pytest.mark.parametrize("label", ["", "  ", "x" * 51])
async def test_invalid_label_adds_nothing(
    simulated: SimulatedGitHub, issues: IssueActivities, repo: RepoRef, pull: int, label: str
) -> None:
    with pytest.raises(ApplicationError) as caught:
        await issues.add_pr_labels(AddLabelsInput(repo, pull, ("good", label)))
    assert (caught.value.type, caught.value.non_retryable) == ("Validation", True)
    assert simulated.store.issue(NAME, pull).labels == []


async def test_too_many_labels_are_refused(
    simulated: SimulatedGitHub, issues: IssueActivities, repo: RepoRef, pull: int
) -> None:
    for number in range(99):
        simulated.issues.add_label(NAME, pull, f"label {number}")
    assert (await issues.add_pr_labels(AddLabelsInput(repo, pull, ("label 0", "hundredth")))).changed
    with pytest.raises(ApplicationError, match="would have 101 labels") as caught:
        await issues.add_pr_labels(AddLabelsInput(repo, pull, ("one more",)))
    assert caught.value.type == "Validation"


async def test_no_labels_send_no_request(issues: IssueActivities, repo: RepoRef, pull: int) -> None:
    added = await issues.add_pr_labels(AddLabelsInput(repo, pull, ()))
    assert (added.labels, added.changed) == ((), False)


async def test_labels_are_removed_once(
    simulated: SimulatedGitHub, issues: IssueActivities, repo: RepoRef, pull: int
) -> None:
    for label in ("Autobuild", "needs work: 100%", "bug"):
        simulated.issues.add_label(NAME, pull, label)
    wanted = RemoveLabelsInput(repo, pull, (" autobuild ", "needs work: 100%", "never there", ""))
    assert await issues.remove_labels(wanted) == RemoveLabelsResult(("bug",), changed=True)
    assert await issues.remove_labels(wanted) == RemoveLabelsResult(("bug",))
    assert [label.name for label in simulated.store.issue(NAME, pull).labels] == ["bug"]
    assert sum(each.method == "DELETE" for each in simulated.requests) == 2


async def test_label_that_is_removed_meanwhile_is_no_error(
    simulated: SimulatedGitHub, issues: IssueActivities, repo: RepoRef, pull: int
) -> None:
    for label in ("one", "two"):
        simulated.issues.add_label(NAME, pull, label)
    simulated.faults.add("DELETE", ".*/labels/one", "status", status=404)
    assert (await issues.remove_labels(RemoveLabelsInput(repo, pull, ("one", "two")))).changed
    assert [label.name for label in simulated.store.issue(NAME, pull).labels] == ["one"]


async def test_deleted_issue_has_no_labels_to_remove(
    simulated: SimulatedGitHub, issues: IssueActivities, repo: RepoRef
) -> None:
    number = simulated.issues.open_issue(NAME, "A question", labels=["one"]).number
    simulated.issues.delete_issue(NAME, number)
    assert await issues.remove_labels(RemoveLabelsInput(repo, number, ("one",))) == RemoveLabelsResult()
