"""Git over HTTP: permission to fetch and push, protected branches, and what follows from a push."""

import asyncio

from aiohttp import web

from simulator.github import git
from simulator.github.entities import Repository
from simulator.github.git_http import protection_hook
from simulator.github.git_http.http_backend import HttpBackend, send_complete
from simulator.github.rest import ApiError, Caller, auth
from simulator.github.services.protection import ProtectionService
from simulator.github.services.refs import RefService
from simulator.github.store import Store

_UNAUTHORIZED = {"WWW-Authenticate": 'Basic realm="GitHub"'}


class GitServer:
    """`/{owner}/{repo}` with or without `.git`."""

    def __init__(self, store: Store, protection: ProtectionService, refs: RefService) -> None:
        self._store, self._protection, self._refs = store, protection, refs

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/{owner}/{repo}/info/refs", self._advertise)
        app.router.add_post("/{owner}/{repo}/git-upload-pack", self._fetch)
        app.router.add_post("/{owner}/{repo}/git-receive-pack", self._push)

    async def _advertise(self, request: web.Request) -> web.StreamResponse:
        """Redirects a former name, which git follows from then on."""
        service = request.query.get("service", "")
        if service not in ("git-upload-pack", "git-receive-pack"):
            raise web.HTTPForbidden(text="Please upgrade your git client.\n")
        caller, repo = self.authorize(request, push=service == "git-receive-pack")
        if self._store.repository_by_former_name(_name(request)) is repo:
            raise web.HTTPMovedPermanently(f"/{repo.full_name}.git/info/refs?service={service}")
        return await HttpBackend(request, repo.path, "info/refs", caller.login).stream()

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        caller, repo = self.authorize(request, push=False)
        return await HttpBackend(request, repo.path, "git-upload-pack", caller.login).stream()

    async def _push(self, request: web.Request) -> web.StreamResponse:
        """Refs are compared under a lock, and events are sent before the answer."""
        caller, repo = self.authorize(request, push=True)
        assert caller.user is not None
        async with self._refs.pushing(repo):
            before = await git.refs(repo.path)
            received, commands = await _read_commands(request)
            environment = protection_hook.environment(self._protection, repo, commands, caller.user)
            answer = await HttpBackend(request, repo.path, "git-receive-pack", caller.login).run(received, environment)
            await self._refs.refs_moved(repo, before, caller.user)
        return await send_complete(request, protection_hook.with_github_errors(answer, repo))

    def authorize(self, request: web.Request, *, push: bool) -> tuple[Caller, Repository]:
        """401 where credentials may help, 404 for what the caller may not see, 403 for a push that is forbidden."""
        name = _name(request)
        try:
            caller = auth.git_caller(self._store, request)
        except ApiError as error:
            if error.status == 403:
                raise web.HTTPForbidden(text=f"{error.message}\n") from error
            raise web.HTTPUnauthorized(headers=_UNAUTHORIZED, text="Invalid username or token.\n") from error
        repo = self._store.repositories.get(name.lower()) or self._store.repository_by_former_name(name)
        if caller.kind == "anonymous" and (push or repo is None or repo.private):
            raise web.HTTPUnauthorized(headers=_UNAUTHORIZED, text="Authentication is needed.\n")
        if repo is None or not auth.may(caller, "contents", "read", repo):
            raise web.HTTPNotFound(text="Repository not found.\n")
        if push and not auth.may(caller, "contents", "write", repo):
            raise web.HTTPForbidden(text=f"Permission to {repo.full_name}.git denied to {caller.login}.\n")
        if push and repo.archived:
            raise web.HTTPForbidden(text="This repository was archived so it is read-only.\n")
        return caller, repo


async def _read_commands(request: web.Request) -> tuple[bytes, list[tuple[str, str]]]:
    try:
        return await protection_hook.read_commands(request.content)
    except (ValueError, asyncio.IncompleteReadError) as error:
        raise web.HTTPBadRequest(text="Invalid push.\n") from error


def _name(request: web.Request) -> str:
    return f"{request.match_info['owner']}/{request.match_info['repo'].removesuffix('.git')}"
