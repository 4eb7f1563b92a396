"""Issues that are ours: made once for a key, found again by a hidden mark, and closed."""

from collections.abc import Mapping
from typing import Any

from activities.errors import UserError
from activities.github import bodies, comments, labels
from activities.github.client import AppClient, GitHub
from activities.github.client.api import API
from activities.github.client.errors import NotFound
from activities.github.types.issues import CloseIssueInput, CloseIssueResult, CreateIssueInput, CreateIssueResult
from activities.github.types.pulls import AddLabelsInput
from activities.reporting.markdown import one_line

Json = Mapping[str, Any]

_ISSUES = "/repos/{owner}/{repo}/issues"
# GitHub's: characters of a title, people of one issue.
_TITLE, _ASSIGNEES = 256, 10
# How many of our own newest issues and pulls are looked at for the mark.
_LOOKED_AT = 1000


async def make(github: GitHub, wanted: CreateIssueInput) -> CreateIssueResult:
    """The issue of this key, as it is wanted. One that was closed stays closed, and is not made again."""
    api = await comments.comments_api(github, wanted.repo)
    mark = bodies.mark("issue", wanted.key)
    title, body = one_line(wanted.title, _TITLE), bodies.fit(f"{mark}\n{wanted.body}")
    found = await _find(api, wanted, mark, await github.app())
    issue = found or await api.post(_ISSUES, _names(wanted), data={"title": title, "body": body})
    number, url = int(issue["number"]), str(issue["html_url"])
    changed = not found or await _edit(api, wanted, issue, title, body)
    if wanted.labels:
        added = await labels.add(github, AddLabelsInput(wanted.repo, number, wanted.labels))
        changed = changed or added.changed
    changed = await _assign(api, wanted, issue) or changed
    return CreateIssueResult(number, url, changed)


async def close(github: GitHub, wanted: CloseIssueInput) -> CloseIssueResult:
    """Closed with the reason, after the comment. What is closed already gets no comment either; a locked
    conversation is closed without one."""
    api = await comments.comments_api(github, wanted.repo)
    url = f"{_ISSUES}/{{number}}"
    names = _names(wanted, number=str(wanted.number))
    try:
        issue = await api.getitem(url, names)
    except NotFound as error:
        if error.status != 410:
            raise
        raise UserError(f"#{wanted.number} was deleted, so there is nothing to close.") from None
    if issue["state"] == "closed":
        return CloseIssueResult(changed=False)
    await _say(github, wanted)
    await api.patch(url, names, data={"state": "closed", "state_reason": wanted.reason})
    return CloseIssueResult(changed=True)


async def _say(github: GitHub, wanted: CloseIssueInput) -> None:
    if not wanted.comment:
        return
    try:
        await comments.say(github, wanted.repo, wanted.number, wanted.comment, wanted.key or "closed")
    except comments.Locked:
        return


async def _find(api: API, wanted: CreateIssueInput, mark: str, app: AppClient) -> Json | None:
    """Newest first. Anybody can write the mark; GitHub gives us only what we wrote."""
    url = f"{_ISSUES}{{?creator,state,sort,direction,per_page}}"
    names = _names(wanted, creator=app.login, state="all", sort="created", direction="desc", per_page="100")
    left = _LOOKED_AT
    async for issue in api.getiter(url, names):
        if _is_ours(issue, mark, app):
            found: Json = issue
            return found
        left -= 1
        if left == 0:
            break
    return None


def _is_ours(issue: Json, mark: str, app: AppClient) -> bool:
    user = issue.get("user") or {}
    by_us = user.get("type") == "Bot" and user.get("login") == app.login
    return bool(by_us and "pull_request" not in issue and str(issue.get("body") or "").startswith(mark))


async def _edit(api: API, wanted: CreateIssueInput, issue: Json, title: str, body: str) -> bool:
    new = {} if bodies.same(issue["title"], title) else {"title": title}
    new |= {} if bodies.same(issue["body"], body) else {"body": body}
    if new:
        await api.patch("/repos/{owner}/{repo}/issues/{number}", _names(wanted, number=str(issue["number"])), data=new)
    return bool(new)


async def _assign(api: API, wanted: CreateIssueInput, issue: Json) -> bool:
    """Adds who is missing; GitHub leaves out, without a word, who may not be assigned."""
    before = _assigned(issue)
    missing = [login for login in wanted.assignees if login.lower() not in before][: max(0, _ASSIGNEES - len(before))]
    if not missing:
        return False
    url = f"{_ISSUES}/{{number}}/assignees"
    names = _names(wanted, number=str(issue["number"]))
    return _assigned(await api.post(url, names, data={"assignees": missing})) != before


def _assigned(issue: Json) -> set[str]:
    return {str(user["login"]).lower() for user in issue.get("assignees") or ()}


def _names(wanted: CreateIssueInput | CloseIssueInput, **more: str) -> dict[str, str]:
    return {"owner": wanted.repo.owner, "repo": wanted.repo.name, **more}
