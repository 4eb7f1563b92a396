"""An installation token: requested for one repository and just the permissions that are needed.

A repository is named by its id where that is known, which a rename does not change. Where its installation has it no
more, the present one is looked up: the repository was transferred, or the app was installed anew.
"""

import contextlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from activities.github.client.api import API
from activities.github.client.renames import RepositoryNames
from activities.github.errors import Forbidden, GitHubError, NotFound, Suspended, Unavailable, Validation
from activities.model import RepoRef
from activities.reporting import github_errors as texts

Permissions = Mapping[str, str]
_LEVELS = ("read", "write", "admin")


@dataclass(frozen=True)
class TokenRequest:
    """`repo` None: all repositories of the installation. `only_there`: of that installation and for a repository of
    that name, or not at all. Without it the present installation is looked up, which may be another account's."""

    installation: int
    repo: RepoRef | None
    permissions: Permissions
    only_there: bool = False

    @property
    def where(self) -> str:
        """The repository's name, "" for the whole account."""
        return self.repo.full_name if self.repo else ""

    @property
    def key(self) -> Hashable:
        """The same for the same token. By the repository's id where that is known: the name may change."""
        repo = self.repo and (self.repo.id or self.repo.full_name.lower())
        return (self.installation, repo or "", self.only_there, *sorted(self.permissions.items()))


@dataclass(frozen=True)
class IssuedToken:
    """`installation` is the one that it is of; `ends` in seconds since 1970, by GitHub's clock; `node_id` is GraphQL's
    id of the one repository that it is for, "" where it is for more; `repositories` are their full names."""

    text: str = field(repr=False)
    installation: int
    ends: float
    node_id: str = ""
    repositories: tuple[str, ...] = ()


class TokenIssuer:
    """Requests tokens as the app itself."""

    def __init__(self, as_app: API, names: RepositoryNames) -> None:
        self._as_app = as_app
        self._names = names

    async def issue(self, request: TokenRequest) -> IssuedToken:
        """A new token. Raises `Suspended` or `Forbidden` with what a person can do, `GitHubError` else."""
        if request.only_there:
            return await self._issue_only_there(request)
        installation = request.installation or await self._find_installation(request)
        if not installation:
            raise Suspended(texts.app_not_installed(request.where))
        try:
            return await self._issue(installation, request)
        except (NotFound, Validation) as error:
            present = await self._present_installation(installation, request, error)
        try:
            return await self._issue(present, request)
        except (NotFound, Validation):
            raise Forbidden(texts.not_selected(request.where, await self._page(present))) from None

    async def _issue_only_there(self, request: TokenRequest) -> IssuedToken:
        if not request.installation:
            raise Suspended(texts.app_not_installed(request.where))
        refused = Forbidden(texts.not_selected(request.where, ""))
        try:
            token = await self._issue(request.installation, request)
        except (NotFound, Validation):
            raise refused from None
        # An installation knows its account's repositories by their short name.
        if [name.lower() for name in token.repositories] != [request.where.lower()]:
            raise refused
        return token

    async def _issue(self, installation: int, request: TokenRequest) -> IssuedToken:
        body: dict[str, Any] = {"permissions": dict(request.permissions)}
        if request.repo and (known := self._names.id_of(request.repo)):
            body["repository_ids"] = [known]
        elif request.repo:
            body["repositories"] = [request.repo.name]
        where = {"id": str(installation)}
        try:
            data = await self._as_app.post("/app/installations/{id}/access_tokens", where, data=body)
        except Suspended:
            raise Suspended(texts.installation_suspended(request.where, await self._page(installation))) from None
        except Validation as error:
            if "permission" not in error.reason.lower():
                raise
            raise await self._not_granted(installation, request, error) from None
        try:
            covered = data.get("repositories") or ()
            nodes = [str(each.get("node_id") or "") for each in covered]
            names = tuple(str(each["full_name"]) for each in covered)
            for each, name in zip(covered, names, strict=True):
                self._names.learn(int(each["id"]), name)
            ends = datetime.fromisoformat(str(data["expires_at"])).timestamp()
            return IssuedToken(str(data["token"]), installation, ends, nodes[0] if len(nodes) == 1 else "", names)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Unavailable(f"GitHub's answer has no token in it: {type(error).__name__}") from None

    async def _present_installation(self, installation: int, request: TokenRequest, error: GitHubError) -> int:
        """The installation that has the repository by now, also where only the repository's id was learnt."""
        if error.status not in (404, 422):
            raise error
        known = self._names.id_of(request.repo) if request.repo else 0
        found = await self._find_installation(request)
        if found and (found != installation or (request.repo and self._names.id_of(request.repo) != known)):
            return found
        if error.status == 404:
            raise Suspended(texts.app_not_installed(request.where))
        raise Forbidden(texts.not_selected(request.where, await self._page(installation)))

    async def _find_installation(self, request: TokenRequest) -> int:
        """The installation that has the repository, 0 where none has."""
        if request.repo is None:
            return 0
        where = {"owner": request.repo.owner, "repo": request.repo.name}
        try:
            return int((await self._as_app.getitem("/repos/{owner}/{repo}/installation", where))["id"])
        except NotFound:
            return 0
        except (LookupError, TypeError, ValueError):
            raise Unavailable("GitHub's answer names no installation.") from None

    async def _not_granted(self, installation: int, request: TokenRequest, error: GitHubError) -> Forbidden:
        data = await self._describe(installation)
        granted = data.get("permissions")
        granted = granted if isinstance(granted, Mapping) else {}
        missing = {
            name: level
            for name, level in request.permissions.items()
            if granted.get(name) not in _LEVELS[_LEVELS.index(level) :]
        }
        page = _page_of(data)
        return Forbidden(texts.not_granted(missing or request.permissions, request.where, page, error.reason))

    async def _page(self, installation: int) -> str:
        return _page_of(await self._describe(installation))

    async def _describe(self, installation: int) -> Mapping[str, Any]:
        """GitHub's data of an installation: only for a better text, so nothing depends on it."""
        with contextlib.suppress(GitHubError):
            data = await self._as_app.getitem("/app/installations/{id}", {"id": str(installation)})
            return data if isinstance(data, Mapping) else {}
        return {}


def _page_of(data: Mapping[str, Any]) -> str:
    page = data.get("html_url")
    return page if isinstance(page, str) else ""
