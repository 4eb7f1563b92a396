"""The default branch is gated without a push, and one issue says that its score fell, until it is as before."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from activities.model import Head
from tests.end_to_end.repos import configured
from tests.end_to_end.test_reconciliation import only
from tests.stack import Json, Stack
from workflows.quality.branch_state import ContinuousQualityInput
from workflows.quality_gate import ContinuousQualityWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

BAD = {"lint.txt": "".join(f"a.txt:{line}: error: bad\n" for line in range(1, 4)), "a.txt": "x\n" * 9}


async def scheduled(stack: Stack) -> str:
    """A repository with a schedule, whose day is short."""
    files = configured()
    files[".github/autobuild.yml"] += "schedule: {every: 24h}\n"
    repo = await stack.repository(files)
    where = only(stack, repo).repo
    assert where
    await stack.temporal.start_workflow(
        ContinuousQualityWorkflow.run,
        ContinuousQualityInput(Head(where, branch="main"), "main", schedule_s=0.1),
        id=f"quality:{repo}@main",
        task_queue=stack.settings.task_queue,
    )
    return repo


@pytest_asyncio.fixture(loop_scope="session")
async def repo(stack: Stack) -> AsyncIterator[str]:
    repo = await scheduled(stack)
    yield repo
    await stack.temporal.get_workflow_handle(f"quality:{repo}@main").terminate()


def issues(stack: Stack, repo: str) -> list[Json]:
    found = stack.github.store.repository(repo).issues.values()
    return [{"title": each.title, "body": each.body, "state": each.state, "number": each.number} for each in found]


def bodies(stack: Stack, repo: str, text: str) -> bool:
    return any(text in str(each["body"]) for each in issues(stack, repo))


def closed(stack: Stack, repo: str, count: int) -> bool:
    return [each["state"] for each in issues(stack, repo)].count("closed") == count


async def test_a_fall_is_one_issue_until_it_is_over(stack: Stack, repo: str) -> None:
    good = await stack.push(repo, {"a.txt": "x\n"}, branch="main")
    await stack.verdict(repo, good, gates=4)
    assert issues(stack, repo) == []
    bad = await stack.push(repo, BAD, branch="main")
    await stack.until(partial(bodies, stack, repo, f"at {bad}"))
    await stack.until(partial(bodies, stack, repo, "100, 70, 70, 70."))
    (issue,) = issues(stack, repo)
    assert issue["title"] == "The score of main fell"
    assert f"`main` is 70 at {bad}. Usual is 100" in issue["body"]
    assert "- `linting`: 70" in issue["body"]
    fixed = await stack.push(repo, {"lint.txt": ""}, branch="main")
    await stack.until(partial(closed, stack, repo, 1))
    (comment,) = stack.github.comments(repo, issue["number"])
    assert comment["body"].endswith(f"`main` is 100 at {fixed}, about as usual (100) again.")
    assert len(issues(stack, repo)) == 1


async def test_who_closes_the_issue_takes_the_score_as_it_is(stack: Stack, repo: str) -> None:
    good = await stack.push(repo, {"a.txt": "x\n"}, branch="main")
    await stack.verdict(repo, good, gates=4)
    bad = await stack.push(repo, BAD, branch="main")
    await stack.until(partial(bodies, stack, repo, f"at {bad}"))
    (issue,) = issues(stack, repo)
    await stack.github.pulls.set_state(repo, issue["number"], "closed")
    gates = [run for run in stack.github.check_runs(repo, bad) if run["name"] == "autobuild / gate"]
    await stack.verdict(repo, bad, gates=len(gates) + 3)
    (issue,) = issues(stack, repo)
    assert (issue["state"], stack.github.comments(repo, issue["number"])) == ("closed", [])
