"""A repository's template for pull requests, read from this host's mirror: no request is needed for it."""

from collections.abc import AsyncIterator

from activities.model import RepoRef
from activities.planned_changes.template import template_of
from activities.workspace.git import git
from activities.workspace.mirror import Workspaces

_FOLDERS = (".github/", "docs/")
_IN_A_FOLDER = "pull_request_template"
_FILE_MODES = ("100644", "100755")
"""Regular files: what a link names is no template."""
_MOST_BYTES = 100_000


async def pull_template(workspaces: Workspaces, repo: RepoRef, sha: str) -> str:
    """The text of the template that the commit `sha`, the base branch's, has. "" where there is none, or one that is no
    regular file or has more than 100,000 bytes. Raises `GitError` where the mirror does not have the commit."""
    files: dict[str, int] = {}
    folders: list[str] = []
    async for mode, size, path in _entries(workspaces, repo, sha):
        if mode in _FILE_MODES:
            files[path] = size
        elif mode == "040000" and path.rpartition("/")[2].lower() == _IN_A_FOLDER:
            folders.append(f"{path}/")
    if folders:
        inside = [entry async for entry in _entries(workspaces, repo, sha, *folders)]
        files |= {path: size for mode, size, path in inside if mode in _FILE_MODES}
    path = template_of(files)
    return (await workspaces.read_file(repo, sha, path) or "") if 0 < files.get(path, 0) <= _MOST_BYTES else ""


async def _entries(
    workspaces: Workspaces, repo: RepoRef, sha: str, *folders: str
) -> AsyncIterator[tuple[str, int, str]]:
    """(mode, bytes, path) of everything in these folders; else at the root and where templates may be."""
    mirror = workspaces.mirror(repo)
    listed = [] if folders else [await git(mirror, "ls-tree", "-z", "-l", sha)]
    listed.append(await git(mirror, "ls-tree", "-z", "-l", sha, "--", *(folders or _FOLDERS)))
    for entry in b"".join(listed).decode("utf-8", "replace").split("\0"):
        fields, _, path = entry.partition("\t")
        if path:
            mode, _kind, _id, size = fields.split()
            yield mode, int(size) if size.isdecimal() else 0, path
