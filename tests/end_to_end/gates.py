"""Gates on unusual heads: their check runs once all have ended, and that the next gate still works."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from activities.sandbox.ownership import scratch_of
from simulator.github import git
from simulator.github.git import Files, fast_import
from tests.end_to_end.repos import CHECKS
from tests.stack import Json, Stack

TEXT = {"format": "text", "timeout": "60s"}
OFFLINE = {"uv.toml": "no-index = true\n"}
"""A Python project with this file asks no registry for anything."""


def config(**checks: Mapping[str, object]) -> dict[str, str]:
    """A configuration file with these checks; JSON is YAML."""
    return {".github/autobuild.yml": json.dumps({"version": 1, "checks": checks})}


def title(runs: Mapping[str, Json], check: str) -> str:
    return str(runs[check]["output"]["title"])


def conclusions(runs: Mapping[str, Json]) -> dict[str, str]:
    """How each check ended that was not skipped, without the gate's own run."""
    ended = {name: run["conclusion"] for name, run in runs.items() if name != "gate"}
    return {name: how for name, how in ended.items() if how != "skipped"}


async def gated(stack: Stack, base: Files, change: Files, **options: Any) -> dict[str, Json]:
    """The check runs of `change` on top of `base`: nine, and all ended."""
    repo = await repository(stack, base)
    sha = await stack.push(repo, change, **options)
    return await all_ended(stack, repo, sha)


async def repository(stack: Stack, files: Files) -> str:
    """Like the stack's own, also with links and bytes."""
    return await stack.repository(files)


async def all_ended(stack: Stack, repo: str, sha: str) -> dict[str, Json]:
    runs = await stack.verdict(repo, sha)
    assert set(runs) == {*CHECKS, "gate"}
    assert {run["status"] for run in runs.values()} == {"completed"}
    assert len(stack.github.check_runs(repo, sha)) == len(CHECKS) + 1
    return runs


async def still_works(stack: Stack) -> None:
    """The next gate passes, and the ones before left no process and no folder."""
    runs = await gated(stack, config(linting={"command": "true", **TEXT}), {"a.txt": "x\n"})
    assert runs["gate"]["conclusion"] == "success"
    assert [one for one in psutil.Process().children(recursive=True) if one.name() == "bwrap"] == []
    data = stack.settings.data.resolve()
    assert list(scratch_of(data).iterdir()) == []
    assert {path.name for path in (data / "scratch").iterdir() if path.is_dir()} == {"locks", scratch_of(data).name}


async def push_stream(stack: Stack, repo: str, changes: bytes, branch: str = "change") -> str:
    """Pushes a commit that is written in fast-import's format; its sha."""
    path = stack.github.store.repository(repo).path
    author = stack.github.store.author(stack.github.store.add_user("octocat"))
    parent = (await git.refs(path, "refs/heads"))["refs/heads/main"]
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder)
        await git.git(clone, "clone", "--quiet", "--bare", "--shared", str(path), ".")
        start = await fast_import.commit(clone, {}, "Start", author, parent)
        head = (
            f"commit refs/heads/unusual\ncommitter x <x@example.com> 1 +0000\ndata 7\nUnusual\nfrom {start}\n".encode()
        )
        await git.git(clone, "fast-import", "--quiet", stdin=head + changes)
        await git.git(
            clone, "push", "--quiet", stack.github.pushes.push_url(repo), f"refs/heads/unusual:refs/heads/{branch}"
        )
        return git.show(await git.git(clone, "rev-parse", "refs/heads/unusual")).strip()
