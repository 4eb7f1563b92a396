"""The pages on which a user registers the App from a manifest and installs it, as on GitHub.

Any page may post to the first of them, which is the manifest flow; the buttons accept our own pages only.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from yarl import URL

from simulator.github.entities import GitHubApp, User
from simulator.github.pages import HEADERS
from simulator.github.pages.control_api import require_local
from simulator.github.services.apps import AppService, RegisteredApp
from simulator.github.services.installations import InstallationService
from simulator.github.services.manifest import BadManifest, Manifest, read_manifest
from simulator.github.store import Store

SIGNED_IN = "octocat"
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")


class AppPages:
    """Registering and installing the App."""

    def __init__(self, store: Store, apps: AppService, installations: InstallationService) -> None:
        self._store, self._apps, self._installations = store, apps, installations
        self._templates = Environment(
            loader=PackageLoader("simulator.github.pages", ""),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
        )

    def add_to(self, app: web.Application) -> None:
        for path in ("/settings/apps/new", "/organizations/{organization}/settings/apps/new"):
            app.router.add_get(path, self._paste)
            app.router.add_post(path, self._confirm)
        app.router.add_post("/settings/apps", self._create)
        app.router.add_get("/apps/{slug}", self._app)
        app.router.add_get("/apps/{slug}/installations/new", self._choose)
        app.router.add_post("/apps/{slug}/installations", self._install)
        app.router.add_get("/settings/installations/{installation:[0-9]+}", self._installation)

    # --- registering

    async def _paste(self, request: web.Request) -> web.Response:
        self._owner(request)
        return self._show("paste", "Register new GitHub App", here=request.path_qs)

    async def _confirm(self, request: web.Request) -> web.Response:
        """Receives the manifest; `state` is in the address, or a field of the form."""
        owner, form = self._owner(request), await request.post()
        text, state = str(form.get("manifest", "")), request.query.get("state") or str(form.get("state", ""))
        try:
            manifest = read_manifest(text)
        except BadManifest as error:
            return self._invalid(error)
        return self._ask_name(manifest, text, owner, state, manifest.name)

    async def _create(self, request: web.Request) -> web.Response:
        """The button "Create GitHub App"; an invalid name shows the form again."""
        require_local(request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        owner, text, state = (
            self._store.users.get(form.get("owner", "")),
            form.get("manifest", ""),
            form.get("state", ""),
        )
        if owner is None:
            raise web.HTTPNotFound
        try:
            manifest = read_manifest(text)
        except BadManifest as error:
            return self._invalid(error)
        try:
            registration = await self._apps.register(manifest.named(form.get("name", "")), owner)
        except BadManifest as error:
            return self._ask_name(manifest, text, owner, state, form.get("name", ""), error.problems)
        raise web.HTTPFound(_redirect(registration, state))

    def _ask_name(
        self, manifest: Manifest, text: str, owner: User, state: str, name: str, problems: tuple[str, ...] = ()
    ) -> web.Response:
        page = self._show(
            "confirm", f"Create GitHub App for {owner.login}", 422 if problems else 200,
            manifest=manifest, text=text, owner=owner, state=state, name=name, problems=problems,
        )  # fmt: skip
        return _allow_redirect(page, manifest.redirect_url)

    def _invalid(self, error: BadManifest) -> web.Response:
        return self._show("invalid", "Invalid GitHub App configuration", 422, problems=error.problems)

    def _owner(self, request: web.Request) -> User:
        """The signed-in user, or the organization in the address."""
        name = request.match_info.get("organization", "")
        if not name:
            return self._store.add_user(SIGNED_IN)
        found = self._store.users.get(name.lower())
        if found is None or found.type != "Organization":
            raise web.HTTPNotFound(text="There is no such organization, or you do not own it.\n")
        return found

    # --- installing

    async def _app(self, request: web.Request) -> web.Response:
        app = self._named(request)
        return self._show("app", app.name or app.slug, app=app)

    async def _choose(self, request: web.Request) -> web.Response:
        app, state = self._named(request), request.query.get("state", "")
        title = f"Install {app.name or app.slug}"
        page = self._show("install", title, app=app, accounts=self._accounts(app), state=state)
        return _allow_redirect(page, app.setup_url)

    async def _install(self, request: web.Request) -> web.Response:
        """The button "Install"; an account that has it already gets its installation."""
        require_local(request)
        app, form = self._named(request), await request.post()
        account = next((each for each in self._accounts(app) if each.login == form.get("account")), None)
        if account is None:
            raise web.HTTPNotFound
        found = next((it for it in self._store.installations.values() if it.account is account), None)
        it = found or self._installations.add_installation(account.login)
        if not app.setup_url:
            raise web.HTTPFound(f"/settings/installations/{it.id}")
        query = {"installation_id": str(it.id), "setup_action": "update" if found else "install"}
        state = str(form.get("state", ""))
        raise web.HTTPFound(URL(app.setup_url).update_query(query | ({"state": state} if state else {})))

    async def _installation(self, request: web.Request) -> web.Response:
        it = self._store.installations.get(int(request.match_info["installation"]))
        if it is None:
            return self._show("missing", "Not found", 404)
        covered = self._installations.covered(it)
        return self._show("installation", f"Installation {it.id}", it=it, covered=covered)

    def _accounts(self, app: GitHubApp) -> list[User]:
        """Accounts that can install it, the owner first; a private App only the owner."""
        people = [user for user in self._store.users.values() if app.public and user.type != "Bot"]
        return [app.owner, *(user for user in people if user is not app.owner)]

    def _named(self, request: web.Request) -> GitHubApp:
        app = self._store.app
        if not app.id or app.slug != request.match_info["slug"]:
            raise web.HTTPNotFound
        return app

    def _show(self, view: str, title: str, status: int = 200, **facts: Any) -> web.Response:
        text = self._templates.get_template("apps.html").render(view=view, title=title, store=self._store, **facts)
        body = text.encode("utf-8", "backslashreplace")
        return web.Response(body=body, status=status, content_type="text/html", charset="utf-8", headers=HEADERS)


def _redirect(registration: RegisteredApp, state: str) -> URL:
    """The manifest's `redirect_url` with the code; without one, the App's page."""
    if not registration.manifest.redirect_url:
        return URL(f"/apps/{registration.app.slug}")
    query = {"code": registration.code, **({"state": state} if state else {})}
    return URL(registration.manifest.redirect_url).update_query(query)


def _allow_redirect(page: web.Response, address: str) -> web.Response:
    """Allows the redirect after a form in the page's policy, to which a browser holds it; only a valid host."""
    parts = urlsplit(address)
    if _HOST.fullmatch(parts.netloc):
        allowed = f"form-action 'self' {parts.scheme}://{parts.netloc}"
        policy = page.headers["Content-Security-Policy"]
        page.headers["Content-Security-Policy"] = policy.replace("form-action 'self'", allowed)
    return page
