"""Fix: tool-safe fixes as one commit on the pull request's branch."""

import pytest

from simulator.github import git
from tests.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROJECT = {
    "pyproject.toml": '[project]\nname = "sample"\nversion = "1"\n[tool.ruff]\nline-length = 100\n',
    "sample.py": '"""A sample."""\n\nONE = 1\n',
}
SCRIPT = '#!/usr/bin/env python3\n"""A script."""\n\nimport os\n\nprint(1)\n'
UNUSED = '"""A sample."""\n\nimport os\n\nONE = 1\n'


async def text_of(stage: Stage, repo: str, sha: str, path: str) -> str:
    return (await git.git(stage.github.repository(repo).path, "show", f"{sha}:{path}")).decode()


async def mode_of(stage: Stage, repo: str, sha: str, path: str) -> str:
    return (await git.git(stage.github.repository(repo).path, "ls-tree", sha, path)).decode().split(" ", 1)[0]


def new_head(stage: Stage, repo: str, number: int, old: str) -> str:
    pull = stage.github.issue(repo, number).pull
    return pull.head_sha if pull and pull.head_sha != old else ""


async def test_the_button_commits_and_the_new_head_is_gated(stage: Stage) -> None:
    """A script too, which stays executable."""
    repo = await stage.repository(PROJECT)
    sha = await stage.push(repo, {"sample.py": UNUSED, "run.py": SCRIPT})
    number = await stage.pull(repo)
    runs = await stage.verdict(repo, sha)
    assert "fix" in [action["identifier"] for action in runs["linting"]["actions"]]
    stage.github.press_button(repo, runs["linting"]["id"], "fix")
    fixed = await stage.until(lambda: new_head(stage, repo, number, sha))
    for path in ("sample.py", "run.py"):
        assert "import os" not in await text_of(stage, repo, fixed, path)
    assert (await mode_of(stage, repo, fixed, "run.py")) == "100755"
    assert (await stage.verdict(repo, fixed))["linting"]["conclusion"] == "success"


async def test_autofix_commit_does_it_unasked_and_once(stage: Stage) -> None:
    repo = await stage.repository(PROJECT | {".github/autobuild.yml": "version: 1\nautofix: commit\n"})
    sha = await stage.push(repo, {"sample.py": UNUSED + "print(undefined)\n"})
    number = await stage.pull(repo)
    fixed = await stage.until(lambda: new_head(stage, repo, number, sha))
    runs = await stage.verdict(repo, fixed)
    assert runs["linting"]["conclusion"] == "failure"  # what no tool can mend is left
    assert not new_head(stage, repo, number, fixed)
