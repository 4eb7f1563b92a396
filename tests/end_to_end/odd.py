"""What the tests of bad input share: a gate on an odd head, and what must be so after each of them."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from simulator.github import git
from simulator.github.git import Files, fast_import
from tests.end_to_end.repos import EIGHT
from tests.stage import Json, Stage

TEXT = {"format": "text", "timeout": "60s"}
NOWHERE = {"uv.toml": "no-index = true\n"}
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


async def gated(stage: Stage, base: Files, change: Files, **options: Any) -> dict[str, Json]:
    """The check runs of `change` on top of `base`: nine, and all ended."""
    repo = await repository(stage, base)
    sha = await stage.push(repo, change, **options)
    return await all_ended(stage, repo, sha)


async def repository(stage: Stage, files: Files) -> str:
    """Like the stage's own, also with links and bytes."""
    return await stage.repository(files)


async def all_ended(stage: Stage, repo: str, sha: str) -> dict[str, Json]:
    runs = await stage.verdict(repo, sha)
    assert set(runs) == {*EIGHT, "gate"}
    assert {run["status"] for run in runs.values()} == {"completed"}
    assert len(stage.github.check_runs(repo, sha)) == 9
    return runs


async def still_works(stage: Stage) -> None:
    """The next gate passes, nothing of the ones before is left running or lying about."""
    runs = await gated(stage, config(linting={"command": "true", **TEXT}), {"a.txt": "x\n"})
    assert runs["gate"]["conclusion"] == "success"
    assert [one for one in psutil.Process().children(recursive=True) if one.name() == "bwrap"] == []
    assert {path.name for path in (stage.settings.data / "scratch").iterdir()} == {"locks"}


async def push_stream(stage: Stage, repo: str, changes: bytes, branch: str = "change") -> str:
    """Pushes a commit that is written in fast-import's own words; its sha."""
    path = stage.github.repository(repo).path
    author = stage.github.author(stage.github.add_user("octocat"))
    parent = (await git.refs(path, "refs/heads"))["refs/heads/main"]
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder)
        await git.git(clone, "clone", "--quiet", "--bare", "--shared", str(path), ".")
        start = await fast_import.commit(clone, {}, "Start", author, parent)
        head = f"commit refs/heads/odd\ncommitter x <x@example.com> 1 +0000\ndata 3\nOdd\nfrom {start}\n".encode()
        await git.git(clone, "fast-import", "--quiet", stdin=head + changes)
        await git.git(clone, "push", "--quiet", stage.github.push_url(repo), f"refs/heads/odd:refs/heads/{branch}")
        return git.show(await git.git(clone, "rev-parse", "refs/heads/odd")).strip()
