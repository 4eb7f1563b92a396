"""The deployments of one repository, as GitHub lists them."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from activities.github.urls import url_values
from activities.model import RepoRef

if TYPE_CHECKING:
    from activities.github.client import API, AppClient, GitHub

Json = Mapping[str, Any]

_DEPLOYMENTS = "/repos/{owner}/{repo}/deployments"
_STATUSES = f"{_DEPLOYMENTS}/{{id}}/statuses"
_MOST_LISTED = 300
_MOST_STATUSES = 50
_KEY = "autobuild"


class RepositoryDeployments:
    """Tokens end before the longest deployments do, so each request takes the one of its moment."""

    def __init__(self, github: "GitHub", repo: RepoRef) -> None:
        self._github = github
        self._repo = repo

    async def find(self, key: str) -> Json | None:
        """Ours with this key in its payload: anybody else may write the same key."""
        app = await self._github.app()
        async for each in self._listed(_DEPLOYMENTS):
            if _is_ours(each, app) and _key_of(each) == key:
                return each
        return None

    async def create(self, sha: str, environment: str, key: str, description: str) -> Json:
        """Of just this commit, whatever its statuses say: who asks has judged it. Raises Validation and Conflict."""
        data = {
            "ref": sha, "environment": environment, "auto_merge": False, "required_contexts": [],
            "payload": {_KEY: key}, "description": description,
        }  # fmt: skip
        made: Json = await (await self._api("write")).post(_DEPLOYMENTS, url_values(self._repo), data=data)
        return made

    async def newest_status(self, deployment_id: int) -> Json | None:
        """None before the first one."""
        async for each in self._statuses(deployment_id):
            return each
        return None

    async def succeeded_before(self, deployment_id: int, environment: str) -> str:
        """The commit of the last one in the environment that succeeded before this one; "" for none but those of the
        same commit."""
        passed, sha = False, ""
        url = f"{_DEPLOYMENTS}?environment={{environment}}"
        async for each in self._listed(url, environment=environment):
            if int(each["id"]) == deployment_id:
                passed, sha = True, str(each["sha"])
            elif passed and each["sha"] != sha and await self._has_succeeded(int(each["id"])):
                return str(each["sha"])
        return ""

    async def _has_succeeded(self, deployment_id: int) -> bool:
        """Also one that a later deployment made inactive."""
        return any([each["state"] == "success" async for each in self._statuses(deployment_id)])

    async def _statuses(self, deployment_id: int) -> AsyncIterator[Json]:
        async for each in self._listed(_STATUSES, _MOST_STATUSES, id=str(deployment_id)):
            yield each

    async def _listed(self, url: str, most: int = _MOST_LISTED, **values: str) -> AsyncIterator[Json]:
        """The newest first."""
        api, count = await self._api("read"), 0
        paged = f"{url}{'&' if '?' in url else '?'}per_page={min(most, 100)}"
        async for each in api.getiter(paged, url_values(self._repo, **values)):
            count += 1
            yield each
            if count == most:
                return

    async def _api(self, level: str) -> "API":
        return await self._github.installation(self._repo, {"deployments": level})


def _is_ours(deployment: Json, app: "AppClient") -> bool:
    return app.wrote({"user": deployment.get("creator")})


def _key_of(deployment: Json) -> str:
    """ "" where the payload is another's: JSON, or text that may be JSON."""
    payload = deployment.get("payload")
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except ValueError:
            return ""
    key = payload.get(_KEY) if isinstance(payload, dict) else ""
    return key if isinstance(key, str) else ""
