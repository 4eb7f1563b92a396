"""The mutation `createCommitOnBranch`: a commit with GitHub's compare-and-swap."""

import base64
from typing import Any

from simulator.github import git
from simulator.github.entities import Json, Repository
from simulator.github.git import Files, fast_import
from simulator.github.rest import RestRequest, auth
from simulator.github.rest.graphql.errors import RefusedMutation
from simulator.github.serializers import node
from simulator.github.services.protection import BranchProtected


async def create_commit_on_branch(request: RestRequest, given: Json) -> Json:
    """The payload."""
    repo, branch = _branch(request, given["branch"])
    expected, files = given["expectedHeadOid"], _files(given.get("fileChanges") or {})
    ref = f"refs/heads/{branch}"
    tip = (await git.refs(repo.path, "refs/heads")).get(ref)
    if tip is None:
        raise RefusedMutation("NOT_FOUND", f"Could not resolve to a branch {branch!r}.")
    if tip != expected:
        raise _stale(expected, tip)
    message = _message(given["message"])
    sha = await _write(request, repo, files, message, expected)
    try:
        await request.github.refs.move_ref(repo, ref, sha, request.user, expected)
    except BranchProtected as error:
        reasons = "\n".join(f"  {reason}" for reason in error.reasons)
        raise RefusedMutation("UNPROCESSABLE", f"protected branch '{branch}' check failed:\n{reasons}") from error
    except git.GitCommandError as error:
        raise _stale(expected, (await git.refs(repo.path, "refs/heads")).get(ref, "")) from error
    url = f"{request.store.url}/{repo.full_name}/commit/{sha}"
    commit: Json = {"id": node("Commit", repo.id), "oid": sha, "url": url, "commitUrl": url, "message": message}
    return {
        "clientMutationId": given.get("clientMutationId"),
        "commit": commit,
        "ref": {"id": node("Ref", repo.id), "name": branch, "prefix": "refs/heads/"},
    }


async def _write(request: RestRequest, repo: Repository, files: Files, message: str, parent: str) -> str:
    """Paths to delete must exist, and so must something to change."""
    known = set(git.show(await git.git(repo.path, "ls-tree", "-r", "-z", "--name-only", parent)).split("\0"))
    for path, content in files.items():
        if content is None and path not in known:
            raise RefusedMutation("UNPROCESSABLE", f"A path was requested for deletion which does not exist: {path}")
    try:
        return await fast_import.commit(repo.path, files, message, request.store.author(request.user), parent)
    except git.GitCommandError as error:
        raise RefusedMutation("UNPROCESSABLE", str(error)) from error


def _branch(request: RestRequest, given: Json) -> tuple[Repository, str]:
    name, branch = given.get("repositoryNameWithOwner"), given.get("branchName")
    if not name or not branch:
        raise RefusedMutation("UNPROCESSABLE", "This server needs a branch's repositoryNameWithOwner and branchName.")
    repo = request.store.repositories.get(str(name).lower())
    if repo is None or not auth.sees(request.caller, repo):
        raise RefusedMutation("NOT_FOUND", "Could not resolve to a Repository.")
    if not auth.may(request.caller, "contents", "write", repo):
        raise RefusedMutation("FORBIDDEN", "Resource not accessible by integration")
    if repo.archived:
        raise RefusedMutation("FORBIDDEN", "Repository was archived so is read-only.")
    return repo, str(branch).removeprefix("refs/heads/")


def _files(given: Any) -> Files:
    try:
        added = {
            each["path"]: base64.b64decode(each["contents"], validate=True) for each in given.get("additions") or []
        }
    except ValueError as error:
        raise RefusedMutation("UNPROCESSABLE", "The contents of an addition are no base64.") from error
    return {**added, **dict.fromkeys(each["path"] for each in given.get("deletions") or [])}


def _message(given: Json) -> str:
    return f"{given['headline']}\n\n{given['body']}" if given.get("body") else str(given["headline"])


def _stale(expected: str, tip: str) -> RefusedMutation:
    message = f'Expected branch to point to "{expected}" but it did not. Pull and try again. (It is at "{tip}".)'
    return RefusedMutation("STALE_DATA", message)
