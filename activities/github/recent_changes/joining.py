"""Commits, pull requests and deployments put together: what each change is, and when it took effect."""

from collections.abc import Sequence
from dataclasses import replace

from activities.github.recent_changes.types import ChangesOnGitHub, KnownDeployment
from activities.globs import path_matches
from activities.incident_changes.git_history import BranchCommit, by_bot, places, rebased
from activities.incident_changes.kinds import kinds_of
from activities.incidents.types import ChangeSort, RecentChange
from activities.model import RepoRef

FAILED = ("failure", "error")


def commit_changes(commits: Sequence[BranchCommit], found: ChangesOnGitHub, repo: RepoRef) -> list[RecentChange]:
    """Each commit and each merged pull request once, the newest first, with the deployment that brought it."""
    pulls = {one.sha: one for one in found.pulls}
    brought = _brought_by(commits, found.deployments)
    changes = []
    at = 0
    while at < len(commits):
        commit, pull = commits[at], pulls.get(commits[at].sha)
        count = rebased(commits, at, pull.headlines) if pull and not commit.merge else 1
        deployment = brought.get(commit.sha)
        page = pull.url if pull else ""
        change = RecentChange(
            commit.sha, "merge" if pull or commit.merge else "commit", max(commit.at, pull.at if pull else 0.0),
            pull.title if pull else commit.title, repo.full_name, sha=commit.sha, pull=pull.number if pull else 0,
            by_bot=pull.by_bot if pull else by_bot(commit.author), labels=pull.labels if pull else (), url=page,
            base=commits[at + count - 1].base,
        )  # fmt: skip
        if deployment:
            change = replace(change, at=max(change.at, deployment.at), deployment=f"deployment:{deployment.id}")
        changes.append(change)
        at += count
    return changes


def _brought_by(commits: Sequence[BranchCommit], deployments: Sequence[KnownDeployment]) -> dict[str, KnownDeployment]:
    """Commit → the first deployment that has it. Of those that an earlier one has already, it is that earlier one."""
    where = places(commits)
    found: dict[str, KnownDeployment] = {}
    for deployment in sorted(deployments, key=lambda one: one.at):
        for commit in commits[where[deployment.sha] :] if deployment.sha in where else ():
            if commit.sha in found:
                break  # and so are all that it is upon
            found[commit.sha] = deployment
    return found


def deployment_changes(deployments: Sequence[KnownDeployment], repo: RepoRef) -> list[RecentChange]:
    """`base` is what was deployed before."""
    ordered = sorted(deployments, key=lambda one: one.at)
    before: dict[str, str] = {}
    changes = []
    for one in ordered:
        how = ", failed" if one.state in FAILED else ""
        changes.append(RecentChange(
            f"deployment:{one.id}", "deployment", one.at, f"Deployment to {one.environment}{how}", repo.full_name,
            sha=one.sha, url=one.url, base=before.get(one.environment, ""),
        ))  # fmt: skip
        before[one.environment] = one.sha
    return changes


def release_changes(found: ChangesOnGitHub, repo: RepoRef) -> list[RecentChange]:
    """Releases, which touch nothing themselves."""
    return [
        RecentChange(f"release:{one.tag}", "release", one.at, one.tag, repo.full_name, by_bot=one.by_bot, url=one.url)
        for one in found.releases
    ]


def classified(change: RecentChange, service: str, paths: Sequence[str]) -> RecentChange:
    """With the service that it belongs to, and with the sort that its files give it."""
    own = not paths or not change.paths or any(path_matches(paths, path) for path in change.paths)
    sort: ChangeSort = change.sort
    kinds = kinds_of(change.paths) - {"documentation", "test"}
    if sort in ("commit", "merge") and kinds:
        if kinds == {"dependency"}:
            sort = "dependency"
        elif kinds <= {"configuration", "flag"}:
            sort = "configuration"
    return replace(change, service=service if own else "", sort=sort)
