"""What an issue and its comments said at one moment: who changed them later, and what does not count of that.

GitHub gives times in seconds: what happened in the very second counts as later.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from activities.github.permissions import WRITERS, PermissionOf
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import API

Json = Mapping[str, Any]

_ISSUE = """
query PlannedIssue($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    id
    issueOrPullRequest(number: $number) {
      __typename
      ... on Issue {
        title
        body
        state
        locked
        lastEditedAt
        author { __typename login }
        editor { __typename login }
        repository { id }
        labels(first: 100) { nodes { name } }
        userContentEdits(first: 100) {
          pageInfo { hasNextPage }
          nodes { editedAt editor { __typename login } }
        }
        timelineItems(itemTypes: [RENAMED_TITLE_EVENT], last: 100) {
          pageInfo { hasPreviousPage }
          nodes { ... on RenamedTitleEvent { createdAt previousTitle currentTitle actor { __typename login } } }
        }
      }
    }
  }
}
"""


async def issue_with_history(api: "API", repo: RepoRef, number: int) -> tuple[Json, bool]:
    """The issue or pull request as GraphQL gives it, and whether it is in this repository still. Raises `NotFound`."""
    owner, name = api.full_name(repo).split("/")
    found = (await api.query(_ISSUE, owner=owner, name=name, number=number))["repository"]
    issue: Json = found["issueOrPullRequest"]
    return issue, issue["__typename"] != "Issue" or issue["repository"]["id"] == found["id"]


async def title_at(issue: Json, moment: int, permission_of: PermissionOf) -> str | None:
    """The title of that moment, with what people with write access made of it later. None where it was changed so often
    that GitHub's answer does not reach back to it."""
    renames = issue["timelineItems"]
    listed = sorted((one for one in renames["nodes"] if one), key=lambda one: seconds(one["createdAt"]))
    late = [one for one in listed if seconds(one["createdAt"]) >= moment]
    if renames["pageInfo"]["hasPreviousPage"] and len(late) == len(listed):
        return None
    title = str(late[0]["previousTitle"] if late else issue["title"])
    for one in late:
        if await is_writer(one["actor"], permission_of):
            title = str(one["currentTitle"])
    return title


async def late_editor(content: Json, moment: int, permission_of: PermissionOf) -> str | None:
    """Who without write access changed a description or comment since that moment: "" where GitHub does not name who it
    was, None where nobody did."""
    last = content["lastEditedAt"]
    if last is None or seconds(last) < moment:
        return None
    edits = content["userContentEdits"] or {"nodes": (), "pageInfo": {"hasNextPage": True}}
    nodes = edits["nodes"] or ()
    late = [one for one in nodes if not one or seconds(one["editedAt"]) >= moment]
    # A page of a longer list holds all of them where it reaches from the last edit to one before that moment.
    whole = not edits["pageInfo"]["hasNextPage"] or len(late) < len(nodes)
    named = any(one and one["editedAt"] == last for one in late)
    editors = [content["editor"], *(one and one["editor"] for one in late)]
    for editor in editors if whole and named else [None]:
        if not await is_writer(editor, permission_of):
            return login_of(editor)
    return None


async def is_writer(actor: Json | None, permission_of: PermissionOf) -> bool:
    """Whether this is a person who may write now. A bot's login may be a person's as well."""
    return bool(actor) and is_person(actor) and await permission_of(login_of(actor)) in WRITERS


def is_person(actor: Json | None) -> bool:
    """Whether GitHub calls it a user, or does not know any more who it was."""
    return not actor or actor["__typename"] == "User"


def login_of(actor: Json | None) -> str:
    """As GitHub shows it: "" where it names nobody."""
    if not actor:
        return ""
    login = str(actor["login"])
    return f"{login.removesuffix('[bot]')}[bot]" if actor["__typename"] == "Bot" else login


def seconds(time: str) -> float:
    """GitHub's time in seconds since 1970."""
    return datetime.fromisoformat(time).timestamp()
