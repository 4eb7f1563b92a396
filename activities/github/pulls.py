"""A pull request that is opened once for its head and base, and found again."""

from collections.abc import Mapping
from typing import Any

from activities.errors import UserError
from activities.github import bodies, labels, reviews
from activities.github.client import AppClient, GitHub
from activities.github.client.api import API
from activities.github.client.errors import Conflict, Validation
from activities.github.types.pulls import AddLabelsInput, CreatePullInput, CreatePullResult, RequestReviewInput
from activities.reporting.markdown import one_line

Json = Mapping[str, Any]

# GitHub's, in characters.
_TITLE = 256


async def open_or_find(github: GitHub, wanted: CreatePullInput) -> CreatePullResult:
    """The open pull of this head into this base, as it is wanted. One that somebody else opened is left as it is; a
    closed one does not count. `draft` is for a new one only: REST cannot change it."""
    api = await github.installation(wanted.repo, {"pull_requests": "write", "contents": "read"})
    found = await _find(api, wanted, by_head=True)
    pull, made = (found, False) if found else await _open(api, wanted)
    number, url, head = int(pull["number"]), str(pull["html_url"]), str(pull["head"]["sha"])
    if not (made or _is_ours(pull, await github.app())):
        return CreatePullResult(number, url, head, changed=False)
    changed = made or await _edit(api, wanted, pull)
    if wanted.labels:
        added = await labels.add(github, AddLabelsInput(wanted.repo, number, wanted.labels))
        changed = changed or added.changed
    if not wanted.reviewers:
        return CreatePullResult(number, url, head, changed)
    asked = await reviews.request(github, RequestReviewInput(wanted.repo, number, wanted.reviewers))
    return CreatePullResult(number, url, head, changed or asked.changed, asked.left_out)


async def _find(api: API, wanted: CreatePullInput, *, by_head: bool) -> Json | None:
    """GitHub's filter by head knows no former name of an owner; without it, all open pulls of the base are read."""
    owner, _, branch = wanted.head.rpartition(":")
    names = _names(wanted, state="open", base=wanted.base, per_page="100")
    if by_head:
        names["head"] = f"{owner or wanted.repo.owner}:{branch}"
    async for pull in api.getiter("/repos/{owner}/{repo}/pulls{?state,base,head,per_page}", names):
        if _fits(pull, owner, branch) and pull["base"]["ref"] == wanted.base:
            found: Json = pull
            return found
    return None


def _fits(pull: Json, owner: str, branch: str) -> bool:
    """Two repositories of one owner may have a branch of that name: without an owner it is the base's own."""
    head = pull["head"]
    if owner:
        whose = (head.get("user") or {}).get("login") or ""
        return bool(head["ref"] == branch and whose.lower() == owner.lower())
    return bool(head["ref"] == branch and (head.get("repo") or {}).get("id") == pull["base"]["repo"]["id"])


async def _open(api: API, wanted: CreatePullInput) -> tuple[Json, bool]:
    """(the pull, whether we made it): another try may have been quicker."""
    body = {
        "title": _title(wanted),
        "head": wanted.head,
        "base": wanted.base,
        "body": bodies.fit(wanted.body),
        "draft": wanted.draft,
    }
    try:
        return await api.post("/repos/{owner}/{repo}/pulls", _names(wanted), data=body), True
    except Validation as error:
        if "already exists" not in error.said:
            raise _explained(error, wanted) from None
    for by_head in (True, False):
        if found := await _find(api, wanted, by_head=by_head):
            return found, False
    raise Conflict(f"There is a pull request of {wanted.head} already, and GitHub does not show it yet.", 1.0)


def _explained(error: Validation, wanted: CreatePullInput) -> Exception:
    if "No commits between" in error.said:
        return UserError(
            f"`{wanted.head}` has no commit that `{wanted.base}` lacks, so there is nothing to open a pull request for."
        )
    for field, branch in (("head", wanted.head), ("base", wanted.base)):
        if f'"field": "{field}"' in error.said:
            return UserError(f"GitHub has no branch `{branch}` for a pull request's {field}: push it first.")
    if "draft pull requests are not supported" in error.said.lower():
        return UserError("GitHub's plan for this repository has no draft pull requests: open it ready for review.")
    return error


async def _edit(api: API, wanted: CreatePullInput, pull: Json) -> bool:
    title, body = _title(wanted), bodies.fit(wanted.body)
    new = {} if bodies.same(pull["title"], title) else {"title": title}
    new |= {} if bodies.same(pull["body"], body) else {"body": body}
    if new:
        url = "/repos/{owner}/{repo}/pulls/{number}"
        await api.patch(url, _names(wanted, number=str(pull["number"])), data=new)
    return bool(new)


def _title(wanted: CreatePullInput) -> str:
    return one_line(wanted.title, _TITLE)


def _is_ours(pull: Json, app: AppClient) -> bool:
    user = pull.get("user") or {}
    return bool(user.get("type") == "Bot" and user.get("login") == app.login)


def _names(wanted: CreatePullInput, **more: str) -> dict[str, str]:
    return {"owner": wanted.repo.owner, "repo": wanted.repo.name, **more}
