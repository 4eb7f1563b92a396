"""What GitHub's GraphQL gives of issues and pull requests. A field with arguments is a function of them."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from simulator.github import git
from simulator.github.entities import Comment, ContentEdit, Json, RenameEvent, Repository, SimulatedIssue, User
from simulator.github.serializers import node

_CLOSING = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)\b", re.IGNORECASE)
_HIDDEN = re.compile(r"<!--.*?-->", re.DOTALL)


def connection(nodes: Sequence[Json]) -> Callable[..., Json]:
    """A page of them; a cursor is a number: how many nodes are before it."""

    def page(
        _info: Any, first: int | None = None, after: str | None = None, last: int | None = None,
        before: str | None = None, **_filters: object,
    ) -> Json:  # fmt: skip
        start, end = int(after or 0), int(before or len(nodes))
        end = end if first is None else min(start + first, end)
        start = start if last is None else max(start, end - last)
        info = {
            "hasNextPage": end < len(nodes),
            "hasPreviousPage": start > 0,
            "startCursor": str(start),
            "endCursor": str(end),
        }
        return {"totalCount": len(nodes), "nodes": nodes[start:end], "pageInfo": info}

    return page


def actor(user: User) -> Json | None:
    """A bot's login has no `[bot]` here; who has left GitHub is null."""
    if user.replacement:
        return None
    bot = user.type == "Bot"
    return {"__typename": "Bot" if bot else "User", "login": user.login.removesuffix("[bot]") if bot else user.login}


def repository(repo: Repository) -> Json:
    """What names it."""
    return {"id": node("Repository", repo.id), "databaseId": repo.id, "nameWithOwner": repo.full_name}


def issue(repo: Repository, it: SimulatedIssue) -> Json:
    """An issue, with what people said in it."""
    return {
        "__typename": "Issue",
        "id": node("Issue", it.id),
        "number": it.number,
        "repository": repository(repo),
        "title": it.title,
        "state": it.state.upper(),
        "locked": it.locked,
        "labels": connection([{"id": node("Label", each.id), "name": each.name} for each in it.labels]),
        "comments": connection([_comment(each) for each in it.comments]),
        "timelineItems": connection([_rename(each) for each in it.events if isinstance(each, RenameEvent)]),
        **_content(it),
    }


def pull(repo: Repository, it: SimulatedIssue) -> Json:
    """A pull request, without its reviews."""
    pull = it.pull
    assert pull is not None

    async def commits(info: Any, **page: Any) -> Json:
        """As they are in the base repository."""
        spread = f"{pull.base_sha}..refs/pull/{it.number}/head"
        listed = await git.git(repo.path, "log", "--reverse", "-z", "--format=%H %B", spread)
        texts = [text.partition(" ") for text in git.show(listed).split("\0") if text]
        nodes = [{"id": node("PullRequestCommit", it.id), "commit": _commit(repo, *text)} for text in texts]
        return connection(nodes)(info, **page)

    closes = it.linked | {int(number) for number in _CLOSING.findall(_HIDDEN.sub("", it.body or ""))}
    closed = [repo.issues[number] for number in sorted(closes & repo.issues.keys())]
    return {
        "__typename": "PullRequest",
        "id": node("PullRequest", pull.id),
        "number": it.number,
        "title": it.title,
        "body": it.body or "",
        "state": "MERGED" if pull.merged_at else it.state.upper(),
        "author": actor(it.user),
        "headRefName": pull.head_ref,
        "isCrossRepository": pull.head_repository is not repo,
        "isDraft": pull.draft,
        "closingIssuesReferences": connection([issue(repo, each) for each in closed if not each.pull]),
        "commits": commits,
    }


def _commit(repo: Repository, sha: str, _space: str, message: str) -> Json:
    return {"id": node("Commit", repo.id), "oid": sha, "message": message.rstrip("\n")}


def _comment(it: Comment) -> Json:
    return {"id": node("IssueComment", it.id), "databaseId": it.id, **_content(it)}


def _content(it: SimulatedIssue | Comment) -> Json:
    """A text with its author and those who changed it. GitHub lists who wrote it first as well, once it was changed."""
    edits = [_edit(each.id, each.editor, each.at) for each in reversed(it.edits)]
    created = [_edit(it.id, it.user, it.created_at)] if edits else []
    last: ContentEdit | None = it.edits[-1] if it.edits else None
    return {
        "author": actor(it.user),
        "body": it.body or "",
        "createdAt": it.created_at,
        "lastEditedAt": last and last.at,
        "editor": last and actor(last.editor),
        "userContentEdits": connection([*edits, *created]),
    }


def _edit(number: int, editor: User, at: str) -> Json:
    return {"id": node("UserContentEdit", number), "editor": actor(editor), "editedAt": at, "createdAt": at}


def _rename(it: RenameEvent) -> Json:
    return {
        "__typename": "RenamedTitleEvent",
        "id": node("RenamedTitleEvent", it.id),
        "actor": actor(it.actor),
        "createdAt": it.created_at,
        "previousTitle": it.before,
        "currentTitle": it.after,
    }
