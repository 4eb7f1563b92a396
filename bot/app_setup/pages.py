"""The set-up pages: a person presses a button here and one on GitHub, and the App is registered and known.

`/setup?token=…` lets the first browser in → the form → `app.yml` goes to GitHub as a manifest → GitHub sends the
person to `/setup/done` with a code → the code is exchanged for the App's credentials → they are kept, or shown once.

The pages are rendered here, everything escaped, without scripts and without anything from another site.
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from activities.errors import UserError
from bot.app_setup.access import SetupRefused, SetupSession
from bot.app_setup.manifest import (
    AppChoices,
    app_manifest,
    exchange_code,
    is_loopback,
    manifest_of,
    registration_page,
)
from bot.settings import Settings, credentials
from bot.settings.credentials import AppCredentials
from bot.settings.setting_fields import address

_SHOWN_ONCE = (
    "Its credentials were shown once and are not stored. If you did not keep them, delete the App on GitHub and "
    "restart Autobuild."
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_templates = Environment(
    loader=PackageLoader("bot.app_setup", ""),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class SetupPages:
    """Registers one App. `keep` is given it, once; what it raises as UserError is shown."""

    def __init__(self, settings: Settings, keep: Callable[[AppCredentials], None], session: SetupSession) -> None:
        self._settings, self._keep, self._session = settings, keep, session
        self._one_exchange = asyncio.Lock()
        self._chosen: AppChoices | None = None

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/setup", self._get_form, allow_head=False)  # a link preview must not take the token
        app.router.add_post("/setup", self._post_form)
        app.router.add_get("/setup/done", self._get_done, allow_head=False)

    async def _get_form(self, request: web.Request) -> web.StreamResponse:
        """With the token: a cookie, and the same page without the token in its address."""
        try:
            if "token" in request.query:
                key = self._session.enter(request.query["token"], self._key_of(request))
                headers = {"Location": "setup", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
                answer = web.Response(status=303, headers=headers)
                secure = self._settings.base_url.startswith("https://")
                answer.set_cookie(self._session.cookie, key, httponly=True, samesite="Lax", secure=secure, path="/")
                return answer
            self._session.require(self._key_of(request))
            if self._settings.setup == "store":
                credentials.try_place(self._settings.data)
        except SetupRefused as refused:
            return _refuse(refused)
        except UserError as error:
            return _refuse(SetupRefused(409, str(error), "Fix this, and reload this page."))
        public = self._settings.base_url or _loopback_address(request)
        return self._form(self._chosen or AppChoices(app_manifest()["name"], "own", "", public), {})

    async def _post_form(self, request: web.Request) -> web.StreamResponse:
        """Answers with the page whose button leads to GitHub."""
        try:
            self._session.require(self._key_of(request))
            if request.content_type != "application/x-www-form-urlencoded":
                raise SetupRefused(415, "This is not a form.", "Use the set-up page's form.")
            form = {name: str(value).strip() for name, value in (await request.post()).items()}
            self._session.check_form(form.get("key", ""))
        except SetupRefused as refused:
            return _refuse(refused)
        settings = self._settings
        public = settings.base_url or form.get("public", "")
        choices = AppChoices(form.get("name", ""), form.get("owner", ""), form.get("organisation", ""), public)
        if problems := choices.problems(settings.github_url, settings.smee_url):
            return self._form(choices, problems)
        self._chosen = choices
        # The browser returns to where it is now, if that can be known.
        back = settings.base_url or _loopback_address(request) or choices.public
        manifest = manifest_of(choices, back, settings.smee_url)
        target = registration_page(settings.github_url, choices.organisation, self._session.new_state())
        return _page("confirm", posts_to=target, choices=choices, manifest=manifest, as_json=json.dumps(manifest))

    async def _get_done(self, request: web.Request) -> web.StreamResponse:
        """GitHub registered the App. A reload waits until the first request has ended, and shows how it ended."""
        async with self._one_exchange:
            try:
                self._session.require(self._key_of(request))
                app = await self._exchange(request.query.get("state", ""), request.query.get("code", ""))
            except SetupRefused as refused:
                return _refuse(refused, "../setup")
            try:
                self._keep(app)
            except UserError as error:
                remedy = f"Delete the App ({app.html_url}), fix this, and start again."
                return _refuse(SetupRefused(500, str(error), remedy), "../setup")
            if self._settings.setup == "print":
                self._session.end(_SHOWN_ONCE)
                return _page("done", app=app, lines=app.lines())
            self._session.end()
            return _page("done", app=app, lines="")

    async def _exchange(self, state: str, code: str) -> AppCredentials:
        self._session.take_state(state)
        try:
            app = await exchange_code(code, self._settings.github_url, self._settings.github_api_url)
        except SetupRefused as refused:
            if refused.temporary:
                self._session.restore_state(state)
            raise
        assert self._chosen  # nothing else makes a state
        smee = self._settings.smee_url
        return replace(app, base_url="" if smee else address(self._chosen.public), smee_url=smee)

    def _form(self, choices: AppChoices, problems: dict[str, str]) -> web.Response:
        status, key = 422 if problems else 200, self._session.form_key
        return _page("form", status, choices=choices, problems=problems, settings=self._settings, key=key)

    def _key_of(self, request: web.Request) -> str:
        return request.cookies.get(self._session.cookie, "")


def _loopback_address(request: web.Request) -> str:
    """The address that the browser uses, if it is this machine's own, else "": any other `Host` is untrusted."""
    try:
        here = address(f"http://{request.host}")
    except ValueError:
        return ""
    return here if is_loopback(here) and urlsplit(here).netloc == request.host else ""


def _refuse(refused: SetupRefused, again: str = "") -> web.Response:
    return _page("refused", refused.status, what=refused.what, remedy=refused.remedy, again=again)


def _page(view: str, status: int = 200, posts_to: str = "", **values: Any) -> web.Response:
    """A view of `setup.html`. Its forms may post to us, and to the server of `posts_to`."""
    nonce = secrets.token_urlsafe(16)
    text = _templates.get_template("setup.html").render(view=view, nonce=nonce, posts_to=posts_to, **values)
    # Browsers hold a form's redirects to `form-action` too: GitHub sends the person back to us.
    url = urlsplit(posts_to)
    github = f" {url.scheme}://{url.netloc}" if posts_to else ""
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'{github}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    headers = _HEADERS | {"Content-Security-Policy": policy}
    body = text.encode("utf-8", "backslashreplace")
    return web.Response(status=status, body=body, content_type="text/html", charset="utf-8", headers=headers)
