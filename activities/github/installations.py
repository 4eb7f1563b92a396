"""Repositories by their names alone: which installation of this App they belong to."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from activities.errors import UserError
from activities.github.errors import NotFound
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import GitHub


async def find_repo(github: "GitHub", full_name: str) -> RepoRef:
    """The repository, with its installation. Raises UserError where this App is not installed in it."""
    owner, _, name = full_name.partition("/")
    try:
        found = await github.as_app.getitem(f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}/installation")
    except NotFound:
        raise UserError(f"The App is not installed in {full_name}, or there is no such repository.") from None
    return RepoRef(owner, name, int(found["id"]))
