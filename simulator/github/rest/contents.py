"""REST: what stands at a path, and putting a file there."""

import base64
from urllib.parse import quote

from simulator.github import git
from simulator.github.git import fast_import, tree
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.serializers import git as shapes_git
from simulator.github.services.entities import Json
from simulator.github.services.protection import BranchProtected
from simulator.github.services.store import EntityNotFound

endpoints = Endpoints()
SHOWN = 1024 * 1024
"""Bytes. A larger file comes without its content."""
_LARGEST = 100 * SHOWN


@endpoints.on("GET", "/repos/{owner}/{repo}/contents/{path}", "contents:read")
async def get_contents(call: RestRequest) -> Json | list[Json]:
    """A file with its content, a link, or the list of a folder; `ref` is a branch, tag or commit."""
    repo = call.repo
    sha = await git.resolve(repo.path, call.request.query.get("ref") or repo.default_branch)
    if not sha:
        raise EntityNotFound("ref")
    entries = await tree.at(repo.path, sha, call.params["path"].strip("/"))
    if isinstance(entries, tree.PathEntry):
        return {**_entry(call, sha, entries), **await _content(call, entries)}
    return [_entry(call, sha, entry) for entry in entries]


@endpoints.on("PUT", "/repos/{owner}/{repo}/contents/{path}", "contents:write")
async def put_contents(call: RestRequest) -> RestResponse:
    """Commits one file; `sha` is the blob that it replaces."""
    repo, branch = call.repo, call.text("branch", default=call.repo.default_branch)
    path, message, content = call.params["path"], call.text("message"), _decoded(call)
    tip = (await git.refs(repo.path, "refs/heads")).get(f"refs/heads/{branch}")
    if tip is None:
        raise ApiError(404, f"Branch {branch} not found")
    known = await _blob(call, tip, path)
    _compare(call, path, known)
    try:
        commit = await fast_import.commit(repo.path, {path: content}, message, call.hub.author(call.user), tip)
    except git.GitCommandError as error:
        raise ApiError(422, "path contains a malformed path component") from error
    try:
        await call.hub.move_ref(repo, f"refs/heads/{branch}", commit, call.user, tip)
    except BranchProtected as error:
        raise ApiError(409, f"Could not {'update' if known else 'create'} file: {error}") from error
    except git.GitCommandError as error:
        raise ApiError(409, f"{branch} is no longer at {tip}") from error
    made = await tree.at(repo.path, commit, path)
    assert isinstance(made, tree.PathEntry)
    shapes = _entry(call, commit, made), shapes_git.git_commit(call.hub, repo, await git.one(repo.path, commit))
    return RestResponse({"content": shapes[0], "commit": shapes[1]}, 200 if known else 201)


def _compare(call: RestRequest, path: str, known: str) -> None:
    """A new file's `sha` is not looked at."""
    given = call.body.get("sha")
    if known and given is None:
        raise ApiError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if known and given != known:
        raise ApiError(409, f"{path} does not match {given}")


async def _blob(call: RestRequest, commit: str, path: str) -> str:
    """The id of the file that stands there, "" where there is none."""
    try:
        found = await tree.at(call.repo.path, commit, path)
    except EntityNotFound:
        return ""
    return found.sha if isinstance(found, tree.PathEntry) else ""


def _decoded(call: RestRequest) -> bytes:
    if "content" not in call.body:
        raise invalid("content", "missing_field")
    try:
        return base64.b64decode("".join(call.text("content", default="").split()), validate=True)
    except ValueError as error:
        raise ApiError(422, "content is not valid Base64") from error


async def _content(call: RestRequest, entry: tree.PathEntry) -> Json:
    if entry.kind == "submodule":
        return {"submodule_git_url": f"{call.hub.url}/{call.repo.full_name}.git"}
    if entry.size > _LARGEST:
        raise _too_large()
    if entry.size > SHOWN:
        return {"encoding": "none", "content": ""}
    body = await git.git(call.repo.path, "cat-file", "blob", entry.sha)
    if entry.kind == "symlink":
        return {"target": git.show(body)}
    return {"encoding": "base64", "content": base64.encodebytes(body).decode()}


def _too_large() -> ApiError:
    error = invalid("data", "too_large", resource="Blob")
    return ApiError(403, "The requested blob is too large to fetch via the API.", error.errors)


def _entry(call: RestRequest, sha: str, it: tree.PathEntry) -> Json:
    api, page, path = (
        f"{call.hub.api_url}/repos/{call.repo.full_name}",
        f"{call.hub.url}/{call.repo.full_name}",
        quote(it.path),
    )
    url = f"{api}/contents/{path}?ref={sha}"
    blob = f"{api}/git/{'trees' if it.kind == 'dir' else 'blobs'}/{it.sha}"
    html = f"{page}/{'tree' if it.kind == 'dir' else 'blob'}/{sha}/{path}"
    return {
        "type": it.kind,
        "size": it.size,
        "name": it.path.rpartition("/")[2],
        "path": it.path,
        "sha": it.sha,
        "url": url,
        "git_url": blob,
        "html_url": html,
        "download_url": f"{page}/raw/{sha}/{path}" if it.kind == "file" else None,
        "_links": {"self": url, "git": blob, "html": html},
    }
