"""The threads of a pull request's reviews: what in them asks for something, and the bot's answers."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from activities.github import bodies
from activities.github.errors import NotFound
from activities.github.patch_requests.types import ReplyToThreadInput, ReplyToThreadResult
from activities.github.permissions import WRITERS, PermissionOf
from activities.github.urls import url_values
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import API, GitHub

Json = Mapping[str, Any]
_MOST_PAGES = 10
_THREADS = """
query ReviewThreads($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 50, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          isResolved
          isOutdated
          path
          line
          originalLine
          first: comments(first: 1) { nodes { databaseId diffHunk } }
          comments(last: 100) {
            totalCount
            nodes { databaseId body createdAt lastEditedAt author { __typename login } }
          }
        }
      }
    }
  }
}
"""


@dataclass(frozen=True)
class SaidInThread:
    """One comment that counts, by somebody with write access."""

    login: str
    permission: str
    body: str


@dataclass(frozen=True)
class AskingThread:
    """An unresolved thread in which a person with write access asks for something. `id` is that of its first comment,
    `left_out` are comments that do not count: other people's, and those that were written or edited too late."""

    id: str
    path: str
    line: int
    outdated: bool
    hunk: str
    said: tuple[SaidInThread, ...]
    left_out: int = 0


async def review_threads(api: "API", repo: RepoRef, number: int) -> AsyncIterator[Json]:
    """All threads of all reviews, as GraphQL gives them."""
    owner, name = api.full_name(repo).split("/")
    after = None
    for _ in range(_MOST_PAGES):
        data = await api.query(_THREADS, owner=owner, name=name, number=number, after=after)
        found = data["repository"]["pullRequest"]["reviewThreads"]
        for thread in found["nodes"]:
            yield thread
        if not found["pageInfo"]["hasNextPage"]:
            return
        after = found["pageInfo"]["endCursor"]


async def asking(thread: Json, until: str, slug: str, permission_of: PermissionOf) -> AskingThread | None:
    """What a thread asked for at the moment `until`; None where it asks for nothing. `slug` is our App's: where it
    said that all is done, only what was said later counts."""
    said: list[SaidInThread] = []
    left_out = thread["comments"]["totalCount"] - len(thread["comments"]["nodes"])
    for comment in thread["comments"]["nodes"]:
        author, body = comment["author"] or {}, str(comment["body"])
        login = str(author.get("login") or "")
        if author.get("__typename") == "Bot" and login.removesuffix("[bot]").lower() == slug.lower():
            said = [] if body.startswith(_mark_beginning(done=True)) else said
            continue
        late = comment["createdAt"] > until or (comment["lastEditedAt"] or "") > until
        permission = "" if late or author.get("__typename") != "User" else await permission_of(login)
        if permission in WRITERS and body.strip():
            said.append(SaidInThread(login, permission, body))
        else:
            left_out += 1
    roots = thread["first"]["nodes"]
    if not said or not roots:
        return None
    line = thread["line"] or thread["originalLine"] or 0
    return AskingThread(
        str(roots[0]["databaseId"]), str(thread["path"]), int(line), bool(thread["isOutdated"]),
        str(roots[0]["diffHunk"]), tuple(said), left_out,
    )  # fmt: skip


def holds(thread: Json, comment_id: int) -> bool:
    """Whether the comment is in this thread."""
    return any(each["databaseId"] == comment_id for each in _all_comments(thread))


def _all_comments(thread: Json) -> Iterable[Json]:
    return (*thread["first"]["nodes"], *thread["comments"]["nodes"])


async def reply_to_thread(github: "GitHub", input: ReplyToThreadInput) -> ReplyToThreadResult:
    """Anybody can write the mark; only we write as our App's bot."""
    api, app = await github.for_gate(input.repo, {"pull_requests": "write"}), await github.app()
    marks = [bodies.mark(kind, input.key) for kind in ("thread", "thread-done")]
    body = bodies.fit(f"{marks[input.done]}\n{input.body}")
    where = url_values(input.repo, number=str(input.number), id=input.thread_id)
    comments = "/repos/{owner}/{repo}/pulls/{number}/comments"
    async for comment in api.getiter(f"{comments}?per_page=100", where):
        if input.thread_id not in (str(comment.get("in_reply_to_id")), str(comment["id"])) or not app.wrote(comment):
            continue
        if not str(comment.get("body") or "").startswith(tuple(marks)):
            continue
        there = int(comment["id"])
        if bodies.same(comment.get("body"), body):
            return ReplyToThreadResult(there)
        url = "/repos/{owner}/{repo}/pulls/comments/{id}"
        await api.patch(url, url_values(input.repo, id=str(there)), data={"body": body})
        return ReplyToThreadResult(there, changed=True)
    try:
        created = await api.post(f"{comments}/{{id}}/replies", where, data={"body": body})
    except NotFound:
        return ReplyToThreadResult()
    return ReplyToThreadResult(int(created["id"]), changed=True)


def _mark_beginning(*, done: bool) -> str:
    return f"<!-- autobuild:{'thread-done' if done else 'thread'} "
