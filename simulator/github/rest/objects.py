"""REST: the objects of git itself: blobs, trees and commits."""

import base64
from datetime import datetime
from typing import Any

from simulator.github import git, serializers
from simulator.github.entities import Json
from simulator.github.errors import EntityNotFound
from simulator.github.git import Author, GitCommandError, Person, fast_import, trees
from simulator.github.rest import ApiError, Endpoints, RestRequest, RestResponse, invalid
from simulator.github.serializers import git as git_json

endpoints = Endpoints()
_ENTRIES_LIMIT = 100_000
"""Entries of a tree in one answer; `truncated` says that there are more."""


@endpoints.on("POST", "/repos/{owner}/{repo}/git/blobs", "contents:write")
async def create_blob(request: RestRequest) -> RestResponse:
    await _not_empty(request)
    encoding, content = request.text("encoding", default="utf-8"), request.text("content", default="")
    [sha] = await trees.write_blobs(request.repo.path, [_bytes(encoding, content)])
    return RestResponse({"sha": sha, "url": _url(request, f"blobs/{sha}")}, 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/git/blobs/{file_sha}", "contents:read")
async def get_blob(request: RestRequest) -> Json:
    sha = request.params["file_sha"]
    if await git.kind(request.repo.path, sha) != "blob":
        raise EntityNotFound("blob")
    body = await git.git(request.repo.path, "cat-file", "blob", sha)
    return {
        "sha": sha,
        "node_id": serializers.node("Blob", int(sha[:12], 16)),
        "size": len(body),
        "url": _url(request, f"blobs/{sha}"),
        "content": base64.encodebytes(body).decode(),
        "encoding": "base64",
    }


@endpoints.on("POST", "/repos/{owner}/{repo}/git/trees", "contents:write")
async def create_tree(request: RestRequest) -> RestResponse:
    await _not_empty(request)
    base, sent = request.text("base_tree", default=""), request.body.get("tree")
    if base and await git.kind(request.repo.path, base) not in ("tree", "commit"):
        raise ApiError(422, "base_tree is not a valid tree oid")
    if not isinstance(sent, list) or not sent or not all(isinstance(each, dict) for each in sent):
        raise ApiError(422, "Invalid tree info")
    try:
        sha = await trees.write_tree(request.repo.path, base, await _entries(request, sent))
    except GitCommandError as error:
        raise ApiError(422, "GitRPC::BadObjectState") from error
    return RestResponse(await _tree(request, sha, deep=False), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/git/trees/{tree_sha}", "contents:read")
async def get_tree(request: RestRequest) -> Json:
    """A tree, or that of a commit, branch or tag; with its folders' entries if there is any `recursive`."""
    repo, name = request.repo, request.params["tree_sha"]
    sha = name if await git.kind(repo.path, name) == "tree" else await git.resolve(repo.path, name)
    if not sha:
        raise EntityNotFound("tree")
    if await git.kind(repo.path, sha) == "commit":
        sha = (await git.one(repo.path, sha)).tree
    return await _tree(request, sha, deep="recursive" in request.http.query)


@endpoints.on("POST", "/repos/{owner}/{repo}/git/commits", "contents:write")
async def create_commit(request: RestRequest) -> RestResponse:
    repo, message, tree, parents = (
        request.repo,
        request.text("message"),
        request.text("tree"),
        request.body.get("parents") or [],
    )
    if await git.kind(repo.path, tree) != "tree":
        raise ApiError(422, "Tree SHA does not exist")
    if not isinstance(parents, list) or any([await git.kind(repo.path, str(sha)) != "commit" for sha in parents]):
        raise ApiError(422, "Parent SHA does not exist or is not a commit object")
    author = _author(request, "author", request.store.author(request.user))
    sha = await fast_import.merge(repo.path, tree, parents, message, author, _author(request, "committer", author))
    return RestResponse(git_json.git_commit(request.store, repo, await git.one(repo.path, sha)), 201)


@endpoints.on("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}", "contents:read")
async def get_commit(request: RestRequest) -> Json:
    sha = request.params["commit_sha"]
    if await git.kind(request.repo.path, sha) != "commit":
        raise EntityNotFound("commit")
    return git_json.git_commit(request.store, request.repo, await git.one(request.repo.path, sha))


async def _entries(request: RestRequest, sent: list[Json]) -> list[trees.TreeEntry]:
    """Checked, with the blobs of their contents written."""
    for each in sent:
        _check_entry(each)
    new = [each["content"].encode("utf-8", "backslashreplace") for each in sent if "content" in each]
    blobs = iter(await trees.write_blobs(request.repo.path, new))
    found = [
        trees.TreeEntry(each["path"], each["mode"], next(blobs) if "content" in each else each.get("sha"))
        for each in sent
    ]
    kinds = await git.kinds(request.repo.path, [entry.sha for entry in found if entry.sha])
    for entry in found:
        if entry.sha and entry.kind != "commit" and kinds.get(entry.sha) != entry.kind:
            raise ApiError(422, f"tree.sha {entry.sha} is not a valid {entry.kind}")
    return found


def _check_entry(each: Json) -> None:
    path, mode, sha = each.get("path"), each.get("mode"), each.get("sha")
    if not isinstance(path, str) or "\0" in path or any(_malformed(part) for part in path.split("/")):
        raise ApiError(422, "tree.path contains a malformed path component")
    if mode not in trees.MODES:
        raise ApiError(422, "Must supply a valid tree.mode")
    if each.get("type", trees.MODES[mode]) != trees.MODES[mode]:
        raise ApiError(422, "tree.type must match tree.mode")
    if "content" in each and ("sha" in each or not isinstance(each["content"], str) or trees.MODES[mode] != "blob"):
        raise ApiError(422, "Must supply either tree.sha or tree.content")
    if "content" not in each and not ("sha" in each and (sha is None or isinstance(sha, str))):
        raise ApiError(422, "Must supply tree.sha or tree.content")


def _malformed(part: str) -> bool:
    return part.lower() in ("", ".", "..", ".git")


async def _tree(request: RestRequest, sha: str, *, deep: bool) -> Json:
    entries = await trees.entries_of(request.repo.path, sha, deep=deep)
    shown = [_entry(request, entry) for entry in entries[:_ENTRIES_LIMIT]]
    return {"sha": sha, "url": _url(request, f"trees/{sha}"), "tree": shown, "truncated": len(entries) > _ENTRIES_LIMIT}


def _entry(request: RestRequest, entry: trees.TreeEntry) -> Json:
    result: Json = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
    if entry.size >= 0:
        result["size"] = entry.size
    return result if entry.kind == "commit" else {**result, "url": _url(request, f"{entry.kind}s/{entry.sha}")}


def _author(request: RestRequest, field: str, default: Author) -> Author:
    given = request.body.get(field)
    if given is None:
        return default
    if not isinstance(given, dict) or not all(isinstance(given.get(name), str) for name in ("name", "email")):
        raise invalid(field, "missing_field", resource="Commit")
    return Author(Person(given["name"], given["email"]), _moment(given.get("date"), default.when))


def _moment(date: Any, default: int) -> int:
    if date is None:
        return default
    try:
        return int(datetime.fromisoformat(date).timestamp())
    except (TypeError, ValueError, OverflowError) as error:
        raise invalid("date", "invalid", resource="Commit") from error


def _bytes(encoding: str, content: str) -> bytes:
    if encoding == "utf-8":
        return content.encode("utf-8", "backslashreplace")
    try:
        if encoding == "base64":
            return base64.b64decode("".join(content.split()), validate=True)
    except ValueError as error:
        raise ApiError(422, "content is not valid Base64") from error
    raise invalid("encoding", "invalid", resource="Blob")


async def _not_empty(request: RestRequest) -> None:
    """GitHub refuses objects before the first commit."""
    if not await git.refs(request.repo.path):
        raise ApiError(409, "Git Repository is empty.")


def _url(request: RestRequest, path: str) -> str:
    return f"{request.store.api_url}/repos/{request.repo.full_name}/git/{path}"
