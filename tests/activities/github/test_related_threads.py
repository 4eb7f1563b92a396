"""What concerns the same as an issue: pull requests that close or name it, and issues with nearly the same title."""

from collections.abc import Iterator

import pytest

from activities.github.client import GitHub
from activities.github.planned_issues.related import SIMILAR, IssueReferences, similarity, title_words
from activities.github_activities import PlannedIssueActivities
from activities.model import RepoRef
from activities.planned_changes.types import ReadIssueInput, RelatedThread
from activities.result_store import ResultStore
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked
from tests.openapi import assert_valid

APP = "autobuild[bot]"


@pytest.fixture(autouse=True)
def held(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


class Repository:
    """A repository with an issue, the number 1, and branches for pull requests."""

    def __init__(self, simulated: SimulatedGitHub, github: GitHub, results: ResultStore, repo: RepoRef) -> None:
        self.github = simulated
        self._activities, self._repo = PlannedIssueActivities(github, results), repo
        simulated.issues.open_issue(NAME, "Empty lists fail in f()")

    async def pull(
        self, branch: str, title: str = "Change", body: str = "", message: str = "Change", login: str = "octocat"
    ) -> int:
        await self.github.pushes.push_commit(NAME, branch, {f"{branch}.py": ""}, message=message)
        return (await self.github.pulls.open_pull(NAME, branch, title=title, body=body, login=login)).number

    async def related(self) -> tuple[RelatedThread, ...]:
        found = await self._activities.read_issue(ReadIssueInput(self._repo, 1, self.github.store.time()))
        assert not found.refused
        return found.related


@pytest.fixture
def repository(simulated: SimulatedGitHub, github: GitHub, results: ResultStore, repo: RepoRef) -> Repository:
    return Repository(simulated, github, results, repo)


@pytest.mark.parametrize(
    ("text", "named", "closed"),
    [
        ("Nothing.", False, False),
        ("#70, #17, x#7, #7a, octocat/other#7, other/hello#7, &#7;", False, False),
        ("https://example.com/octocat/hello/issues/7", False, False),
        ("See #7.", True, False),
        ("gh-7", True, False),
        ("octocat/hello#7", True, False),
        ("(https://github.com/Octocat/hello/issues/7#issuecomment-1)", True, False),
        ("This prefixes #7", True, False),
        ("It does not fix it. #7", True, False),
        ("fix #7", True, True),
        ("Closes: #7", True, True),
        ("It RESOLVED  octocat/hello#7", True, True),
        ("fixes https://github.com/octocat/hello/issues/7", True, True),
        ("Fixes #70 and closes #7", True, True),
    ],
)
def test_where_a_text_names_an_issue(text: str, named: bool, closed: bool) -> None:
    references = IssueReferences("https://github.com", "octocat/hello", 7)
    assert (references.named_in(text), references.closed_by(text)) == (named, closed)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Empty lists fail in f()", "f() fails for empty lists", True),
        ("Empty lists fail in f()", "empty lists: f fail", True),
        ("Login fails with an empty password", "Login fails if the password is empty", True),
        ("Empty lists fail in f()", "Empty lists fail in f() and g()", True),
        ("Add a dark theme to the settings", "Add a light theme to the settings", False),
        ("Add a dark theme", "Fix the login", False),
        ("It is", "It is", True),
        ("", "", False),
        ("🐛", "🐛", False),
    ],
)
def test_nearly_the_same_title(one: str, other: str, alike: bool) -> None:
    assert (similarity(title_words(one), title_words(other)) >= SIMILAR) == alike


async def test_pulls_that_close_or_name_the_issue(repository: Repository) -> None:
    mentions = await repository.pull("one", "See #1")
    body = await repository.pull("two", "Second", body="Fixes #1")
    commit = await repository.pull("three", "Third", message="Handle them\n\nResolves #1.")
    named = await repository.pull("four", "Fourth", message="Handle them, see octocat/hello#1.")
    linked = await repository.pull("five", "Fifth")
    repository.github.issues.link_pull(NAME, linked, 1)
    await repository.pull("six", "Sixth", body="<!-- Fixes #1 -->\nFixes #12.")
    closed = await repository.pull("seven", "Seventh", body="Fixes #1")
    await repository.github.pulls.close_pull(NAME, closed)
    ours = await repository.pull("eight", "Eighth", body="Closes #1", login=APP)
    branch = await repository.pull("autobuild/issue-1", "Ninth")
    await repository.pull("autobuild/issue-2", "Tenth", login=APP)
    assert [(each.number, each.closes, each.ours) for each in await repository.related()] == [
        (ours, True, True), (linked, True, False), (commit, True, False), (body, True, False),
        (branch, False, True), (named, False, False), (mentions, False, False),
    ]  # fmt: skip
    assert {each.kind for each in await repository.related()} == {"pull"}


async def test_a_fork_cannot_name_its_branch_as_ours_or_send_its_commits(repository: Repository) -> None:
    github = repository.github
    await github.repositories.add_fork(NAME, "example-person")
    for branch, message in (("autobuild/issue-1", "Change"), ("main", "Fixes #1")):
        await github.pushes.push_commit(
            "example-person/hello", branch, {"c.py": ""}, message=message, login="example-person"
        )
        await github.pulls.open_pull(NAME, f"example-person:{branch}", login="example-person", title="Change")
    assert await repository.related() == ()
    await github.pushes.push_commit("example-person/hello", "three", {"d.py": ""}, login="example-person")
    pull = await github.pulls.open_pull(NAME, "example-person:three", body="Fixes #1", login="example-person")
    [found] = await repository.related()
    assert (found.number, found.closes, found.ours) == (pull.number, True, False)


async def test_issues_with_nearly_the_same_title(repository: Repository) -> None:
    issues = repository.github.issues
    issues.open_issue(NAME, "Add a theme")
    closed = issues.open_issue(NAME, "Empty lists fail in f()").number
    await repository.github.pulls.set_state(NAME, closed, "closed")
    near = issues.open_issue(NAME, "Empty lists fail in f() and g()").number
    same = [issues.open_issue(NAME, "f(): empty lists fail", login=APP).number for _ in range(5)]
    found = await repository.related()
    assert [(each.number, each.kind, each.ours) for each in found] == [
        (number, "issue", True) for number in reversed(same)
    ]
    issues.delete_issue(NAME, same[0])
    assert (await repository.related())[-1].number == near


async def test_titles_of_others_are_plain_text(repository: Repository) -> None:
    await repository.pull("one", "Fixes #1 @octocat\u202e\u200b " + "x" * 200)
    [found] = await repository.related()
    assert len(found.title) <= 100
    assert not set("\u202e\n") & set(found.title)
    assert "@octocat" not in found.title
    assert "#1" not in found.title


async def test_more_than_a_page_of_open_pulls_and_issues(repository: Repository) -> None:
    first = await repository.pull("first", "Fixes #1")
    near = repository.github.issues.open_issue(NAME, "Empty lists fail in f()").number
    for number in range(60):
        repository.github.issues.open_issue(NAME, f"Number {number}")
    before = asked(repository.github, "POST", "/graphql")
    assert {each.number for each in await repository.related()} == {first, near}
    assert asked(repository.github, "POST", "/graphql") - before == 5
