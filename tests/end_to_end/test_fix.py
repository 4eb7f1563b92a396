"""Fix: tool-safe fixes as one commit on the pull request's branch."""

import pytest

from simulator.github import git
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROJECT = {
    "pyproject.toml": '[project]\nname = "sample"\nversion = "1"\n[tool.ruff]\nline-length = 100\n',
    "sample.py": '"""A sample."""\n\nONE = 1\n',
}
SCRIPT = '#!/usr/bin/env python3\n"""A script."""\n\nimport os\n\nprint(1)\n'
UNUSED = '"""A sample."""\n\nimport os\n\nONE = 1\n'


async def text_of(stack: Stack, repo: str, sha: str, path: str) -> str:
    return (await git.git(stack.github.store.repository(repo).path, "show", f"{sha}:{path}")).decode()


async def mode_of(stack: Stack, repo: str, sha: str, path: str) -> str:
    return (await git.git(stack.github.store.repository(repo).path, "ls-tree", sha, path)).decode().split(" ", 1)[0]


def new_head(stack: Stack, repo: str, number: int, old: str) -> str:
    pull = stack.github.store.issue(repo, number).pull
    return pull.head_sha if pull and pull.head_sha != old else ""


async def test_fix_button_commits_and_gates_the_new_head(stack: Stack) -> None:
    """A script too, which stays executable."""
    repo = await stack.repository(PROJECT)
    sha = await stack.push(repo, {"sample.py": UNUSED, "run.py": SCRIPT})
    number = await stack.pull(repo)
    runs = await stack.verdict(repo, sha)
    assert "fix" in [action["identifier"] for action in runs["linting"]["actions"]]
    stack.github.checks.press_button(repo, runs["linting"]["id"], "fix")
    fixed = await stack.until(lambda: new_head(stack, repo, number, sha))
    for path in ("sample.py", "run.py"):
        assert "import os" not in await text_of(stack, repo, fixed, path)
    assert (await mode_of(stack, repo, fixed, "run.py")) == "100755"
    assert (await stack.verdict(repo, fixed))["linting"]["conclusion"] == "success"


async def test_autofix_commits_automatically_once(stack: Stack) -> None:
    repo = await stack.repository(PROJECT | {".github/autobuild.yml": "version: 1\nautofix: commit\n"})
    sha = await stack.push(repo, {"sample.py": UNUSED + "print(undefined)\n"})
    number = await stack.pull(repo)
    fixed = await stack.until(lambda: new_head(stack, repo, number, sha))
    runs = await stack.verdict(repo, fixed)
    assert runs["linting"]["conclusion"] == "failure"  # what no tool can fix remains
    assert not new_head(stack, repo, number, fixed)
