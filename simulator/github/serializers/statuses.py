"""Commit statuses as GitHub's JSON."""

from simulator.github import git
from simulator.github.entities import Json, Repository, Status
from simulator.github.serializers import git as git_json
from simulator.github.serializers import node, repository, user
from simulator.github.store import Store

_BRANCHES = 10


def simple_status(store: Store, repo: Repository, sha: str, it: Status) -> Json:
    """As in the combined status."""
    return {
        "url": f"{store.api_url}/repos/{repo.full_name}/statuses/{sha}",
        "avatar_url": f"{store.url}/avatars/{it.creator.id}",
        "id": it.id,
        "node_id": node("StatusContext", it.id),
        "state": it.state,
        "description": it.description,
        "target_url": it.target_url,
        "context": it.context,
        "created_at": it.created_at,
        "updated_at": it.created_at,
    }


def status(store: Store, repo: Repository, sha: str, it: Status) -> Json:
    return {**simple_status(store, repo, sha, it), "creator": user(store, it.creator)}


def combined(store: Store, repo: Repository, sha: str, state: str, statuses: list[Json], total: int) -> Json:
    """`statuses` is one page of them."""
    url = f"{store.api_url}/repos/{repo.full_name}/commits/{sha}"
    return {
        "state": state,
        "statuses": statuses,
        "sha": sha,
        "total_count": total,
        "repository": repository(store, repo),
        "commit_url": url,
        "url": f"{url}/status",
    }


async def event(store: Store, repo: Repository, sha: str, it: Status) -> Json:
    """The `status` event, which has no action."""
    tips = {ref.removeprefix("refs/heads/"): tip for ref, tip in (await git.refs(repo.path, "refs/heads")).items()}
    containing = [(name, tip) for name, tip in tips.items() if await git.is_ancestor(repo.path, sha, tip)][:_BRANCHES]
    api = f"{store.api_url}/repos/{repo.full_name}/commits"
    fields, commit = simple_status(store, repo, sha, it), git_json.commit(store, repo, await git.one(repo.path, sha))
    verification = {key: value for key, value in git_json.UNSIGNED.items() if key != "verified_at"}
    names = ("id", "avatar_url", "target_url", "context", "description", "state", "created_at", "updated_at")
    return {
        **{name: fields[name] for name in names},
        "sha": sha,
        "name": repo.full_name,
        "commit": {**commit, "commit": {**commit["commit"], "verification": verification}},
        "branches": [
            {"name": name, "commit": {"sha": tip, "url": f"{api}/{tip}"}, "protected": repo.is_protected(name)}
            for name, tip in containing
        ],
    }
