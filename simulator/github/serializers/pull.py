"""Pull requests as GitHub's JSON."""

import zlib

from simulator.github.entities import Json, PullDetails, Repository, Review, SimulatedIssue
from simulator.github.serializers import association, conversation, issue_links, label, node, repository, user
from simulator.github.store import Store


def pull(store: Store, repo: Repository, it: SimulatedIssue) -> Json:
    """As a single pull request is returned, and as in a webhook."""
    assert it.pull is not None
    return {
        **simple_pull(store, repo, it),
        "merged": it.pull.merged_at is not None,
        "mergeable": it.pull.mergeable,
        "rebaseable": it.pull.mergeable,
        "mergeable_state": it.pull.mergeable_state,
        "merged_by": user(store, it.pull.merged_by) if it.pull.merged_by else None,
        "comments": len(it.comments),
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": it.pull.commits,
        "additions": it.pull.additions,
        "deletions": it.pull.deletions,
        "changed_files": it.pull.changed_files,
    }


def simple_pull(store: Store, repo: Repository, it: SimulatedIssue) -> Json:
    """As in lists."""
    assert it.pull is not None
    return {
        **_links(store, repo, it, it.pull),
        "id": it.pull.id,
        "node_id": node("PullRequest", it.pull.id),
        "number": it.number,
        "state": it.state,
        **conversation(store, it),
        "title": it.title,
        "user": user(store, it.user),
        "body": it.body,
        "labels": [label(store, repo, each) for each in it.labels],
        "milestone": None,
        "created_at": it.created_at,
        "updated_at": it.updated_at,
        "closed_at": it.closed_at,
        "merged_at": it.pull.merged_at,
        "merge_commit_sha": it.pull.merge_commit_sha,
        "requested_reviewers": [user(store, each) for each in it.pull.reviewers],
        "requested_teams": [team(store, repo, slug) for slug in it.pull.teams],
        "draft": it.pull.draft,
        "head": _branch(store, it.pull.head_repository, it.pull.head_ref, it.pull.head_sha),
        "base": _branch(store, repo, it.pull.base_ref, it.pull.base_sha),
        "author_association": association(repo, it.user),
        "auto_merge": None,
    }


def minimal_pull(store: Store, repo: Repository, it: SimulatedIssue) -> Json:
    """As in a check run."""
    assert it.pull is not None
    return {
        "id": it.pull.id,
        "number": it.number,
        "url": f"{store.api_url}/repos/{repo.full_name}/pulls/{it.number}",
        "head": {
            "ref": it.pull.head_ref,
            "sha": it.pull.head_sha,
            "repo": _minimal_repository(store, it.pull.head_repository),
        },
        "base": {"ref": it.pull.base_ref, "sha": it.pull.base_sha, "repo": _minimal_repository(store, repo)},
    }


def review(store: Store, repo: Repository, it: SimulatedIssue, one: Review) -> Json:
    html = issue_links(store, repo, it)["html_url"]
    api = f"{store.api_url}/repos/{repo.full_name}/pulls/{it.number}"
    link = f"{html}#pullrequestreview-{one.id}"
    return {
        "id": one.id,
        "node_id": node("PullRequestReview", one.id),
        "user": user(store, one.user),
        "body": one.body,
        "state": one.state,
        "html_url": link,
        "pull_request_url": api,
        "_links": {"html": {"href": link}, "pull_request": {"href": api}},
        "submitted_at": one.submitted_at,
        "commit_id": one.sha,
        "author_association": association(repo, one.user),
    }


def team(store: Store, repo: Repository, slug: str) -> Json:
    number = zlib.crc32(f"{repo.owner.login}/{slug}".encode())
    api = f"{store.api_url}/organizations/{repo.owner.id}/team/{number}"
    return {
        "id": number,
        "node_id": node("Team", number),
        "name": slug,
        "slug": slug,
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "push",
        "url": api,
        "html_url": f"{store.url}/orgs/{repo.owner.login}/teams/{slug}",
        "members_url": f"{api}/members{{/member}}",
        "repositories_url": f"{api}/repos",
        "type": "organization",
        "organization_id": repo.owner.id,
        "parent": None,
    }


def _branch(store: Store, repo: Repository, ref: str, sha: str) -> Json:
    return {
        "label": f"{repo.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(store, repo.owner),
        "repo": None if repo.deleted else repository(store, repo),
    }


def _minimal_repository(store: Store, repo: Repository) -> Json:
    return {"id": repo.id, "url": f"{store.api_url}/repos/{repo.full_name}", "name": repo.name}


def _links(store: Store, repo: Repository, it: SimulatedIssue, its: PullDetails) -> Json:
    api = f"{store.api_url}/repos/{repo.full_name}"
    html = issue_links(store, repo, it)["html_url"]
    links = {
        "url": f"{api}/pulls/{it.number}",
        "issue_url": f"{api}/issues/{it.number}",
        "commits_url": f"{api}/pulls/{it.number}/commits",
        "review_comments_url": f"{api}/pulls/{it.number}/comments",
        "review_comment_url": f"{api}/pulls/comments{{/number}}",
        "comments_url": f"{api}/issues/{it.number}/comments",
        "statuses_url": f"{api}/statuses/{its.head_sha}",
        "html_url": html,
    }
    named = {"self": links["url"], "html": html, "issue": links["issue_url"]}
    named |= {
        name: links[f"{name}_url"] for name in ("comments", "review_comments", "review_comment", "commits", "statuses")
    }
    short = {name: {"href": link} for name, link in named.items()}
    return {**links, "diff_url": f"{html}.diff", "patch_url": f"{html}.patch", "_links": short}
