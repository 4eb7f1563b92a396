"""Git over HTTP: who may fetch and push, and what a push sets in motion."""

import asyncio

from aiohttp import web

from simulator.github import git
from simulator.github.git import protection_hook
from simulator.github.git.http_backend import HttpBackend, whole
from simulator.github.rest import ApiError, Caller, auth
from simulator.github.services.commits import Pushes
from simulator.github.services.entities import Repository

_UNAUTHORIZED = {"WWW-Authenticate": 'Basic realm="GitHub"'}


class GitServer:
    """`/{owner}/{repo}` with or without `.git`."""

    def __init__(self, hub: Pushes) -> None:
        self._hub = hub

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/{owner}/{repo}/info/refs", self._advertise)
        app.router.add_post("/{owner}/{repo}/git-upload-pack", self._fetch)
        app.router.add_post("/{owner}/{repo}/git-receive-pack", self._push)

    async def _advertise(self, request: web.Request) -> web.StreamResponse:
        """Here git learns of a new name, and uses it from then on."""
        service = request.query.get("service", "")
        if service not in ("git-upload-pack", "git-receive-pack"):
            raise web.HTTPForbidden(text="Please upgrade your git client.\n")
        caller, repo = self._admit(request, push=service == "git-receive-pack")
        if self._hub.moved_to(_name(request)) is repo:
            raise web.HTTPMovedPermanently(f"/{repo.full_name}.git/info/refs?service={service}")
        return await HttpBackend(request, repo.path, "info/refs", caller.login).stream()

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        caller, repo = self._admit(request, push=False)
        return await HttpBackend(request, repo.path, "git-upload-pack", caller.login).stream()

    async def _push(self, request: web.Request) -> web.StreamResponse:
        """Refs are compared under a lock, and the app is told before the pusher hears that it worked."""
        caller, repo = self._admit(request, push=True)
        assert caller.user is not None
        async with self._hub.pushing(repo):
            before = await git.refs(repo.path)
            begun, asked = await _begin(request)
            decided = protection_hook.decision(self._hub, repo, asked, caller.user)
            answer = await HttpBackend(request, repo.path, "git-receive-pack", caller.login).run(begun, decided)
            await self._hub.refs_moved(repo, before, caller.user)
        return await whole(request, protection_hook.retold(answer, repo))

    def _admit(self, request: web.Request, *, push: bool) -> tuple[Caller, Repository]:
        """401 where a name may help, 404 for what the caller may not know of, 403 for a push that is not allowed."""
        name = _name(request)
        try:
            caller = auth.git_caller(self._hub, request)
        except ApiError as error:
            if error.status == 403:
                raise web.HTTPForbidden(text=f"{error.message}\n") from error
            raise web.HTTPUnauthorized(headers=_UNAUTHORIZED, text="Invalid username or token.\n") from error
        repo = self._hub.repositories.get(name.lower()) or self._hub.moved_to(name)
        if caller.kind == "nobody" and (push or repo is None or repo.private):
            raise web.HTTPUnauthorized(headers=_UNAUTHORIZED, text="Authentication is needed.\n")
        if repo is None or not auth.may(caller, "contents", "read", repo):
            raise web.HTTPNotFound(text="Repository not found.\n")
        if push and not auth.may(caller, "contents", "write", repo):
            raise web.HTTPForbidden(text=f"Permission to {repo.full_name}.git denied to {caller.login}.\n")
        if push and repo.archived:
            raise web.HTTPForbidden(text="This repository was archived so it is read-only.\n")
        return caller, repo


async def _begin(request: web.Request) -> tuple[bytes, list[tuple[str, str]]]:
    try:
        return await protection_hook.commands(request.content)
    except (ValueError, asyncio.IncompleteReadError) as error:
        raise web.HTTPBadRequest(text="That is no push.\n") from error


def _name(request: web.Request) -> str:
    return f"{request.match_info['owner']}/{request.match_info['repo'].removesuffix('.git')}"
