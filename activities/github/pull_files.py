"""The files that a pull request changes, as far as GitHub tells and a history can hold."""

from collections.abc import Mapping
from typing import Any

from activities.github.client import GitHub
from activities.github.types.lookups import PullInput
from activities.github.types.pulls import PullFile, PullFiles

# GitHub's: it tells of no more, however many pages are asked for.
_MOST = 3000
# Bytes of paths. What an activity gives back is kept for ever, and Temporal takes 2 MB at most.
_ROOM = 500_000


async def read(github: GitHub, wanted: PullInput) -> PullFiles:
    """All of them in GitHub's order; `complete` is False where some are left out."""
    api = await github.installation(wanted.repo, {"pull_requests": "read"})
    names = {"owner": wanted.repo.owner, "repo": wanted.repo.name, "number": str(wanted.number)}
    found: list[PullFile] = []
    room = _ROOM
    async for data in api.getiter("/repos/{owner}/{repo}/pulls/{number}/files?per_page=100", names):
        file = _file(data)
        room -= len(file.path.encode("utf-8", "surrogatepass")) + len(file.previous.encode("utf-8", "surrogatepass"))
        if room < 0:
            return PullFiles(tuple(found), complete=False)
        found.append(file)
    if len(found) < _MOST:
        return PullFiles(tuple(found), complete=True)
    pull = await api.getitem("/repos/{owner}/{repo}/pulls/{number}", names)
    return PullFiles(tuple(found), complete=int(pull["changed_files"]) <= len(found))


def _file(data: Mapping[str, Any]) -> PullFile:
    return PullFile(
        path=str(data["filename"]),
        status=str(data["status"]),
        additions=int(data["additions"]),
        deletions=int(data["deletions"]),
        previous=str(data.get("previous_filename") or ""),
    )
