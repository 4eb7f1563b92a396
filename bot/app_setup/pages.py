"""The set-up pages: a person presses a button here, one on GitHub, and the App is registered and known.

`/setup?token=…` lets the first browser in → the form → `app.yml` goes to GitHub as a manifest → GitHub sends the
person to `/setup/done` with a code → the code becomes the App's credentials → whoever wants them is given them.
"""

import asyncio
import json
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web

from activities.errors import UserError
from bot.app_setup.access import SetupRefused, SetupSession
from bot.app_setup.manifest import AppChoices, app_manifest, is_loopback, manifest_of, registration_page
from bot.app_setup.manifest_code import exchange
from bot.app_setup.rendering import show
from bot.settings import Settings, credentials
from bot.settings.credentials import AppCredentials
from bot.settings.setting_fields import address

_SHOWN_ONCE = (
    "Its credentials were shown once, and nobody has them now but who kept them. If that is nobody, delete the App on "
    "GitHub and restart Autobuild."
)


class SetupPages:
    """Registers one App. `keep` is given it, once; what it raises as UserError is shown."""

    def __init__(self, settings: Settings, keep: Callable[[AppCredentials], None], guard: SetupSession) -> None:
        self._settings, self._keep, self._guard = settings, keep, guard
        self._one_by_one = asyncio.Lock()

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/setup", self._enter, allow_head=False)  # what previews a link must not be the first
        app.router.add_post("/setup", self._choose)
        app.router.add_get("/setup/done", self._done, allow_head=False)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """With the token: a cookie, and the same page without the token in its address."""
        try:
            if "token" in request.query:
                session = self._guard.enter(request.query["token"], self._session(request))
                return self._let_in(session)
            self._guard.recognise(self._session(request))
            if self._settings.setup == "store":
                credentials.try_place(self._settings.data)
        except SetupRefused as refused:
            return _refuse(refused)
        except UserError as error:
            return _refuse(SetupRefused(409, str(error), "Mend that, and load this page again."))
        return self._form(AppChoices(app_manifest()["name"], "", self._public(request)), {})

    async def _choose(self, request: web.Request) -> web.StreamResponse:
        """The form's answer is the button that leads to GitHub."""
        try:
            self._guard.recognise(self._session(request))
            if request.content_type != "application/x-www-form-urlencoded":
                raise SetupRefused(415, "That is no form.", "Use the set-up page's own.")
            form = {name: str(value).strip() for name, value in (await request.post()).items()}
            self._guard.check_form(form.get("key", ""))
        except SetupRefused as refused:
            return _refuse(refused)
        organisation = form.get("organisation", "") if form.get("owner") == "organisation" else ""
        wish = AppChoices(form.get("name", ""), organisation, self._settings.base_url or form.get("public", ""))
        problems = wish.problems(self._settings.github_url, self._settings.smee_url)
        if form.get("owner") == "organisation" and not organisation:
            problems["organisation"] = "Which one?"
        return self._form(wish, problems) if problems else self._to_github(request, wish)

    async def _done(self, request: web.Request) -> web.StreamResponse:
        """GitHub made the App. Who loads the page again meanwhile waits, and is then told how it ended."""
        async with self._one_by_one:
            return await self._made(request)

    async def _made(self, request: web.Request) -> web.StreamResponse:
        try:
            self._guard.recognise(self._session(request))
            app = await self._exchanged(request.query.get("state", ""), request.query.get("code", ""))
        except SetupRefused as refused:
            return _refuse(refused, "../setup")
        try:
            self._keep(app)
        except UserError as error:
            remedy = f"Delete the App again ({app.html_url}), mend that, and start again."
            return _refuse(SetupRefused(500, str(error), remedy), "../setup")
        if self._settings.setup == "print":
            self._guard.end(_SHOWN_ONCE)
            return show("done", app=app, lines=app.lines())
        self._guard.end()
        return show("done", app=app, lines="")

    async def _exchanged(self, state: str, code: str) -> AppCredentials:
        self._guard.meet(state)
        try:
            return await exchange(code, self._settings.github_url, self._settings.github_api_url)
        except SetupRefused as refused:
            if refused.passing:
                self._guard.allow_again(state)
            raise

    def _let_in(self, session: str) -> web.Response:
        headers = {"Location": "setup", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        answer = web.Response(status=303, headers=headers)
        secure = self._settings.base_url.startswith("https://")
        answer.set_cookie(self._guard.cookie, session, httponly=True, samesite="Lax", secure=secure, path="/")
        return answer

    def _form(self, wish: AppChoices, problems: dict[str, str]) -> web.Response:
        return show(
            "form",
            status=422 if problems else 200,
            wish=wish,
            problems=problems,
            settings=self._settings,
            key=self._guard.form_key,
        )

    def _to_github(self, request: web.Request, wish: AppChoices) -> web.Response:
        """The person's browser comes back to where it is now, if that can be known."""
        back = self._settings.base_url or _seen_at(request) or wish.public
        manifest = manifest_of(wish, back, self._settings.smee_url)
        there = registration_page(self._settings.github_url, wish.organisation, self._guard.expect())
        return show("confirm", posts_to=there, wish=wish, manifest=manifest, as_json=json.dumps(manifest))

    def _session(self, request: web.Request) -> str:
        return request.cookies.get(self._guard.cookie, "")

    def _public(self, request: web.Request) -> str:
        return self._settings.base_url or _seen_at(request)


def _seen_at(request: web.Request) -> str:
    """The address that the browser asks, if it is this machine's own: any other `Host` is anybody's word, so ""."""
    try:
        here = address(f"http://{request.host}")
    except ValueError:
        return ""
    return here if is_loopback(here) and urlsplit(here).netloc == request.host else ""


def _refuse(refused: SetupRefused, again: str = "") -> web.Response:
    return show("refused", status=refused.status, what=refused.what, remedy=refused.remedy, again=again)
