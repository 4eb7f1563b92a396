"""Entities as GitHub's JSON: users, repositories, the app, issues and comments."""

import base64

from simulator.github.entities import (
    LEVELS,
    Comment,
    GitHubApp,
    Installation,
    Json,
    Label,
    LabelEvent,
    Reaction,
    RenameEvent,
    Repository,
    SimulatedIssue,
    User,
)
from simulator.github.store import Store

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
_USER_LINKS = {
    "followers_url": "/followers", "following_url": "/following{/other_user}", "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}", "subscriptions_url": "/subscriptions", "organizations_url": "/orgs",
    "repos_url": "/repos", "events_url": "/events{/privacy}", "received_events_url": "/received_events",
}  # fmt: skip
_REPOSITORY_LINKS = {
    "archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}", "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}", "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}", "commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}", "contributors_url": "/contributors", "deployments_url": "/deployments",
    "downloads_url": "/downloads", "events_url": "/events", "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}", "git_tags_url": "/git/tags{/sha}", "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}",
    "languages_url": "/languages", "merges_url": "/merges", "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}", "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags", "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}  # fmt: skip
_GHOST = User(10137, "ghost", "")


def node(kind: str, number: int) -> str:
    """A node id."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def user(store: Store, person: User) -> Json:
    """A user whose account was deleted is GitHub's ghost."""
    person = _GHOST if person.replacement else person
    api = f"{store.api_url}/users/{person.login}"
    return {
        "login": person.login,
        "id": person.id,
        "node_id": node("User", person.id),
        "avatar_url": f"{store.url}/avatars/{person.id}",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{store.url}/{person.login}",
        **{name: api + path for name, path in _USER_LINKS.items()},
        "type": person.type,
        "site_admin": False,
    }


def author(store: Store, person: User) -> Json | None:
    """As `user`, where GitHub's description allows null."""
    return None if person.replacement == "null" else user(store, person)


def repository(store: Store, repo: Repository) -> Json:
    """As in lists, in webhooks, and inside a pull request."""
    api, page = f"{store.api_url}/repos/{repo.full_name}", f"{store.url}/{repo.full_name}"
    opened = sum(issue.state == "open" for issue in repo.issues.values())
    forks = sum(other.parent is repo for other in store.repositories.values())
    return {
        "id": repo.id,
        "node_id": node("Repository", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "owner": user(store, repo.owner),
        "html_url": page,
        "description": None,
        "fork": repo.parent is not None,
        "url": api,
        **{name: api + path for name, path in _REPOSITORY_LINKS.items()},
        "clone_url": f"{page}.git",
        "git_url": f"{page}.git",
        "ssh_url": f"{page}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "size": 1,
        "default_branch": repo.default_branch,
        "visibility": "private" if repo.private else "public",
        "created_at": repo.created_at,
        "updated_at": repo.pushed_at,
        "pushed_at": repo.pushed_at,
        **dict.fromkeys(("stargazers_count", "watchers_count", "watchers"), 0),
        **dict.fromkeys(("forks_count", "forks"), forks),
        **dict.fromkeys(("open_issues_count", "open_issues"), opened),
        "has_issues": repo.has_issues,
        **dict.fromkeys(("has_downloads", "allow_forking"), True),
        **dict.fromkeys(("has_projects", "has_wiki", "has_pages", "has_discussions", "disabled"), False),
        "archived": repo.archived,
        **dict.fromkeys(("is_template", "web_commit_signoff_required"), False),
        "topics": [],
        "custom_properties": {},
    }


def full_repository(store: Store, repo: Repository) -> Json:
    """As a single repository is returned."""
    parent = repo.parent and repository(store, repo.parent)
    return {
        **repository(store, repo),
        "subscribers_count": 0,
        "network_count": 0,
        **({"parent": parent, "source": parent} if parent else {}),
    }


def merge_settings(repo: Repository) -> Json:
    """The part of a repository that only those who may write to it see."""
    names = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}
    off = ("allow_auto_merge", "allow_update_branch", "delete_branch_on_merge")
    return {**{name: method in repo.merge_methods for method, name in names.items()}, **dict.fromkeys(off, False)}


def app(store: Store, it: GitHubApp) -> Json:
    return {
        "id": it.id,
        "slug": it.slug,
        "node_id": node("App", it.id),
        "owner": user(store, it.owner),
        "name": it.name or it.slug.title(),
        "description": it.description,
        "external_url": it.external_url or f"{store.url}/apps/{it.slug}",
        "html_url": f"{store.url}/apps/{it.slug}",
        "created_at": it.created_at,
        "updated_at": it.created_at,
        "permissions": it.permissions,
        "events": list(it.events),
    }


def installation(store: Store, it: Installation) -> Json:
    return {
        "id": it.id,
        "account": user(store, it.account),
        "repository_selection": "all" if it.repositories is None else "selected",
        "access_tokens_url": f"{store.api_url}/app/installations/{it.id}/access_tokens",
        "repositories_url": f"{store.api_url}/installation/repositories",
        "html_url": f"{store.url}/settings/installations/{it.id}",
        "app_id": store.app.id,
        "app_slug": store.app.slug,
        "target_id": it.account.id,
        "target_type": it.account.type,
        "permissions": it.permissions,
        "events": list(store.app.events),
        "created_at": it.created_at,
        "updated_at": it.suspended_at or it.created_at,
        "single_file_name": None,
        "suspended_by": user(store, it.suspended_by) if it.suspended_by else None,
        "suspended_at": it.suspended_at,
    }


def label(store: Store, repo: Repository, it: Label) -> Json:
    return {
        "id": it.id,
        "node_id": node("Label", it.id),
        "url": f"{store.api_url}/repos/{repo.full_name}/labels/{it.name}",
        "name": it.name,
        "description": it.description or "",
        "color": it.color,
        "default": False,
    }


def issue_event(store: Store, repo: Repository, it: LabelEvent | RenameEvent) -> Json:
    """What happened to an issue."""
    if isinstance(it, LabelEvent):
        kind, more = it.event, {"label": {"name": it.label.name, "color": it.label.color}}
    else:
        kind, more = "renamed", {"rename": {"from": it.before, "to": it.after}}
    return {
        "id": it.id,
        "node_id": node("IssueEvent", it.id),
        "url": f"{store.api_url}/repos/{repo.full_name}/issues/events/{it.id}",
        "actor": author(store, it.actor),
        "event": kind,
        "commit_id": None,
        "commit_url": None,
        "created_at": it.created_at,
        "performed_via_github_app": None,
        **more,
    }


def issue(store: Store, repo: Repository, it: SimulatedIssue) -> Json:
    """An issue, or a pull request seen as one."""
    api = f"{store.api_url}/repos/{repo.full_name}/issues/{it.number}"
    return {
        **issue_links(store, repo, it),
        "id": it.id,
        "node_id": node("Issue", it.id),
        "url": api,
        "number": it.number,
        "title": it.title,
        "body": it.body,
        "user": author(store, it.user),
        "labels": [label(store, repo, each) for each in it.labels],
        "state": it.state,
        "state_reason": it.state_reason,
        **conversation(store, it),
        "milestone": None,
        "comments": len(it.comments),
        "created_at": it.created_at,
        "updated_at": it.updated_at,
        "closed_at": it.closed_at,
        "author_association": association(repo, it.user),
        "reactions": reactions(api, it.reactions),
        "performed_via_github_app": None,
    }


def conversation(store: Store, it: SimulatedIssue) -> Json:
    """Assignees and lock, as issues and pull requests have them."""
    assignees = [user(store, each) for each in it.assignees]
    return {
        "locked": it.locked,
        "active_lock_reason": it.lock_reason,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
    }


def issue_links(store: Store, repo: Repository, it: SimulatedIssue) -> Json:
    api = f"{store.api_url}/repos/{repo.full_name}"
    page = f"{store.url}/{repo.full_name}/{'pull' if it.pull else 'issues'}/{it.number}"
    links = {
        "repository_url": api,
        "labels_url": f"{api}/issues/{it.number}/labels{{/name}}",
        "comments_url": f"{api}/issues/{it.number}/comments",
        "events_url": f"{api}/issues/{it.number}/events",
        "html_url": page,
    }
    if it.pull:
        pull = {
            "url": f"{api}/pulls/{it.number}",
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
        }
        links["pull_request"] = {**pull, "merged_at": it.pull.merged_at}  # type: ignore[assignment]
        links["draft"] = it.pull.draft  # type: ignore[assignment]
    return dict(links)


def comment(store: Store, repo: Repository, parent: SimulatedIssue, it: Comment) -> Json:
    api = f"{store.api_url}/repos/{repo.full_name}/issues"
    return {
        "id": it.id,
        "node_id": node("IssueComment", it.id),
        "url": f"{api}/comments/{it.id}",
        "html_url": f"{issue_links(store, repo, parent)['html_url']}#issuecomment-{it.id}",
        "issue_url": f"{api}/{parent.number}",
        "body": it.body,
        "user": author(store, it.user),
        "created_at": it.created_at,
        "updated_at": it.updated_at,
        "author_association": association(repo, it.user),
        "reactions": reactions(f"{api}/comments/{it.id}", it.reactions),
        "performed_via_github_app": app(store, store.app) if it.user is store.app.bot else None,
    }


def reactions(api: str, reactions: list[Reaction]) -> Json:
    """How many of each kind."""
    counts = {kind: sum(each.content == kind for each in reactions) for kind in REACTIONS}
    return {"url": f"{api}/reactions", "total_count": len(reactions), **counts}


def reaction(store: Store, it: Reaction) -> Json:
    return {
        "id": it.id,
        "node_id": node("Reaction", it.id),
        "user": author(store, it.user),
        "content": it.content,
        "created_at": it.created_at,
    }


def association(repo: Repository, person: User) -> str:
    """GitHub's word for a user's relation to a repository."""
    if person is repo.owner:
        return "OWNER"
    return "COLLABORATOR" if LEVELS.index(repo.level(person.login)) >= LEVELS.index("triage") else "NONE"
