"""Comments of an issue that count: what people with write access said in it until it was asked for, and what they want
different in its plan."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from activities.github.errors import NotFound
from activities.github.patch_requests.types import body_digest
from activities.github.permissions import WRITERS, PermissionOf
from activities.github.planned_issues.issue_history import Json, is_person, late_editor, login_of, seconds
from activities.github.urls import url_values
from activities.planned_changes import issue_texts as texts
from activities.planned_changes.types import PlanRevision, ReadIssueInput

if TYPE_CHECKING:
    from activities.github.client import API

_MOST, _MOST_CHARACTERS = 30, 30_000
_MOST_PAGES = 6
_WITH_TEXT = ("patch", "revise")
"""Commands that everything behind them belongs to."""

_COMMENTS = """
query CommentsOfPlannedIssue($owner: String!, $name: String!, $number: Int!, $before: String) {
  repository(owner: $owner, name: $name) {
    issueOrPullRequest(number: $number) {
      ... on Issue {
        comments(last: 50, before: $before) {
          pageInfo { hasPreviousPage startCursor }
          nodes {
            body
            createdAt
            lastEditedAt
            author { __typename login }
            editor { __typename login }
            userContentEdits(first: 20) {
              pageInfo { hasNextPage }
              nodes { editedAt editor { __typename login } }
            }
          }
        }
      }
    }
  }
}
"""


@dataclass(frozen=True)
class CountedComments:
    """`texts` are wrapped, the oldest first. `left_out` counts those of people without write access, `older` says
    whether there are more that would count."""

    texts: tuple[str, ...] = ()
    left_out: int = 0
    older: bool = False


class RevisionRefused(Exception):
    """What was asked to be different does not count; the sentence says why."""


async def counted_comments(
    api: "API", input: ReadIssueInput, permission_of: PermissionOf, commands: Collection[str]
) -> CountedComments:
    """The newest ones until `asked_at`, without slash commands."""
    from activities.agent_runs.command_text import without_commands
    from activities.agent_runs.untrusted_text import head_and_tail, wrapped

    moment = int(input.asked_at)
    counted: list[str] = []
    left_out = characters = 0
    async for comment in _newest_first(api, input):
        author = comment["author"]
        if seconds(comment["createdAt"]) > moment or not is_person(author):
            continue
        login = login_of(author)
        permission = await permission_of(login)
        if permission not in WRITERS or await late_editor(comment, moment, permission_of) is not None:
            left_out += 1
            continue
        text = without_commands(str(comment["body"]), commands, _WITH_TEXT)
        if not text:
            continue
        if counted and (len(counted) == _MOST or characters + len(text) > _MOST_CHARACTERS):
            return CountedComments(tuple(reversed(counted)), left_out, older=True)
        characters += len(text)
        text = head_and_tail(text, _MOST_CHARACTERS)
        counted.append(wrapped("comment", login, text, permission, already_shown=True))
    return CountedComments(tuple(reversed(counted)), left_out)


async def _newest_first(api: "API", input: ReadIssueInput) -> AsyncIterator[Json]:
    owner, name = api.full_name(input.repo).split("/")
    before = None
    for _ in range(_MOST_PAGES):
        data = await api.query(_COMMENTS, owner=owner, name=name, number=input.number, before=before)
        page = data["repository"]["issueOrPullRequest"]["comments"]
        for comment in reversed(page["nodes"]):
            if comment:
                yield comment
        if not page["pageInfo"]["hasPreviousPage"]:
            return
        before = page["pageInfo"]["startCursor"]


async def wrapped_revision(
    api: "API", input: ReadIssueInput, revision: PlanRevision, permission_of: PermissionOf
) -> str:
    """What stands behind `/revise` in a comment that nobody changed since. Raises `RevisionRefused`."""
    from activities.agent_runs.command_text import text_behind
    from activities.agent_runs.untrusted_text import wrapped

    url = "/repos/{owner}/{repo}/issues/comments/{id}"
    try:
        comment = await api.getitem(url, url_values(input.repo, id=str(revision.comment_id)))
    except NotFound:
        raise RevisionRefused(texts.REVISION_DELETED) from None
    body, user = str(comment.get("body") or ""), comment.get("user") or {}
    if body_digest(body) != revision.body_sha256:
        raise RevisionRefused(texts.REVISION_EDITED)
    login = str(user.get("login") or "")
    permission = await permission_of(login) if user.get("type") == "User" else "none"
    if permission not in WRITERS:
        raise RevisionRefused(texts.REVISION_WITHOUT_ACCESS)
    text = text_behind(body, ("revise",))
    if not text:
        raise RevisionRefused(texts.REVISION_EMPTY)
    return wrapped("instruction", login, text, permission, already_shown=True)
