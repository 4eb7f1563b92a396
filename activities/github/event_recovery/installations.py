"""Where the app is installed, and which repositories are in its reach."""

from collections.abc import Mapping
from typing import Any

from activities.github.client import GitHub
from activities.github.types.event_recovery import Installations, Repositories, RepositoriesInput
from activities.model import RepoRef

_PAGE = 100


async def awake(github: GitHub) -> Installations:
    """All installations that are not suspended: GitHub would refuse a token for those."""
    found = [each async for each in github.as_app.getiter(f"/app/installations?per_page={_PAGE}")]
    ids = tuple(int(each["id"]) for each in found if not each.get("suspended_at"))
    return Installations(ids, len(found) - len(ids))


async def repositories(github: GitHub, wanted: RepositoriesInput) -> Repositories:
    """One page, without those that are archived or disabled, where nothing can be written.

    Raises `Suspended` for an installation that is gone or asleep.
    """
    api = await github.everywhere(wanted.installation_id, {"pull_requests": "read", "checks": "read"})
    url = "/installation/repositories{?per_page,page}"
    answer, _ = await api.news(url, {"per_page": str(_PAGE), "page": str(wanted.page)}, "")
    listed = answer["repositories"]
    repos = tuple(_repo(each, wanted) for each in listed if not (each.get("archived") or each.get("disabled")))
    last = len(listed) < _PAGE or wanted.page * _PAGE >= int(answer["total_count"])
    return Repositories(repos, 0 if last else wanted.page + 1)


def _repo(data: Mapping[str, Any], wanted: RepositoriesInput) -> RepoRef:
    return RepoRef(str(data["owner"]["login"]), str(data["name"]), wanted.installation_id, id=int(data["id"]))
