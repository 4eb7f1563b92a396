"""`auto_merge: true`: merged when everything is right, and never otherwise."""

import pytest

from tests.deadlines import WITHIN_S
from tests.end_to_end.repos import configured
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

FINDING = {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: this is new\n"}


def merging(more: str = "auto_merge: true\n") -> dict[str, str]:
    files = configured()
    files[".github/autobuild.yml"] += more
    return files


def merged(stack: Stack, repo: str, number: int) -> bool:
    pull = stack.github.store.issue(repo, number).pull
    return bool(pull and pull.merged_at)


async def test_passed_pull_is_merged_and_its_workflow_ends(stack: Stack) -> None:
    repo = await stack.repository(merging())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.until(lambda: merged(stack, repo, number))
    assert await stack.workflows.wait_for_result(f"quality:{repo}@change", WITHIN_S) is None
    main = stack.github.store.issue(repo, number).pull
    assert main
    assert main.merge_commit_sha
    assert (await stack.verdict(repo, main.merge_commit_sha))["gate"]["conclusion"] == "success"


async def test_failed_or_unconfigured_pulls_are_not_merged(stack: Stack) -> None:
    for files, change in (
        (merging(), FINDING),
        (merging(""), {"a.txt": "x\n"}),
        (merging("auto_merge: false\n"), {"a.txt": "x\n"}),
    ):
        repo = await stack.repository(files)
        sha = await stack.push(repo, change)
        number = await stack.pull(repo)
        await stack.verdict(repo, sha)
        await stack.comment(repo, number)
        await stack.ask(repo, number, "/status")
        assert not merged(stack, repo, number)


async def test_auto_merge_in_the_head_is_ignored(stack: Stack) -> None:
    repo = await stack.repository(merging(""))
    files = merging()
    sha = await stack.push(repo, {"a.txt": "x\n", ".github/autobuild.yml": files[".github/autobuild.yml"]})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    await stack.comment(repo, number)
    await stack.ask(repo, number, "/status")
    assert not merged(stack, repo, number)


async def test_fork_is_never_auto_merged(stack: Stack) -> None:
    repo = await stack.repository(merging())
    fork = await stack.github.repositories.add_fork(repo, "stranger")
    sha = await stack.github.pushes.push_commit(fork.full_name, "change", {"a.txt": "x\n"}, login="stranger")
    number = await stack.pull(repo, branch="stranger:change", login="stranger")
    await stack.verdict(repo, sha)
    stack.github.issues.add_comment(repo, number, f"/ok-to-test {sha}")
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "success"
    await stack.ask(repo, number, "/status")
    assert not merged(stack, repo, number)


async def test_draft_is_merged_once_ready(stack: Stack) -> None:
    repo = await stack.repository(merging())
    sha = await stack.push(repo, {"a.txt": "x\n"})
    await stack.verdict(repo, sha)
    number = await stack.pull(repo, draft=True)
    await stack.ask(repo, number, "/status")
    assert not merged(stack, repo, number)
    stack.github.pulls.set_draft(repo, number, False)
    await stack.until(lambda: merged(stack, repo, number))


async def test_merge_refusal_is_reported_once(stack: Stack) -> None:
    repo = await stack.repository(merging())
    sha = await stack.push(repo, {"a.txt": "one\n"})
    await stack.verdict(repo, sha)
    await stack.push(repo, {"a.txt": "two\n"}, branch="main")
    number = await stack.pull(repo)
    answer = await stack.until(
        lambda: [c["body"] for c in stack.github.comments(repo, number) if "Auto-merge failed." in c["body"]]
    )
    assert "conflict" in answer[0]
    assert not merged(stack, repo, number)
