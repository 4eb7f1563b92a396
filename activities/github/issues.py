"""Issues of ours: created once for a key, found again by a hidden mark, labelled and closed."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from activities.errors import UserError
from activities.github import bodies
from activities.github.activity_errors import github_activity
from activities.github.comments import Locked, comment_for_key, comments_api
from activities.github.errors import NotFound, Validation
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.reporting import github_errors as texts
from activities.reporting.markdown import one_line

if TYPE_CHECKING:
    from activities.github.client import API, AppClient, GitHub

Json = Mapping[str, Any]
CloseReason = Literal["completed", "not_planned"]

_ISSUES = "/repos/{owner}/{repo}/issues"
# GitHub's: characters of a title, people of one issue, characters of a label's name, labels of one issue or pull.
_TITLE, _ASSIGNEES, _LABEL, _LABELS = 256, 10, 50, 100
# How many of our own newest issues and pulls are searched for the mark.
_LOOKED_AT = 1000


@dataclass(frozen=True)
class CreateIssueInput:
    """An issue of ours, one for each `key`: it is known by a hidden mark in its body, open or closed. Said again with
    other words, it is edited; labels and assignees are added to those it has."""

    repo: RepoRef
    title: str
    body: str
    key: str
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()


@dataclass(frozen=True)
class CreateIssueResult:
    """`changed` False: it existed with just this content."""

    number: int
    url: str
    changed: bool


@dataclass(frozen=True)
class CloseIssueInput:
    """Close an issue (or pull). `comment`, where it is not "", is written once for the `key` before."""

    repo: RepoRef
    number: int
    comment: str = ""
    key: str = ""
    reason: CloseReason = "completed"


@dataclass(frozen=True)
class CloseIssueResult:
    """`changed` False: it was closed already, and the comment was there."""

    changed: bool


@dataclass(frozen=True)
class IssueLabelsInput:
    """Which labels does this issue have, now?"""

    repo: RepoRef
    issue: int


@dataclass(frozen=True)
class IssueLabelsResult:
    """`open` False: it was closed, deleted or transferred. `pull`: it is a pull request."""

    labels: tuple[str, ...] = ()
    open: bool = False
    pull: bool = False


@dataclass(frozen=True)
class AddLabelsInput:
    """Labels that the pull (or issue) is to have, beside those it has."""

    repo: RepoRef
    number: int
    labels: tuple[str, ...]


@dataclass(frozen=True)
class AddLabelsResult:
    """`labels` are all that the pull has now. `changed` False: it had them."""

    labels: tuple[str, ...]
    changed: bool


@dataclass(frozen=True)
class RemoveLabelsInput:
    """Labels that the pull (or issue) is not to have."""

    repo: RepoRef
    number: int
    labels: tuple[str, ...]


@dataclass(frozen=True)
class RemoveLabelsResult:
    """`labels` are those that are left. `changed` False: it had none of them, or was deleted."""

    labels: tuple[str, ...] = ()
    changed: bool = False


@dataclass(frozen=True)
class LabelSetterInput:
    """Who put this label on this issue last?"""

    repo: RepoRef
    issue: int
    label: str


@dataclass(frozen=True)
class LabelSetterResult:
    """`login` is "" where GitHub names nobody (yet). `person` False: an App or another bot. `at` is GitHub's time in
    seconds since 1970."""

    login: str = ""
    person: bool = False
    at: float = 0.0


class IssueActivities:
    """Each may run again."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def create_issue(self, input: CreateIssueInput) -> CreateIssueResult:
        """Creates the issue of a key, or updates the existing one.

        One that was closed stays closed.
        """
        api = await comments_api(self._github, input.repo)
        mark = bodies.mark("issue", input.key)
        title, body = one_line(input.title, _TITLE), bodies.fit(f"{mark}\n{input.body}")
        found = await _find(api, input, mark, await self._github.app())
        issue = found or await api.post(_ISSUES, url_values(input.repo), data={"title": title, "body": body})
        number = int(issue["number"])
        changed = not found
        if found:
            new = {} if bodies.same(found["title"], title) else {"title": title}
            new |= {} if bodies.same(found["body"], body) else {"body": body}
            if new:
                await api.patch(f"{_ISSUES}/{{number}}", url_values(input.repo, number=str(number)), data=new)
                changed = True
        if input.labels:
            added = await add_labels(self._github, AddLabelsInput(input.repo, number, input.labels))
            changed = changed or added.changed
        changed = await _assign(api, input, issue) or changed
        return CreateIssueResult(number, str(issue["html_url"]), changed)

    @github_activity
    async def close_issue(self, input: CloseIssueInput) -> CloseIssueResult:
        """Closes an issue with a reason and one comment.

        One that is closed already gets no comment; a locked conversation is closed without one.
        """
        api = await comments_api(self._github, input.repo)
        url, where = f"{_ISSUES}/{{number}}", url_values(input.repo, number=str(input.number))
        try:
            issue = await api.getitem(url, where)
        except NotFound as error:
            if error.status != 410:
                raise
            raise UserError(texts.deleted_before_close(input.number)) from None
        if issue["state"] == "closed":
            return CloseIssueResult(changed=False)
        if input.comment:
            with contextlib.suppress(Locked):
                await comment_for_key(self._github, input.repo, input.number, input.comment, input.key or "closed")
        await api.patch(url, where, data={"state": "closed", "state_reason": input.reason})
        return CloseIssueResult(changed=True)

    @github_activity
    async def get_issue_labels(self, input: IssueLabelsInput) -> IssueLabelsResult:
        """Returns the labels of an issue as they are now.

        A deleted issue has none.
        """
        api = await self._github.installation(input.repo, {"issues": "read"})
        try:
            data = await api.getitem(f"{_ISSUES}/{{number}}", url_values(input.repo, number=str(input.issue)))
        except NotFound:
            return IssueLabelsResult()
        labels = tuple(str(each["name"] if isinstance(each, dict) else each) for each in data.get("labels") or ())
        return IssueLabelsResult(labels, data.get("state") == "open", bool(data.get("pull_request")))

    @github_activity
    async def get_label_setter(self, input: LabelSetterInput) -> LabelSetterResult:
        """Returns who put a label on an issue last.

        By GitHub's own record, since an event may be late. An issue form sets labels in the name of the issue's author.
        """
        api = await self._github.installation(input.repo, {"issues": "read"})
        url, found = f"{_ISSUES}/{{number}}/events?per_page=100", LabelSetterResult()
        try:
            async for event in api.getiter(url, url_values(input.repo, number=str(input.issue))):
                name = str((event.get("label") or {}).get("name") or "")
                if event["event"] == "labeled" and name.casefold() == input.label.casefold():
                    actor = event.get("actor") or {}
                    at = datetime.fromisoformat(str(event["created_at"])).timestamp()
                    found = LabelSetterResult(str(actor.get("login") or ""), actor.get("type") == "User", at)
        except NotFound:
            return LabelSetterResult()
        return found

    @github_activity
    async def add_pr_labels(self, input: AddLabelsInput) -> AddLabelsResult:
        """Adds labels to a pull request."""
        return await add_labels(self._github, input)

    @github_activity
    async def remove_labels(self, input: RemoveLabelsInput) -> RemoveLabelsResult:
        """Removes labels from a pull request or issue, whatever their case.

        One that is not there, or that somebody else removes meanwhile, is no error.
        """
        api = await comments_api(self._github, input.repo)
        url, where = f"{_ISSUES}/{{number}}/labels", url_values(input.repo, number=str(input.number))
        try:
            there = [str(label["name"]) async for label in api.getiter(f"{url}?per_page=100", where)]
        except NotFound as error:
            if error.status != 410:
                raise
            return RemoveLabelsResult()
        named = {label.strip().lower() for label in input.labels}
        gone = [label for label in there if label.lower() in named]
        for label in gone:
            with contextlib.suppress(NotFound):
                await api.delete(f"{url}/{{name}}", {**where, "name": label})
        return RemoveLabelsResult(tuple(label for label in there if label not in gone), bool(gone))


async def add_labels(github: "GitHub", input: AddLabelsInput) -> AddLabelsResult:
    """Adds to an issue or pull the labels that are missing; GitHub creates one that the repository does not have.
    Capitals make no other label. Raises `Validation` for what GitHub would not take, before anything is added."""
    for label in input.labels:
        if not label.strip() or len(label) > _LABEL:
            raise Validation(texts.invalid_label(label, _LABEL))
    api = await comments_api(github, input.repo)
    url, where = f"{_ISSUES}/{{number}}/labels", url_values(input.repo, number=str(input.number))
    there = [str(label["name"]) async for label in api.getiter(f"{url}?per_page=100", where)]
    known = {label.lower() for label in there}
    named = {label.strip().lower(): label.strip() for label in reversed(input.labels)}
    missing = [label for key, label in reversed(named.items()) if key not in known]
    if not missing:
        return AddLabelsResult(tuple(there), changed=False)
    if len(there) + len(missing) > _LABELS:
        raise Validation(texts.too_many_labels(input.number, len(there) + len(missing), _LABELS))
    now = await api.post(url, where, data={"labels": missing})
    return AddLabelsResult(tuple(str(label["name"]) for label in now), changed=True)


async def _find(api: "API", input: CreateIssueInput, mark: str, app: "AppClient") -> Json | None:
    """Newest first. Anybody can write the mark; GitHub gives us only what we wrote."""
    url = f"{_ISSUES}{{?creator,state,sort,direction,per_page}}"
    query = {"creator": app.login, "state": "all", "sort": "created", "direction": "desc", "per_page": "100"}
    left = _LOOKED_AT
    async for issue in api.getiter(url, url_values(input.repo, **query)):
        if app.wrote(issue) and "pull_request" not in issue and str(issue.get("body") or "").startswith(mark):
            found: Json = issue
            return found
        left -= 1
        if left == 0:
            break
    return None


async def _assign(api: "API", input: CreateIssueInput, issue: Json) -> bool:
    """Adds who is missing; GitHub leaves out, without a word, who may not be assigned."""
    before = _assigned(issue)
    missing = [login for login in input.assignees if login.lower() not in before][: max(0, _ASSIGNEES - len(before))]
    if not missing:
        return False
    where = url_values(input.repo, number=str(issue["number"]))
    return _assigned(await api.post(f"{_ISSUES}/{{number}}/assignees", where, data={"assignees": missing})) != before


def _assigned(issue: Json) -> set[str]:
    return {str(user["login"]).lower() for user in issue.get("assignees") or ()}
