"""An installation token asked for: for one repository and just the permissions that are needed.

A repository is named by its id where that is known, which a rename does not change. Where the installation that it
was in has it no more, the one that it is in now is looked for: it was transferred, or the app installed anew.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from activities.github.client.api import API
from activities.github.client.renames import RepositoryNames
from activities.github.errors import Forbidden, GitHubError, NotFound, Suspended, Unavailable, Validation
from activities.model import RepoRef

Permissions = Mapping[str, str]
_LEVELS = ("read", "write", "admin")


@dataclass(frozen=True)
class TokenRequest:
    """`repo` None: all repositories of the installation."""

    installation: int
    repo: RepoRef | None
    permissions: Permissions

    @property
    def where(self) -> str:
        return self.repo.full_name if self.repo else "this account"


@dataclass(frozen=True)
class IssuedToken:
    """`installation` is the one it is of; `ends` in seconds since 1970, by GitHub's clock."""

    text: str = field(repr=False)
    installation: int
    ends: float


class TokenIssuer:
    """Where tokens come from: the app itself asks."""

    def __init__(self, as_app: API, names: RepositoryNames) -> None:
        self._as_app = as_app
        self._names = names

    async def token(self, wanted: TokenRequest) -> IssuedToken:
        """A new token. Raises `Suspended` or `Forbidden` with what a person can do, `GitHubError` else."""
        installation = wanted.installation or await self._installation_of(wanted)
        try:
            return await self._minted(installation, wanted)
        except (NotFound, Validation) as error:
            found = await self._elsewhere(installation, wanted, error)
        try:
            return await self._minted(found, wanted)
        except (NotFound, Validation):
            raise self._left_out(wanted, await self._described(found)) from None

    async def _minted(self, installation: int, wanted: TokenRequest) -> IssuedToken:
        body = {**self._chosen(wanted), "permissions": dict(wanted.permissions)}
        names = {"id": str(installation)}
        try:
            data = await self._as_app.post("/app/installations/{id}/access_tokens", names, data=body)
        except Suspended:
            raise Suspended(
                f"The app's installation for {wanted.where} is suspended: unsuspend it{await self._page(installation)}."
            ) from None
        except Validation as error:
            if "permission" not in error.said.lower():
                raise
            raise self._not_granted(wanted, await self._described(installation), error) from None
        return self._read(data, installation)

    def _chosen(self, wanted: TokenRequest) -> dict[str, Any]:
        if wanted.repo is None:
            return {}
        known = self._names.id_of(wanted.repo)
        return {"repository_ids": [known]} if known else {"repositories": [wanted.repo.name]}

    def _read(self, data: Any, installation: int) -> IssuedToken:
        try:
            for each in data.get("repositories") or ():
                self._names.learn(int(each["id"]), str(each["full_name"]))
            ends = datetime.fromisoformat(str(data["expires_at"])).timestamp()
            return IssuedToken(str(data["token"]), installation, ends)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Unavailable(f"GitHub's answer has no token in it: {type(error).__name__}") from None

    async def _elsewhere(self, installation: int, wanted: TokenRequest, error: GitHubError) -> int:
        """The installation in which the repository is by now, or whose id for it is known only now."""
        if error.status not in (404, 422):
            raise error
        known = self._names.id_of(wanted.repo) if wanted.repo else 0
        found = await self._looked_up(wanted)
        if found and (found != installation or (wanted.repo and self._names.id_of(wanted.repo) != known)):
            return found
        if error.status == 404:
            raise _removed(wanted)
        raise self._left_out(wanted, await self._described(installation))

    async def _installation_of(self, wanted: TokenRequest) -> int:
        found = await self._looked_up(wanted)
        if not found:
            raise _removed(wanted)
        return found

    async def _looked_up(self, wanted: TokenRequest) -> int:
        """The installation that has the repository, 0 where none has."""
        if wanted.repo is None:
            return 0
        names = {"owner": wanted.repo.owner, "repo": wanted.repo.name}
        try:
            data = await self._as_app.getitem("/repos/{owner}/{repo}/installation", names)
            return int(data["id"])
        except NotFound:
            return 0
        except (LookupError, TypeError, ValueError):
            raise Unavailable("GitHub's answer names no installation.") from None

    def _not_granted(self, wanted: TokenRequest, described: Mapping[str, Any], error: GitHubError) -> Forbidden:
        given = described.get("permissions")
        given = given if isinstance(given, Mapping) else {}
        missing = {name: level for name, level in wanted.permissions.items() if not _covers(given.get(name), level)}
        shown = ", ".join(f"{name}: {level}" for name, level in sorted((missing or dict(wanted.permissions)).items()))
        return Forbidden(
            f"The app's installation does not give {shown} on {wanted.where}: the app must ask for it in its own "
            f"settings, and the account's owner accept that{_at(described)}. ({error.said})"
        )

    def _left_out(self, wanted: TokenRequest, described: Mapping[str, Any]) -> Forbidden:
        return Forbidden(
            f"The app's installation gives no access on {wanted.where}: select the repository in it{_at(described)}."
        )

    async def _page(self, installation: int) -> str:
        return _at(await self._described(installation))

    async def _described(self, installation: int) -> Mapping[str, Any]:
        """What GitHub tells of an installation: only for a better sentence, so nothing depends on it."""
        with contextlib.suppress(GitHubError):
            data = await self._as_app.getitem("/app/installations/{id}", {"id": str(installation)})
            return data if isinstance(data, Mapping) else {}
        return {}


def _removed(wanted: TokenRequest) -> Suspended:
    return Suspended(f"The app is not installed on {wanted.where} (any more): install it there.")


def _covers(given: object, wanted: str) -> bool:
    return given in _LEVELS and wanted in _LEVELS and _LEVELS.index(str(given)) >= _LEVELS.index(wanted)


def _at(described: Mapping[str, Any]) -> str:
    """Where on GitHub; "" where that is not known."""
    page = described.get("html_url")
    return f" at {page}" if isinstance(page, str) and page else " in the settings of the account, under GitHub Apps"
