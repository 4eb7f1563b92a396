"""The commits of a migration, added to the branch of the folder's own repository. Only where a person asks for commits
does git run in a folder: without hooks, and as it does when the person commits."""

import asyncio
import os
from pathlib import Path

from activities.errors import UserError

_SAFE = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")


async def add_commits(root: Path, mirror: Path, before: str, after: str) -> None:
    """Moves the folder's branch from `before` to `after`. Raises UserError where it is somewhere else by now, or a file
    is in the way; then nothing is changed."""
    here = await _git(root, "rev-parse", "HEAD")
    if here != before:
        raise UserError("The branch has moved in the meantime. Nothing was changed; run this again.")
    await _git(root, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", str(mirror), f"refs/autobuild/{after}")
    await _git(root, "merge", "--quiet", "--ff-only", after)


async def _git(root: Path, *argv: str) -> str:
    """Without variables that name another repository: git sets them for what its hooks start."""
    process = await asyncio.create_subprocess_exec(
        "git", *_SAFE, *argv,
        cwd=root,
        env={name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    if process.returncode:
        said = " ".join(err.decode("utf-8", "replace").split())[:500]
        raise UserError(f"The commits could not be added: {said}")
    return out.decode("utf-8", "replace").strip()
