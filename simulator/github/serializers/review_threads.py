"""Comments of reviews as GitHub's JSON, and threads as its GraphQL gives them."""

from simulator.github.entities import Json, Repository, ReviewComment, ReviewThread, SimulatedIssue
from simulator.github.serializers import association, author, issue_links, node, reactions
from simulator.github.serializers.graphql import actor, connection
from simulator.github.store import Store


def review_comment(
    store: Store, repo: Repository, it: SimulatedIssue, thread: ReviewThread, one: ReviewComment
) -> Json:
    html = f"{issue_links(store, repo, it)['html_url']}#discussion_r{one.id}"
    api = f"{store.api_url}/repos/{repo.full_name}/pulls"
    first = thread.comments[0]
    line = None if thread.outdated else thread.line
    return {
        "id": one.id,
        "node_id": node("PullRequestReviewComment", one.id),
        "pull_request_review_id": thread.review.id,
        "url": f"{api}/comments/{one.id}",
        "html_url": html,
        "pull_request_url": f"{api}/{it.number}",
        "_links": {
            "self": {"href": f"{api}/comments/{one.id}"},
            "html": {"href": html},
            "pull_request": {"href": f"{api}/{it.number}"},
        },
        "diff_hunk": thread.hunk,
        "path": thread.path,
        "position": 1,
        "original_position": 1,
        "commit_id": thread.sha,
        "original_commit_id": thread.sha,
        "user": author(store, one.user),
        "body": one.body,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "author_association": association(repo, one.user),
        "start_line": None,
        "original_start_line": None,
        "start_side": None,
        "line": line or thread.line,
        "original_line": thread.line,
        "side": "RIGHT",
        "subject_type": "line",
        "reactions": reactions(f"{api}/comments/{one.id}", one.reactions),
        **({} if one is first else {"in_reply_to_id": first.id}),
    }


def graphql_thread(thread: ReviewThread) -> Json:
    """Connections are functions of GraphQL's arguments."""
    return {
        "id": node("PullRequestReviewThread", thread.id),
        "isResolved": thread.resolved,
        "isOutdated": thread.outdated,
        "path": thread.path,
        "line": None if thread.outdated else thread.line,
        "originalLine": thread.line,
        "comments": connection([_graphql_comment(thread, one) for one in thread.comments]),
    }


def _graphql_comment(thread: ReviewThread, one: ReviewComment) -> Json:
    return {
        "id": node("PullRequestReviewComment", one.id),
        "databaseId": one.id,
        "body": one.body,
        "createdAt": one.created_at,
        "lastEditedAt": one.edited_at,
        "diffHunk": thread.hunk,
        "author": actor(one.user),
    }
