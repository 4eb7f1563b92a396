"""The repository's own CI on the pull request of a planned change; and what is undone while it is waited for."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from activities.planned_changes import texts
from simulator.github import git
from tests.deadlines import until
from tests.end_to_end.planned import REVIEWED, agents, coder, design, edits, plan, task
from tests.end_to_end.test_planned_changes import (
    branches,
    comments,
    labelled,
    messages,
    pull_of,
    result,
    text_of,
    until_there,
)
from tests.stack import Stack, make_stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONFIG = "agent: {ci_minutes: 5}\n"
ANSWERS = [
    REVIEWED,
    coder("CI-WANTS-Z", edits(z_="Z = 1\n")),
    coder("CI-WANTS-MORE", edits(w_="W = 1\n")),
    design("WITH-CI"),
    plan("WITH-CI", task("x", "x_.py")),
    coder("Do X.", edits(x_="X = 1\n")),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_ci(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("planned-ci")
    async with make_stack(folder, agents=agents(folder, ANSWERS)) as made:
        yield made


@pytest.fixture
def stack(shared_ci: Stack) -> Stack:
    shared_ci.begin_test()
    return shared_ci


async def waiting(stack: Stack) -> tuple[str, int, str]:
    """(repository, issue, head of its pull request) of a change whose CI is waited for."""
    repo, number = await labelled(stack, "WITH-CI", CONFIG)
    await until_there(stack, f"plan-patch-pr:{repo}#{number}", "ci")
    return repo, number, pull_of(stack, repo).pull.head_sha


async def ci_says(stack: Stack, repo: str, sha: str, conclusion: str, summary: str = "") -> None:
    """A check run of another App."""
    output = {"title": "The build", "summary": summary or "It is built."}
    fields = {"status": "completed", "conclusion": conclusion, "output": output}
    await stack.github.checks.add_run_of_other(repo, sha, "build", fields)


async def next_head(stack: Stack, repo: str, sha: str) -> str:
    """Of the pull request, once it has another one."""

    async def moved() -> str:
        now = str(pull_of(stack, repo).pull.head_sha)
        return now if now != sha else ""

    return await until(moved)


def kinds(ended: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["kind"] for one in ended["ci"]}


async def test_what_the_change_broke_in_the_ci_is_repaired(stack: Stack) -> None:
    repo, number, sha = await waiting(stack)
    await ci_says(stack, repo, sha, "failure", "CI-WANTS-Z: there is no z_.py")
    head = await next_head(stack, repo, sha)
    assert await text_of(stack, repo, "z_.py") == "Z = 1\n"
    await ci_says(stack, repo, head, "success")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    assert kinds(ended) == {"build": "passed"}
    assert len(await messages(stack, repo)) == 2
    assert [user.login for user in pull_of(stack, repo).pull.reviewers] == ["octocat"]


async def test_the_same_failure_again_makes_a_draft(stack: Stack) -> None:
    repo, number, sha = await waiting(stack)
    await ci_says(stack, repo, sha, "failure", "CI-WANTS-MORE")
    await ci_says(stack, repo, await next_head(stack, repo, sha), "failure", "CI-WANTS-MORE")
    ended = await result(stack, repo, number)
    assert ended["state"] == "draft"
    assert texts.SAME_FAILURES in ended["reason"]
    assert pull_of(stack, repo).pull.draft


async def test_what_fails_on_the_base_as_well_is_older(stack: Stack) -> None:
    repo, number, sha = await waiting(stack)
    base = (await git.refs(stack.github.store.repository(repo).path, "refs/heads/"))["refs/heads/main"]
    await ci_says(stack, repo, base, "failure", "CI-WANTS-Z")
    await ci_says(stack, repo, sha, "failure", "CI-WANTS-Z")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["reason"]) == ("ready", "")
    assert kinds(ended) == {"build": "older"}
    assert len(await messages(stack, repo)) == 1


async def test_a_stop_takes_the_pull_request_back(stack: Stack) -> None:
    repo, number, _ = await waiting(stack)
    await stack.ask(repo, number, "/stop")
    ended = await result(stack, repo, number)
    assert ended["state"] == "stopped", ended
    assert pull_of(stack, repo).state == "closed"
    assert await branches(stack, repo) == {"main"}
    assert re.search(r"\*\*Stopped", comments(stack, repo, number)[0])


async def test_a_stop_leaves_a_pull_request_with_somebody_elses_review(stack: Stack) -> None:
    repo, number, _ = await waiting(stack)
    stack.github.reviews.approve(repo, pull_of(stack, repo).number)
    await stack.ask(repo, pull_of(stack, repo).number, "/stop")
    ended = await result(stack, repo, number)
    assert ended["state"] == "stopped", ended
    assert pull_of(stack, repo).state == "open"
    assert "is undone" not in ended["reason"]
    assert await branches(stack, repo) == {"main", f"autobuild/issue-{number}"}


async def test_a_kept_branch_is_not_pushed_over_a_reviewed_head(stack: Stack) -> None:
    repo, number = await labelled(stack, "WITH-CI", "agent: {ci_minutes: 5, keep_branch: true}\n")
    await until_there(stack, f"plan-patch-pr:{repo}#{number}", "ci")
    pull = pull_of(stack, repo)
    sha = pull.pull.head_sha
    stack.github.reviews.approve(repo, pull.number)
    stack.github.store.advance(30)
    await stack.ask(repo, number, "/stop")
    ended = await result(stack, repo, number)
    assert (ended["state"], ended["branch"], pull_of(stack, repo).state) == ("stopped", "", "open")
    refs = await git.refs(stack.github.store.repository(repo).path, "refs/heads/")
    assert refs[f"refs/heads/autobuild/issue-{number}"] == sha
