"""Commit statuses as GitHub's JSON."""

from typing import TYPE_CHECKING

from simulator.github import git
from simulator.github.serializers import git as shapes_git
from simulator.github.serializers import node, repository, user
from simulator.github.services.entities import Json, Repository
from simulator.github.services.nouns import Status

if TYPE_CHECKING:
    from simulator.github.services.store import Hub

_BRANCHES = 10


def simple_status(hub: "Hub", repo: Repository, sha: str, it: Status) -> Json:
    """As in the combined status."""
    return {
        "url": f"{hub.api_url}/repos/{repo.full_name}/statuses/{sha}",
        "avatar_url": f"{hub.url}/avatars/{it.creator.id}",
        "id": it.id,
        "node_id": node("StatusContext", it.id),
        "state": it.state,
        "description": it.description,
        "target_url": it.target_url,
        "context": it.context,
        "created_at": it.created_at,
        "updated_at": it.created_at,
    }


def status(hub: "Hub", repo: Repository, sha: str, it: Status) -> Json:
    return {**simple_status(hub, repo, sha, it), "creator": user(hub, it.creator)}


def combined(hub: "Hub", repo: Repository, sha: str, state: str, statuses: list[Json], total: int) -> Json:
    """`statuses` is one page of them."""
    url = f"{hub.api_url}/repos/{repo.full_name}/commits/{sha}"
    return {
        "state": state,
        "statuses": statuses,
        "sha": sha,
        "total_count": total,
        "repository": repository(hub, repo),
        "commit_url": url,
        "url": f"{url}/status",
    }


async def event(hub: "Hub", repo: Repository, sha: str, it: Status) -> Json:
    """The `status` event, which has no action."""
    tips = {ref.removeprefix("refs/heads/"): tip for ref, tip in (await git.refs(repo.path, "refs/heads")).items()}
    holding = [(name, tip) for name, tip in tips.items() if await git.is_ancestor(repo.path, sha, tip)][:_BRANCHES]
    api = f"{hub.api_url}/repos/{repo.full_name}/commits"
    said, commit = simple_status(hub, repo, sha, it), shapes_git.commit(hub, repo, await git.one(repo.path, sha))
    verification = {key: value for key, value in shapes_git.UNSIGNED.items() if key != "verified_at"}
    names = ("id", "avatar_url", "target_url", "context", "description", "state", "created_at", "updated_at")
    return {
        **{name: said[name] for name in names},
        "sha": sha,
        "name": repo.full_name,
        "commit": {**commit, "commit": {**commit["commit"], "verification": verification}},
        "branches": [
            {"name": name, "commit": {"sha": tip, "url": f"{api}/{tip}"}, "protected": name in repo.protected}
            for name, tip in holding
        ],
    }
