"""The control API: another process, or a button of a page, does what a user would do on GitHub.

`POST /_control/<action>` takes the action's arguments as JSON and answers with JSON; from a form it redirects to the
page. `GET /_control/changes?after=N` answers once something has changed since version N, after at most 20 s. Both are
for this machine only: not for other machines, not under another name of this host, not from other sites' pages.
"""

import contextlib
import inspect
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from simulator.github import serializers
from simulator.github.entities import (
    CheckRun,
    CheckSuite,
    Comment,
    Installation,
    Json,
    Repository,
    SimulatedIssue,
    User,
)
from simulator.github.errors import Unprocessable
from simulator.github.git import GitCommandError
from simulator.github.pages.smee import Smee
from simulator.github.rest.faults import ApiFaults
from simulator.github.services import GitHubServices
from simulator.github.services.apps import RegisteredApp
from simulator.github.services.samples import AddedSample
from simulator.github.store import Store

_TIMEOUT_S = 20.0
_LOCAL = ("127.0.0.1", "localhost", "::1")


def _actions(github: GitHubServices, faults: ApiFaults, smee: Smee) -> dict[str, Callable[..., Any]]:
    """All actions by name, which is the method's."""
    methods: dict[object, tuple[str, ...]] = {
        github.store: ("add_user", "advance"),
        github.apps: ("register_app", "set_app_permissions"),
        github.installations: (
            "accept_permissions", "add_installation", "add_to_installation", "remove_from_installation",
            "remove_installation", "suspend", "unsuspend",
        ),
        github.repositories: (
            "add_fork", "add_repository", "add_team", "allow_methods", "archive_repository", "delete_repository",
            "delete_user", "rename_repository", "set_issues", "set_permission", "set_rulesets", "transfer_repository",
        ),
        github.issues: (
            "add_comment", "add_label", "assign", "delete_comment", "delete_issue", "delete_label", "edit_comment",
            "edit_issue", "link_pull", "lock_issue", "open_issue", "remove_label", "transfer_issue",
        ),
        github.pulls: ("close_pull", "edit_pull", "open_pull", "reopen_pull", "set_draft"),
        github.reviews: ("approve", "review"),
        github.merging: ("delay_mergeable", "destroy_merge_group", "merge_pull", "queue_merge"),
        github.releases: ("add_release",),
        github.samples: ("add_sample",),
        github.pushes: ("delete_branch", "push_commit"),
        github.protection: ("protect",),
        github.checks: (
            "add_run_of_other", "add_suite_of_other", "change_run_of_other", "delete_check_run", "press_button",
            "rerun_check", "rerun_suite",
        ),
        github.statuses: ("set_status",),
        github.webhooks.faults: ("drop", "duplicate", "start_random", "stop_random", "throttle"),
        smee: ("hang_up",),
    }  # fmt: skip
    actions = {name: getattr(service, name) for service, names in methods.items() for name in names}
    return {**actions, "fault": faults.add, "hook": lambda url: github.webhooks.set_config(url=url)}


class ControlApi:
    """Carries out actions, and reports changes."""

    def __init__(self, github: GitHubServices, faults: ApiFaults, smee: Smee) -> None:
        self._store, self._actions = github.store, _actions(github, faults, smee)

    def add_to(self, app: web.Application) -> None:
        app.router.add_post("/_control/{action}", self._act)
        app.router.add_get("/_control/changes", self._changes)

    async def _act(self, request: web.Request) -> web.Response:
        require_local(request)
        action = self._actions.get(request.match_info["action"])
        if action is None:
            raise web.HTTPNotFound(text=f"Unknown action. Known actions: {', '.join(sorted(self._actions))}.\n")
        is_form = request.content_type != "application/json"
        arguments = _from_form(action, dict(await request.post())) if is_form else await request.json()
        try:
            result = action(**arguments)
            result = await result if inspect.isawaitable(result) else result
        except (TypeError, ValueError, LookupError, Unprocessable, GitCommandError) as error:
            raise web.HTTPBadRequest(text=f"{type(error).__name__}: {error}\n") from error
        if is_form:  # never to another host
            raise web.HTTPSeeOther(_page_after(result, urlsplit(request.headers.get("Referer", "")).path))
        return web.json_response(_result_json(self._store, result))

    async def _changes(self, request: web.Request) -> web.Response:
        require_local(request)
        after = int(request.query.get("after", "0"))
        with contextlib.suppress(TimeoutError):
            await self._store.wait_for(lambda: self._store.version > after, _TIMEOUT_S)
        return web.json_response({"version": self._store.version})


def require_local(request: web.Request) -> None:
    """403 for another machine, another name of this one, and another site's page."""
    local = request.remote and ipaddress.ip_address(request.remote.partition("%")[0]).is_loopback
    local_name = urlsplit(f"//{request.host}").hostname in _LOCAL
    same_site = request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    same_origin = request.headers.get("Origin", f"http://{request.host}") == f"http://{request.host}"
    if not (local and local_name and same_site and same_origin):
        raise web.HTTPForbidden(text="The control API is for this machine only.\n")


def _page_after(result: Any, form: str) -> str:
    """The page of what is new, else that of the form."""
    if isinstance(result, AddedSample):
        kind = "pull" if result.issue.pull else "issues"
        return f"/{result.repository.full_name}/{kind}/{result.issue.number}"
    return form if form.startswith("/") and not form.startswith("//") else "/"


def _from_form(action: Callable[..., Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Form fields are strings; numbers and booleans are read as the action's parameters declare them."""
    kinds = {name: parameter.annotation for name, parameter in inspect.signature(action).parameters.items()}
    read: dict[Any, Callable[[str], Any]] = {int: int, float: float, bool: lambda text: text in ("true", "on", "1")}
    return {name: read.get(kinds.get(name), str)(value) for name, value in fields.items()}


def _result_json(store: Store, result: Any) -> Json:
    shown: tuple[tuple[type, Callable[[Any], Json]], ...] = (
        (Repository, lambda it: {"full_name": it.full_name}),
        (
            SimulatedIssue,
            lambda it: {"number": it.number, "state": it.state, "head_sha": it.pull.head_sha if it.pull else ""},
        ),
        (AddedSample, lambda it: {"full_name": it.repository.full_name, **_result_json(store, it.issue)}),
        (User, lambda it: {"login": it.login, "token": it.token}),
        (Comment, lambda it: {"id": it.id}),
        (CheckRun, lambda it: {"id": it.id, "suite": it.suite.id}),
        (CheckSuite, lambda it: {"id": it.id}),
        (Installation, lambda it: serializers.installation(store, it)),
        (RegisteredApp, lambda it: {"code": it.code, "id": it.app.id, "slug": it.app.slug}),
        (str, lambda it: {"sha": it}),
    )
    return next((to_json(result) for kind, to_json in shown if isinstance(result, kind)), {})
