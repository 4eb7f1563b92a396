"""The control door: another process, or a button of the page, does what a person would do on GitHub.

`POST /_control/<deed>` takes the deed's arguments as JSON and answers JSON; from a form it goes back to the page.
`GET /_control/changes?after=N` answers once something has changed since version N, at the latest after 20 s.
Only for this machine: not from elsewhere, not through a foreign name of this host, not from a foreign web page.
"""

import contextlib
import inspect
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from simulator.github import serializers
from simulator.github.git import GitCommandError
from simulator.github.services.apps import AppRegistration
from simulator.github.services.commits import Pushes
from simulator.github.services.entities import AppInstallation, Comment, Issue, Json, Repository, User
from simulator.github.services.pulls import Unprocessable
from simulator.github.services.store import EntityNotFound

DEEDS = (
    "add_comment", "add_fork", "add_installation", "add_label", "add_release", "add_repository", "add_team",
    "add_user", "advance", "allow_methods", "approve", "assign", "close_pull", "delay_mergeable", "delete_branch",
    "delete_comment", "delete_issue", "delete_label", "destroy_merge_group", "edit_comment", "edit_issue",
    "edit_pull", "lock_issue",
    "merge_pull", "open_issue", "open_pull", "press_button", "protect", "push_commit", "queue_merge",
    "remove_installation", "remove_label", "reopen_pull", "rerun_check", "rerun_suite", "review", "set_draft",
    "set_issues", "set_permission", "set_status", "suspend", "unsuspend",
)  # fmt: skip
_LIFE = (
    "accept_permissions", "add_to_installation", "archive_repository", "delete_check_run", "delete_repository",
    "delete_user", "register_app", "remove_from_installation", "rename_repository", "set_app_permissions",
    "transfer_repository",
)  # fmt: skip
"""Deeds in the life of the App and of its repositories."""
_POST = ("drop", "duplicate", "fair", "throttle", "weather")
_PATIENCE_S = 20.0
_HERE = ("127.0.0.1", "localhost", "::1")


class ControlApi:
    """See the module."""

    def __init__(self, hub: Pushes, **more: Callable[..., Any]) -> None:
        """`more` are deeds of others than the hub, by name."""
        self._hub = hub
        self._deeds: dict[str, Callable[..., Any]] = {
            **{name: getattr(hub, name) for name in (*DEEDS, *_LIFE)},
            **{name: getattr(hub.hooks, name) for name in _POST},
            **more,
            "hook": self._set_hook,
        }

    def add_to(self, app: web.Application) -> None:
        app.router.add_post("/_control/{deed}", self._do)
        app.router.add_get("/_control/changes", self._changes)

    async def _do(self, request: web.Request) -> web.Response:
        only_from_here(request)
        deed = self._deeds.get(request.match_info["deed"])
        if deed is None:
            raise web.HTTPNotFound(text=f"There is no such deed; there are {', '.join(sorted(self._deeds))}.\n")
        is_form = request.content_type != "application/json"
        arguments = _from_form(deed, dict(await request.post())) if is_form else await request.json()
        try:
            result = deed(**arguments)
            result = await result if inspect.isawaitable(result) else result
        except (TypeError, ValueError, LookupError, EntityNotFound, Unprocessable, GitCommandError) as error:
            raise web.HTTPBadRequest(text=f"{type(error).__name__}: {error}\n") from error
        if is_form:
            raise web.HTTPSeeOther(_back(request))
        return web.json_response(_result(self._hub, result))

    async def _changes(self, request: web.Request) -> web.Response:
        only_from_here(request)
        after = int(request.query.get("after", "0"))
        with contextlib.suppress(TimeoutError):
            await self._hub.wait_for(lambda: self._hub.version > after, _PATIENCE_S)
        return web.json_response({"version": self._hub.version})

    def _set_hook(self, url: str) -> None:
        self._hub.hook_url = url


def only_from_here(request: web.Request) -> None:
    """403 for another machine, another name of this one, and another site's page."""
    near = request.remote and ipaddress.ip_address(request.remote.partition("%")[0]).is_loopback
    own_name = urlsplit(f"//{request.host}").hostname in _HERE
    own_page = request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    own_origin = request.headers.get("Origin", f"http://{request.host}") == f"http://{request.host}"
    if not (near and own_name and own_page and own_origin):
        raise web.HTTPForbidden(text="The control door is for this machine only.\n")


def _from_form(deed: Callable[..., Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Form fields are strings; numbers and truths are read as the deed declares them."""
    kinds = {name: parameter.annotation for name, parameter in inspect.signature(deed).parameters.items()}
    read: dict[Any, Callable[[str], Any]] = {int: int, float: float, bool: lambda text: text in ("true", "on", "1")}
    return {name: read.get(kinds.get(name), str)(value) for name, value in fields.items()}


def _back(request: web.Request) -> str:
    """The page that the form was on; never another host."""
    path = urlsplit(request.headers.get("Referer", "")).path
    return path if path.startswith("/") and not path.startswith("//") else "/"


def _result(hub: Pushes, result: Any) -> Json:
    shape: Callable[[Any], Json] = next(
        (to_json for kind, to_json in _SHAPES if isinstance(result, kind)), lambda _: {}
    )
    if isinstance(result, AppInstallation):
        return serializers.installation(hub, result)
    return shape(result)


_SHAPES: tuple[tuple[type, Callable[[Any], Json]], ...] = (
    (Repository, lambda it: {"full_name": it.full_name}),
    (Issue, lambda it: {"number": it.number, "state": it.state, "head_sha": it.pull.head_sha if it.pull else ""}),
    (User, lambda it: {"login": it.login, "token": it.token}),
    (Comment, lambda it: {"id": it.id}),
    (AppRegistration, lambda it: {"code": it.code, "id": it.app.id, "slug": it.app.slug}),
    (str, lambda it: {"sha": it}),
)
