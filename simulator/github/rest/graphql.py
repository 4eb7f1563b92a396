"""GraphQL: the one mutation that the bot needs, `createCommitOnBranch`, with GitHub's compare-and-swap.

The document is not interpreted beyond that: the answer contains all fields of a commit that a client may select.
"""

import base64
import re
from typing import Any

from simulator.github import git
from simulator.github.entities import Json, Repository
from simulator.github.git import Files, fast_import
from simulator.github.rest import Endpoints, RestRequest, auth
from simulator.github.services.protection import BranchProtected

endpoints = Endpoints()
_MUTATION = re.compile(r"\bmutation\b.*\bcreateCommitOnBranch\s*\(\s*input\s*:\s*\$(\w+)\s*\)", re.DOTALL)


class GraphQLError(Exception):
    """GraphQL answers 200 and says what is wrong in `errors`; `kind` is GitHub's type of it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@endpoints.on("POST", "/graphql", "anyone")
async def graphql(request: RestRequest) -> Json:
    query, variables = request.text("query"), request.body.get("variables") or {}
    try:
        found = _MUTATION.search(query)
        if not found:
            raise GraphQLError(
                "undefinedField", "This server knows the mutation createCommitOnBranch(input: $input) only."
            )
        given = variables.get(found[1]) if isinstance(variables, dict) else None
        return {"data": {"createCommitOnBranch": await _create_commit(request, _input(given))}}
    except GraphQLError as problem:
        path = ["createCommitOnBranch"]
        return {"data": None, "errors": [{"type": problem.kind, "path": path, "message": str(problem)}]}


async def _create_commit(request: RestRequest, given: Json) -> Json:
    repo, branch = _branch(request, given["branch"])
    expected, files = given["expectedHeadOid"], _files(given.get("fileChanges") or {})
    ref = f"refs/heads/{branch}"
    tip = (await git.refs(repo.path, "refs/heads")).get(ref)
    if tip is None:
        raise GraphQLError("NOT_FOUND", f"Could not resolve to a branch {branch!r}.")
    if tip != expected:
        raise _stale(expected, tip)
    sha = await _write(request, repo, files, _message(given["message"]), expected)
    try:
        await request.github.refs.move_ref(repo, ref, sha, request.user, expected)
    except BranchProtected as error:
        reasons = "\n".join(f"  {reason}" for reason in error.reasons)
        raise GraphQLError("UNPROCESSABLE", f"protected branch '{branch}' check failed:\n{reasons}") from error
    except git.GitCommandError as error:
        raise _stale(expected, (await git.refs(repo.path, "refs/heads")).get(ref, "")) from error
    url = f"{request.store.url}/{repo.full_name}/commit/{sha}"
    commit: Json = {"oid": sha, "url": url, "commitUrl": url, "message": _message(given["message"])}
    commit["signature"] = {"isValid": True, "state": "VALID", "wasSignedByGitHub": True}
    return {
        "clientMutationId": given.get("clientMutationId"),
        "commit": commit,
        "ref": {"name": branch, "prefix": "refs/heads/", "target": {"oid": sha}},
    }


async def _write(request: RestRequest, repo: Repository, files: Files, message: str, parent: str) -> str:
    """Paths to delete must exist, and so must something to change."""
    known = set(git.show(await git.git(repo.path, "ls-tree", "-r", "-z", "--name-only", parent)).split("\0"))
    for path, content in files.items():
        if content is None and path not in known:
            raise GraphQLError("UNPROCESSABLE", f"A path was requested for deletion which does not exist: {path}")
    try:
        return await fast_import.commit(repo.path, files, message, request.store.author(request.user), parent)
    except git.GitCommandError as error:
        raise GraphQLError("UNPROCESSABLE", str(error)) from error


def _branch(request: RestRequest, given: Any) -> tuple[Repository, str]:
    if not isinstance(given, dict) or not isinstance(given.get("branchName"), str):
        raise GraphQLError("argumentLiteralsIncompatible", "input.branch needs repositoryNameWithOwner and branchName.")
    repo = request.store.repositories.get(str(given.get("repositoryNameWithOwner")).lower())
    if repo is None or not auth.sees(request.caller, repo):
        raise GraphQLError("NOT_FOUND", "Could not resolve to a Repository.")
    if not auth.may(request.caller, "contents", "write", repo):
        raise GraphQLError("FORBIDDEN", "Resource not accessible by integration")
    if repo.archived:
        raise GraphQLError("FORBIDDEN", "Repository was archived so is read-only.")
    return repo, given["branchName"].removeprefix("refs/heads/")


def _input(given: Any) -> Json:
    needed = ("branch", "message", "expectedHeadOid")
    if not isinstance(given, dict) or any(name not in given for name in needed):
        raise GraphQLError("missingRequiredInputObjectAttribute", f"input needs {', '.join(needed)}.")
    return given


def _files(given: Any) -> Files:
    try:
        added = {
            each["path"]: base64.b64decode(each["contents"], validate=True) for each in given.get("additions") or []
        }
        return {**added, **dict.fromkeys(each["path"] for each in given.get("deletions") or [])}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GraphQLError(
            "argumentLiteralsIncompatible", "fileChanges: additions need path and base64 contents."
        ) from error


def _message(given: Any) -> str:
    if not isinstance(given, dict) or not isinstance(given.get("headline"), str):
        raise GraphQLError("argumentLiteralsIncompatible", "message needs a headline.")
    return f"{given['headline']}\n\n{given['body']}" if given.get("body") else str(given["headline"])


def _stale(expected: str, tip: str) -> GraphQLError:
    message = f'Expected branch to point to "{expected}" but it did not. Pull and try again. (It is at "{tip}".)'
    return GraphQLError("STALE_DATA", message)
