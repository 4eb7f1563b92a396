"""`/init`: one pull request with a first configuration, however often it is asked for, and always an answer."""

import subprocess
import sys
from pathlib import Path

import pytest

from simulator.github import git
from tests.end_to_end.gates import conclusions
from tests.end_to_end.repos import configured
from tests.end_to_end.test_commands import said
from tests.end_to_end.test_fix import UNUSED, text_of
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

BRANCH = "autobuild/init"
CONFIG = ".github/autobuild.yml"
PROJECT = {"ruff.toml": "line-length = 100\n", "sample.py": '"""A sample."""\n\nONE = 1\n'}


def pulls(stack: Stack, repo: str, state: str = "open") -> list[int]:
    """Those of the branch."""
    there = stack.github.store.repository(repo).issues.values()
    return [one.number for one in there if one.pull and one.pull.head_ref == BRANCH and one.state == state]


async def tip(stack: Stack, repo: str, branch: str = BRANCH) -> str:
    return (await git.refs(stack.github.store.repository(repo).path, "refs/heads")).get(f"refs/heads/{branch}", "")


async def asked(stack: Stack, repo: str, number: int, login: str = "octocat") -> str:
    """Comments `/init`, and waits for its answer."""
    before = len(said(stack, repo, number))
    await stack.ask(repo, number, "/init", login)
    return str((await stack.until(lambda: said(stack, repo, number)[before:]))[0])


async def test_init_opens_one_pull_request_whose_merge_changes_no_verdict(stack: Stack, tmp_path: Path) -> None:
    repo = await stack.repository(PROJECT)
    sha = await stack.push(repo, {"sample.py": UNUSED})
    number = await stack.pull(repo)
    before = conclusions(await stack.verdict(repo, sha))
    assert before["linting"] == "failure"
    assert "Comment `/init`" in await stack.comment(repo, number)
    issue = stack.github.issues.open_issue(repo, "How is this checked?").number

    stack.github.webhooks.faults.duplicate("issue_comment")
    first = await asked(stack, repo, issue)
    (opened,) = pulls(stack, repo)
    assert f"#{opened} adds a `{CONFIG}`" in first
    there = stack.github.store.issue(repo, opened)
    assert "- `linting`: `ruff` (ruff.toml)" in (there.body or "")
    assert there.pull
    commits = await git.log(stack.github.store.repository(repo).path, BRANCH, "^main", limit=9)
    assert len(commits) == 1
    (tmp_path / ".github").mkdir()
    (tmp_path / CONFIG).write_text(await text_of(stack, repo, BRANCH, CONFIG))
    done = subprocess.run(
        [sys.executable, "-m", "bot", "validate", str(tmp_path / CONFIG)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr

    assert f"#{opened} adds" in await asked(stack, repo, number)  # in another thread
    assert pulls(stack, repo) == [opened]
    assert await tip(stack, repo) == commits[0].sha
    assert stack.github.store.issue(repo, opened).title == f"Add {CONFIG}"

    runs = await stack.verdict(repo, commits[0].sha)
    assert runs["gate"]["conclusion"] == "success"
    await stack.github.merging.merge_pull(repo, opened)
    assert conclusions(await stack.verdict(repo, sha, gates=2)) == before
    await stack.until(lambda: "`/init`" not in stack.github.comments(repo, number)[0]["body"])
    assert f"`main` has a `{CONFIG}` already" in await asked(stack, repo, issue)
    assert pulls(stack, repo, "closed") == [opened]


async def test_init_follows_the_default_branch_and_leaves_what_people_did(stack: Stack) -> None:
    repo = await stack.repository(PROJECT)
    issue = stack.github.issues.open_issue(repo, "How is this checked?").number
    await asked(stack, repo, issue)
    (first,) = pulls(stack, repo)
    old = await tip(stack, repo)
    await stack.push(repo, {"mypy.ini": "[mypy]\nstrict = true\n"}, "main")
    assert f"#{first} adds" in await asked(stack, repo, issue)
    assert await tip(stack, repo) != old
    assert "mypy" in (stack.github.store.issue(repo, first).body or "")

    await stack.github.pulls.close_pull(repo, first)
    assert f"#{first + 1} adds" in await asked(stack, repo, issue)  # anew, from the same branch
    theirs = await stack.push(repo, {CONFIG: "version: 1\n"}, BRANCH)
    assert "Other people have added commits, so it was left as it is." in await asked(stack, repo, issue)
    await stack.github.pulls.close_pull(repo, first + 1)
    assert "has commits of other people. Open a pull request of it, or delete it" in await asked(stack, repo, issue)
    assert await tip(stack, repo) == theirs


async def test_what_init_cannot_do_is_one_sentence(stack: Stack) -> None:
    repo = await stack.repository(PROJECT)
    issue = stack.github.issues.open_issue(repo, "How is this checked?").number
    assert "`/init` needs write access; you have read." in await asked(stack, repo, issue, "stranger")
    assert not await tip(stack, repo)

    stack.github.protection.protect(repo, BRANCH, pushers=(), enforce_admins=True)
    assert f"The rules of `{BRANCH}` do not allow this" in await asked(stack, repo, issue)
    assert not pulls(stack, repo)

    granted = {**stack.github.store.app.permissions, "contents": "read"}
    stack.github.installations.add_installation("readers", permissions=granted)
    name = await stack.repository(PROJECT, "readers/read-only")
    stack.github.repositories.set_permission(name, "octocat", "write")
    issue = stack.github.issues.open_issue(name, "How is this checked?").number
    assert "contents: write" in await asked(stack, name, issue)

    file = await stack.repository(PROJECT | {".github": "a file\n"})
    issue = stack.github.issues.open_issue(file, "How is this checked?").number
    assert "`.github` is no folder here." in await asked(stack, file, issue)
    other = await stack.repository(configured())
    issue = stack.github.issues.open_issue(other, "How is this checked?").number
    assert f"`main` has a `{CONFIG}` already" in await asked(stack, other, issue)
    await stack.github.repositories.add_repository(f"{repo}-empty", files=None)
    issue = stack.github.issues.open_issue(f"{repo}-empty", "How is this checked?").number
    assert "The default branch `main` has no commit." in await asked(stack, f"{repo}-empty", issue)
