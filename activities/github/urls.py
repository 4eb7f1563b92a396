"""What fills the templates of GitHub's addresses, such as `/repos/{owner}/{repo}/pulls/{number}`."""

from activities.model import RepoRef


def url_values(repo: RepoRef, **more: str) -> dict[str, str]:
    """The repository's owner and name, and whatever else the address has."""
    return {"owner": repo.owner, "repo": repo.name, **more}
