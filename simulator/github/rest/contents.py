"""REST: the contents of files and folders."""

import base64
from urllib.parse import quote

from simulator.github import git
from simulator.github.entities import Json
from simulator.github.errors import EntityNotFound
from simulator.github.git import fast_import, trees
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.serializers import git as git_json
from simulator.github.services.protection import BranchProtected

endpoints = Endpoints()
_CONTENT_LIMIT = 1024 * 1024
"""Bytes. A larger file comes without its content."""
_BLOB_LIMIT = 100 * _CONTENT_LIMIT


@endpoints.on("GET", "/repos/{owner}/{repo}/contents/{path}", "contents:read")
async def get_contents(request: RestRequest) -> Json | list[Json]:
    """A file with its content, a link, or the list of a folder; `ref` is a branch, tag or commit."""
    repo = request.repo
    sha = await git.resolve(repo.path, request.http.query.get("ref") or repo.default_branch)
    if not sha:
        raise EntityNotFound("ref")
    entries = await trees.at(repo.path, sha, request.params["path"].strip("/"))
    if isinstance(entries, trees.TreeEntry):
        return {**_entry(request, sha, entries), **await _content(request, entries)}
    return [_entry(request, sha, entry) for entry in entries]


@endpoints.on("PUT", "/repos/{owner}/{repo}/contents/{path}", "contents:write")
async def put_contents(request: RestRequest) -> RestResponse:
    """Commits one file; `sha` is the blob that it replaces."""
    repo, branch = request.repo, request.text("branch", default=request.repo.default_branch)
    path, message, content = request.params["path"], request.text("message"), _decoded(request)
    tip = (await git.refs(repo.path, "refs/heads")).get(f"refs/heads/{branch}")
    if tip is None:
        raise ApiError(404, f"Branch {branch} not found")
    known = await _blob(request, tip, path)
    _check_sha(request, path, known)
    try:
        commit = await fast_import.commit(repo.path, {path: content}, message, request.store.author(request.user), tip)
    except git.GitCommandError as error:
        raise ApiError(422, "path contains a malformed path component") from error
    try:
        await request.github.refs.move_ref(repo, f"refs/heads/{branch}", commit, request.user, tip)
    except BranchProtected as error:
        raise ApiError(409, f"Could not {'update' if known else 'create'} file: {error}") from error
    except git.GitCommandError as error:
        raise ApiError(409, f"{branch} is no longer at {tip}") from error
    entry = await trees.at(repo.path, commit, path)
    assert isinstance(entry, trees.TreeEntry)
    commit_json = git_json.git_commit(request.store, repo, await git.one(repo.path, commit))
    return RestResponse({"content": _entry(request, commit, entry), "commit": commit_json}, 200 if known else 201)


def _check_sha(request: RestRequest, path: str, known: str) -> None:
    """422 or 409 unless `sha` is the blob that is replaced; for a new file it is ignored."""
    given = request.body.get("sha")
    if known and given is None:
        raise ApiError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if known and given != known:
        raise ApiError(409, f"{path} does not match {given}")


async def _blob(request: RestRequest, commit: str, path: str) -> str:
    """The id of the file at that path, "" where there is none."""
    try:
        found = await trees.at(request.repo.path, commit, path)
    except EntityNotFound:
        return ""
    return found.sha or "" if isinstance(found, trees.TreeEntry) else ""


def _decoded(request: RestRequest) -> bytes:
    if "content" not in request.body:
        raise invalid("content", "missing_field")
    try:
        return base64.b64decode("".join(request.text("content", default="").split()), validate=True)
    except ValueError as error:
        raise ApiError(422, "content is not valid Base64") from error


async def _content(request: RestRequest, entry: trees.TreeEntry) -> Json:
    if trees.content_kind(entry) == "submodule":
        return {"submodule_git_url": f"{request.store.url}/{request.repo.full_name}.git"}
    if entry.size > _BLOB_LIMIT:
        too_large = invalid("data", "too_large", resource="Blob")
        raise ApiError(403, "The requested blob is too large to fetch via the API.", too_large.errors)
    assert entry.sha is not None
    if entry.size > _CONTENT_LIMIT:
        return {"encoding": "none", "content": ""}
    body = await git.git(request.repo.path, "cat-file", "blob", entry.sha)
    if trees.content_kind(entry) == "symlink":
        return {"target": git.show(body)}
    return {"encoding": "base64", "content": base64.encodebytes(body).decode()}


def _entry(request: RestRequest, sha: str, it: trees.TreeEntry) -> Json:
    kind = trees.content_kind(it)
    api, page, path = (
        f"{request.store.api_url}/repos/{request.repo.full_name}",
        f"{request.store.url}/{request.repo.full_name}",
        quote(it.path),
    )
    url = f"{api}/contents/{path}?ref={sha}"
    blob = f"{api}/git/{'trees' if kind == 'dir' else 'blobs'}/{it.sha}"
    html = f"{page}/{'tree' if kind == 'dir' else 'blob'}/{sha}/{path}"
    return {
        "type": kind,
        "size": max(it.size, 0),
        "name": it.path.rpartition("/")[2],
        "path": it.path,
        "sha": it.sha,
        "url": url,
        "git_url": blob,
        "html_url": html,
        "download_url": f"{page}/raw/{sha}/{path}" if kind == "file" else None,
        "_links": {"self": url, "git": blob, "html": html},
    }
