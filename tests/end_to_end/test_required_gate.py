"""What a protected branch that requires the gate lets in: nothing that the gate has not looked at."""

import pytest

from simulator.github.errors import Unprocessable
from tests.end_to_end.repos import configured
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def protected(stack: Stack, files: dict[str, str], *checks: str) -> str:
    """A repository whose `main` requires the gate, also of administrators, or other checks."""
    repo = await stack.repository(files)
    stack.github.protection.protect(repo, "main", checks=checks or ("autobuild / gate",), enforce_admins=True)
    return repo


@pytest.mark.parametrize("check", ["gate", "linting"])
async def test_fork_that_nobody_approved_is_not_merged(stack: Stack, check: str) -> None:
    repo = await protected(stack, configured(), f"autobuild / {check}")
    fork = await stack.github.repositories.add_fork(repo, "stranger")
    sha = await stack.github.pushes.push_commit(fork.full_name, "change", {"a.txt": "x\n"}, login="stranger")
    number = await stack.pull(repo, branch="stranger:change", login="stranger")
    await stack.verdict(repo, sha)
    with pytest.raises(Unprocessable, match="is failing"):
        await stack.github.merging.merge_pull(repo, number)
    stack.github.issues.add_comment(repo, number, f"/ok-to-test {sha}")
    await stack.verdict(repo, sha, gates=2)
    assert await stack.github.merging.merge_pull(repo, number)


@pytest.mark.parametrize("check", ["gate", "linting"])
async def test_mistake_in_the_configuration_lets_nothing_in(stack: Stack, check: str) -> None:
    repo = await protected(stack, configured(), f"autobuild / {check}")
    sha = await stack.push(repo, {".github/autobuild.yml": "treshold: 1\n"})
    number = await stack.pull(repo)
    await stack.verdict(repo, sha)
    with pytest.raises(Unprocessable, match="is failing"):
        await stack.github.merging.merge_pull(repo, number)


@pytest.mark.parametrize("check", ["gate", "linting"])
async def test_branch_that_the_configuration_leaves_out_is_not_pushed_to_main(stack: Stack, check: str) -> None:
    files = configured()
    files[".github/autobuild.yml"] += "push:\n  branches: [main]\n"
    repo = await protected(stack, files, f"autobuild / {check}")
    sha = await stack.push(repo, {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: this is new\n"})
    await stack.verdict(repo, sha)
    main = stack.github.store.repository(repo)
    problems = stack.github.protection.push_problems(
        main, "refs/heads/main", sha, stack.github.store.add_user("octocat")
    )
    assert problems == [f'Required status check "autobuild / {check}" is failing.']


async def test_pull_that_the_configuration_leaves_out_is_not_retargeted_into_main(stack: Stack) -> None:
    files = configured()
    files[".github/autobuild.yml"] += "push:\n  branches: [main]\npull_request:\n  branches: [main]\n"
    repo = await protected(stack, files)
    await stack.push(repo, {"b.txt": "x\n"}, branch="own")
    sha = await stack.push(repo, {"a.txt": "x\n", "lint.txt": "a.txt:1: warning: this is new\n"})
    number = await stack.pull(repo, base="own")
    runs = await stack.verdict(repo, sha, gates=2)
    assert runs["gate"]["conclusion"] == "cancelled"
    await stack.github.pulls.edit_pull(repo, number, base="main")
    with pytest.raises(Unprocessable):
        await stack.github.merging.merge_pull(repo, number)
    runs = await stack.verdict(repo, sha, gates=3)
    assert runs["gate"]["conclusion"] == "failure"
