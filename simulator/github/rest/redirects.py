"""Repositories under other addresses: by their id, and by a former name, which redirects to that."""

from collections.abc import Mapping

from aiohttp import web

from simulator.github.entities import Json, Repository
from simulator.github.errors import EntityNotFound
from simulator.github.rest import Caller, RestResponse
from simulator.github.store import Store

NAMED = "/repos/{owner}/{repo}"
NUMBERED = "/repositories/{repository_id:[0-9]+}"


def with_name(store: Store, params: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a path, with owner and name of a repository given by its id. Raises EntityNotFound."""
    if "repository_id" not in params:
        return dict(params)
    number = int(params["repository_id"])
    repo = next((repo for repo in store.repositories.values() if repo.id == number), None)
    if repo is None:
        raise EntityNotFound("repository")
    return {**params, "owner": repo.owner.login, "repo": repo.name}


def moved(store: Store, request: web.Request, caller: Caller, params: Mapping[str, str]) -> RestResponse | None:
    """301 for GET and 307 for other methods where the name is a former one that the caller may see; else None."""
    repo = store.repository_by_former_name(f"{params['owner']}/{params['repo']}") if "repo" in params else None
    if repo is None or not _sees(store, caller, repo):
        return None
    before, _, rest = request.rel_url.raw_path.partition("/repos/")
    end = "".join(f"/{segment}" for segment in rest.split("/")[2:])
    query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
    url = f"{store.url}{before}/repositories/{repo.id}{end}{query}"
    reading = request.method in ("GET", "HEAD")
    message = "Moved Permanently" if reading else "Temporary Redirect"
    body: Json = {"message": message, "url": url, "documentation_url": f"{store.url}/rest"}
    return RestResponse(body, 301 if reading else 307, {"Location": url})


def _sees(store: Store, caller: Caller, repo: Repository) -> bool:
    if caller.kind == "app":
        return not repo.private or store.installation_of(repo) is not None
    if caller.token:
        return not repo.private or caller.token.covers(repo)
    return repo.level(caller.login) != "none"
