"""Git LFS: the batch API, and the storage that its answers point to, here on the same host."""

import asyncio
import contextlib
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping

from aiohttp import web

from simulator.github.entities import Json, Repository
from simulator.github.store import Store

_TYPE = "application/vnd.git-lfs+json"
_MOST = 100
_CHUNK = b"x" * 65_536


class LfsServer:
    """`authorize` gives the repository that a caller may read. `batches` are all questions, `downloads` the headers of
    all requests to the storage.

    Faults: `answers` replace what the batch says of an object, `bodies` what the storage sends for it (None never
    ends), `locations` where it redirects; `status` is the batch's, and `raw` its whole answer."""

    def __init__(self, store: Store, authorize: Callable[[web.Request], Repository]) -> None:
        self._store, self._authorize = store, authorize
        self._contents: dict[tuple[int, str], bytes] = {}
        self._secret = secrets.token_hex(16)
        self.answers: dict[str, Json] = {}
        self.bodies: dict[str, bytes | None] = {}
        self.locations: dict[str, str] = {}
        self.status = 200
        self.raw: bytes | None = None
        self.batches: list[Json] = []
        self.downloads: list[Mapping[str, str]] = []

    def add_to(self, app: web.Application) -> None:
        app.router.add_post("/{owner}/{repo}/info/lfs/objects/batch", self._batch)
        app.router.add_get("/lfs-storage/{oid}", self._download)
        app.router.add_get("/lfs-redirect/{oid}", self._redirect)

    def add(self, full_name: str, content: bytes) -> str:
        """The pointer for a content that the repository has from now on."""
        oid = hashlib.sha256(content).hexdigest()
        self._contents[self._store.repository(full_name).id, oid] = content
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"

    def href(self, oid: str, *, redirected: bool = False) -> str:
        """The object's address in the storage, or one that leads to it."""
        return f"{self._store.url}/lfs-{'redirect' if redirected else 'storage'}/{oid}"

    def action(self, href: str) -> Json:
        """What the batch says of an object that is at that address."""
        return {"actions": {"download": {"href": href, "header": {"Authorization": f"RemoteAuth {self._secret}"}}}}

    async def _batch(self, request: web.Request) -> web.Response:
        repo = self._authorize(request)
        if self.status != 200:
            return web.json_response({"message": "not now"}, status=self.status, content_type=_TYPE)
        if request.content_type != _TYPE or request.headers.get("Accept", "").split(";")[0] != _TYPE:
            raise web.HTTPNotAcceptable(text="Not Acceptable\n")
        body = json.loads(await request.text())
        if body["operation"] != "download" or len(body["objects"]) > _MOST:
            raise web.HTTPUnprocessableEntity(text="Unprocessable\n")
        self.batches.append(body)
        if self.raw is not None:
            return web.Response(body=self.raw, content_type=_TYPE)
        objects = [{**each, **self._answer(repo, each["oid"])} for each in body["objects"]]
        return web.json_response({"transfer": "basic", "objects": objects}, content_type=_TYPE)

    def _answer(self, repo: Repository, oid: str) -> Json:
        if oid in self.answers:
            return self.answers[oid]
        if (repo.id, oid) not in self._contents:
            return {"error": {"code": 404, "message": "Object does not exist on the server"}}
        return self.action(self.href(oid))

    async def _redirect(self, request: web.Request) -> web.Response:
        oid = request.match_info["oid"]
        raise web.HTTPFound(self.locations.get(oid) or self.href(oid))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        self.downloads.append(request.headers)
        oid = request.match_info["oid"]
        if request.headers.get("Authorization") != f"RemoteAuth {self._secret}":
            raise web.HTTPForbidden(text="Forbidden\n")
        known = next((content for (_, one), content in self._contents.items() if one == oid), b"")
        body = self.bodies.get(oid, known)
        if body is not None:
            return web.Response(body=body, content_type="application/octet-stream")
        answer = web.StreamResponse()
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):  # the client has had enough
            while True:
                await answer.write(_CHUNK)
                await asyncio.sleep(0)
        return answer
