"""`/migrate`: one comment from the plan to the pull request, a commit a step, and what people ask while it runs."""

import pytest

from simulator.github import git
from tests.end_to_end.test_commands import said
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

RECIPES = ".github/autobuild/recipes"


def recipe(name: str, *steps: str) -> dict[str, str]:
    """Each step is `NAME COMMAND`, or `NAME needs OTHER: COMMAND`."""
    lines = [f"name: {name}", "title: Call the new functions", "steps:"]
    for step in steps:
        head, _, command = step.partition(": ")
        own, _, needed = head.partition(" needs ")
        lines += [f"  - name: {own}", f"    title: Step {own}", "    files: ['*.py']"]
        lines += [f"    needs: [{needed}]"] if needed else []
        lines += [f"    command: {command}"]
    return {f"{RECIPES}/{name}.yml": "\n".join(lines) + "\n"}


FIRST = "first: sed -i s/old_one/new_one/ sample.py"
SECOND = "second needs first: sed -i s/old_two/new_two/ sample.py"
OTHER = "other: sed -i s/third/another/ other.py"
SLOW = "slow: sleep 3600"
BROKEN = "broken: sed -i 's/third/x(/' other.py"
FILES = {
    "sample.py": "old_one()\nold_two()\n",
    "other.py": "third()\n",
    **recipe("quick", FIRST, SECOND, OTHER),
    **recipe("slowly", FIRST, SLOW, OTHER),
    **recipe("broken", FIRST, BROKEN, "after needs broken: touch sample.py"),
}


async def commits(stack: Stack, repo: str, branch: str) -> list[str]:
    """The subjects of a branch's own commits, the oldest first."""
    path = stack.github.store.repository(repo).path
    if f"refs/heads/{branch}" not in await git.refs(path, "refs/heads"):
        return []
    return [one.message.splitlines()[0] for one in reversed(await git.log(path, branch, "^main", limit=9))]


async def ended(stack: Stack, repo: str, number: int, words: str) -> str:
    """The migration's comment, once it says this."""
    try:
        found = await stack.until(lambda: [text for text in said(stack, repo, number) if words in text])
    except TimeoutError:
        raise AssertionError(f"{words!r} is in none of {said(stack, repo, number)}") from None
    return str(found[0])


async def test_migrate_opens_a_pull_request_with_a_commit_for_each_step(stack: Stack) -> None:
    repo = await stack.repository(FILES)
    issue = stack.github.issues.open_issue(repo, "Migrate").number
    stack.github.webhooks.faults.duplicate("issue_comment")
    await stack.ask(repo, issue, "/migrate quick", "octocat")
    comment = await ended(stack, repo, issue, "**Done: #")
    assert len(said(stack, repo, issue)) == 1
    branch = f"autobuild/migrate-quick-{issue}"
    assert await commits(stack, repo, branch) == ["Step first", "Step second", "Step other"]
    (pull,) = (one for one in stack.github.store.repository(repo).issues.values() if one.pull)
    assert f"#{pull.number}" in comment
    assert pull.title == "Call the new functions"
    assert f"#{issue}" in (pull.body or "")
    runs = await stack.verdict(
        repo, (await git.refs(stack.github.store.repository(repo).path, "refs/heads"))[f"refs/heads/{branch}"]
    )
    assert "gate" in runs  # the gate runs on it as on any pull request

    await stack.ask(repo, issue, "/migrate quick", "octocat")
    assert f"#{pull.number}" in await ended(stack, repo, issue, "earlier migration is open")
    await stack.github.merging.merge_pull(repo, pull.number)
    await stack.ask(repo, issue, "/migrate quick", "octocat")
    await ended(stack, repo, issue, "**Nothing to do.**")


async def test_stop_leaves_nothing(stack: Stack) -> None:
    repo = await stack.repository(FILES)
    issue = stack.github.issues.open_issue(repo, "Migrate").number
    await stack.ask(repo, issue, "/migrate slowly", "octocat")
    await ended(stack, repo, issue, "| … | `slow` |")
    await stack.ask(repo, issue, "/stop", "octocat")
    await ended(stack, repo, issue, "Nothing of it was kept")
    assert await commits(stack, repo, f"autobuild/migrate-slowly-{issue}") == []


async def test_what_is_asked_for_after_the_end_is_answered(stack: Stack) -> None:
    repo = await stack.repository(FILES)
    issue = stack.github.issues.open_issue(repo, "Migrate").number
    await stack.ask(repo, issue, "/migrate quick", "octocat")
    await ended(stack, repo, issue, "**Done: #")
    (pull,) = (one for one in stack.github.store.repository(repo).issues.values() if one.pull)
    for command, answer in (
        ("/stop", f"`/rollback` closes #{pull.number}"),
        ("/pause", "No migration runs here"),
        ("/rollback first", "Revert the step's commit"),
    ):
        await stack.ask(repo, issue, command, "octocat")
        await ended(stack, repo, issue, answer)
    await stack.ask(repo, issue, "/rollback", "octocat")
    await ended(stack, repo, issue, "and its pull request closed")
    assert (pull.state, await commits(stack, repo, f"autobuild/migrate-quick-{issue}")) == ("closed", [])


async def test_stop_while_the_pull_request_is_opened(stack: Stack) -> None:
    repo = await stack.repository(FILES)
    issue = stack.github.issues.open_issue(repo, "Migrate").number
    opening = stack.github.faults.add("POST", f"/repos/{repo}/pulls", "hold")
    await stack.ask(repo, issue, "/migrate quick", "octocat")
    await stack.until(lambda: opening.seen)
    await stack.ask(repo, issue, "/stop", "octocat")
    opening.release()
    await ended(stack, repo, issue, "Nothing of it was kept")
    (pull,) = (one for one in stack.github.store.repository(repo).issues.values() if one.pull)
    assert pull.state == "closed"
    assert await commits(stack, repo, f"autobuild/migrate-quick-{issue}") == []


async def test_pause_in_the_moment_of_the_start(stack: Stack) -> None:
    repo = await stack.repository(FILES)
    issue = stack.github.issues.open_issue(repo, "Migrate").number
    await stack.ask(repo, issue, "/migrate quick\n/pause", "octocat")
    await ended(stack, repo, issue, "**Paused")
    await stack.ask(repo, issue, "/rollback nowhere", "octocat")
    await ended(stack, repo, issue, "There is no step `nowhere`")
    await stack.ask(repo, issue, "/stop", "octocat")
    await ended(stack, repo, issue, "Nothing of it was kept")


async def test_a_step_that_breaks_something_is_taken_back(stack: Stack) -> None:
    repo = await stack.repository(FILES)
    issue = stack.github.issues.open_issue(repo, "Migrate").number
    await stack.ask(repo, issue, "/migrate broken", "octocat")
    comment = await ended(stack, repo, issue, "**Partly done: #")
    assert "no longer parse" in comment
    assert "It needs the step" in comment
    assert await commits(stack, repo, f"autobuild/migrate-broken-{issue}") == ["Step first"]


async def test_a_dry_run_shows_the_change_and_pushes_nothing(stack: Stack) -> None:
    repo = await stack.repository(FILES)
    issue = stack.github.issues.open_issue(repo, "Migrate").number
    await stack.ask(repo, issue, "/migrate quick --dry-run --only first", "octocat")
    await ended(stack, repo, issue, "1 file would change")
    assert await commits(stack, repo, f"autobuild/migrate-quick-{issue}") == []
    heads = await git.refs(stack.github.store.repository(repo).path, "refs/heads")
    (shown,) = [
        run for run in stack.github.check_runs(repo, heads["refs/heads/main"]) if run["name"] == "autobuild / migration"
    ]
    assert "+new_one()" in shown["output"]["summary"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("/migrate quikc", "quick"),
        ("/migrate quick --only frist", "first"),
        ("/migrate quick nowhere", "no files"),
        ("/migrate react18", "React"),
        ("/migrate", "Name a recipe"),
        ("/migrate quick ../..", "folder of the repository"),
    ],
)
async def test_what_cannot_be_done_is_answered(stack: Stack, command: str, answer: str) -> None:
    repo = await stack.repository(FILES)
    issue = stack.github.issues.open_issue(repo, "Migrate").number
    await stack.ask(repo, issue, command, "octocat")
    await ended(stack, repo, issue, answer)


@pytest.mark.parametrize(
    ("split", "titles", "bases"),
    [
        ("step", ["Step first", "Step second", "Step other"], ["main", "first", "second"]),
        ("owners", ["files of @example/web", "files without an owner"], ["main", "main"]),
    ],
)
async def test_a_migration_is_split_into_several_pull_requests(
    stack: Stack, split: str, titles: list[str], bases: list[str]
) -> None:
    repo = await stack.repository({**FILES, "CODEOWNERS": "# of the web\n*.py @example/web\n/sample.py\n"})
    issue = stack.github.issues.open_issue(repo, "Migrate").number
    await stack.ask(repo, issue, f"/migrate quick --split {split}", "octocat")
    await ended(stack, repo, issue, "The others, to be merged in this order")
    pulls = [one for one in stack.github.store.repository(repo).issues.values() if one.pull]
    assert [any(title in one.title for one in pulls) for title in titles] == [True] * len(titles)
    assert sorted(one.pull.base_ref.rpartition("-")[2] for one in pulls if one.pull) == sorted(bases)
