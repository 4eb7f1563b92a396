"""Commits, changed files and refs as GitHub's JSON."""

from datetime import UTC, datetime
from urllib.parse import quote

from simulator.github.entities import Json, Repository
from simulator.github.git import Commit, Person
from simulator.github.git.diff import FileDiff
from simulator.github.serializers import node, user
from simulator.github.store import Store

UNSIGNED: Json = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def commit(store: Store, repo: Repository, it: Commit) -> Json:
    """As the REST API gives it."""
    api, page = f"{store.api_url}/repos/{repo.full_name}", f"{store.url}/{repo.full_name}/commit/{it.sha}"
    return {
        "sha": it.sha,
        "node_id": node("Commit", int(it.sha[:12], 16)),
        "url": f"{api}/commits/{it.sha}",
        "html_url": page,
        "comments_url": f"{api}/commits/{it.sha}/comments",
        "commit": {
            "url": f"{api}/git/commits/{it.sha}",
            "author": _person(it.author, it.authored_at),
            "committer": _person(it.committer, it.committed_at),
            "message": it.message,
            "comment_count": 0,
            "tree": {"sha": it.tree, "url": f"{api}/git/trees/{it.tree}"},
            "verification": UNSIGNED,
        },
        "author": _user(store, it.author),
        "committer": _user(store, it.committer),
        "parents": [{"sha": sha, "url": f"{api}/commits/{sha}", "html_url": page} for sha in it.parents],
    }


def git_commit(store: Store, repo: Repository, it: Commit) -> Json:
    """As the Git database API gives it."""
    api, page = f"{store.api_url}/repos/{repo.full_name}/git", f"{store.url}/{repo.full_name}/commit"
    return {
        "sha": it.sha,
        "node_id": node("Commit", int(it.sha[:12], 16)),
        "url": f"{api}/commits/{it.sha}",
        "html_url": f"{page}/{it.sha}",
        "author": _person(it.author, it.authored_at),
        "committer": _person(it.committer, it.committed_at),
        "tree": {"sha": it.tree, "url": f"{api}/trees/{it.tree}"},
        "message": it.message,
        "parents": [{"sha": sha, "url": f"{api}/commits/{sha}", "html_url": f"{page}/{sha}"} for sha in it.parents],
        "verification": UNSIGNED,
    }


def simple_commit(it: Commit) -> Json:
    """As in a check suite or a merge group."""
    return {
        "id": it.sha,
        "tree_id": it.tree,
        "message": it.message,
        "timestamp": it.committed_at,
        "author": {"name": it.author.name, "email": it.author.email},
        "committer": {"name": it.committer.name, "email": it.committer.email},
    }


def pushed_commit(store: Store, repo: Repository, it: Commit, touched: dict[str, list[str]]) -> Json:
    """As in a push event; `touched` has the paths by `added`, `removed` and `modified`."""
    return {
        **simple_commit(it),
        "author": {"name": it.author.name, "email": it.author.email, "username": it.author.name},
        "committer": {"name": it.committer.name, "email": it.committer.email, "username": it.committer.name},
        "distinct": True,
        "url": f"{store.url}/{repo.full_name}/commit/{it.sha}",
        **touched,
    }


def changed_file(store: Store, repo: Repository, sha: str, it: FileDiff) -> Json:
    """One file of a pull request or a comparison."""
    path = quote(it.path)
    entry = {
        "sha": it.blob,
        "filename": it.path,
        "status": it.status,
        "additions": it.additions,
        "deletions": it.deletions,
        "changes": it.additions + it.deletions,
        "blob_url": f"{store.url}/{repo.full_name}/blob/{sha}/{path}",
        "raw_url": f"{store.url}/{repo.full_name}/raw/{sha}/{path}",
        "contents_url": f"{store.api_url}/repos/{repo.full_name}/contents/{path}?ref={sha}",
    }
    if it.patch:
        entry["patch"] = it.patch
    return {**entry, "previous_filename": it.previous} if it.previous else entry


def ref(store: Store, repo: Repository, name: str, sha: str) -> Json:
    api = f"{store.api_url}/repos/{repo.full_name}/git"
    return {
        "ref": name,
        "node_id": node("Ref", int(sha[:12], 16)),
        "url": f"{api}/{quote(name)}",
        "object": {"type": "commit", "sha": sha, "url": f"{api}/commits/{sha}"},
    }


def _user(store: Store, it: Person) -> Json | None:
    """The user whose address it is, null for anyone else."""
    login = it.email.partition("@")[0].partition("+")[2].lower()
    return user(store, store.users[login]) if login in store.users else None


def _person(it: Person, date: str) -> Json:
    """GitHub's times are in UTC."""
    moment = datetime.fromisoformat(date).astimezone(UTC)
    return {"name": it.name, "email": it.email, "date": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
