"""The simulated GitHub as one server: the API, git, webhooks, a smee channel, pages and the control API on one port.

`async with SimulatedGitHub(folder) as github:` serves at `github.url`. The bot is configured with `github.api_url`
(`AUTOBUILD_GITHUB_API_URL`), `github.app_id`, `github.private_key_pem` and `github.webhook_secret`.
"""

from email.utils import formatdate
from pathlib import Path
from types import TracebackType

from aiohttp import web

from simulator.github import serializers
from simulator.github.entities import Json
from simulator.github.git_http.lfs import LfsServer
from simulator.github.git_http.server import GitServer
from simulator.github.pages import RepositoryPages
from simulator.github.pages.app_registration import AppPages
from simulator.github.pages.control_api import ControlApi
from simulator.github.pages.smee import Smee
from simulator.github.rest.server import RestApi
from simulator.github.serializers import checks as check_json
from simulator.github.services import GitHubServices
from simulator.github.store import EVENTS, Store
from simulator.github.webhooks import Webhooks


class SimulatedGitHub(GitHubServices):
    """What users do is a method of a service (`github.issues.add_comment(…)`); what the app does comes over HTTP.

    `folder` is for this server only: it holds the git repositories and the app's key. `without_app`: an app must be
    registered from a manifest first. `requests` are all requests to the API with their answers, oldest first; `faults`
    makes the API fail, `webhooks.faults` the deliveries.
    """

    def __init__(
        self, folder: Path, *, hook_url: str = "", webhook_secret: str = "",
        permissions: dict[str, str] | None = None, events: tuple[str, ...] = EVENTS, without_app: bool = False,
    ) -> None:  # fmt: skip
        store = Store(
            folder, webhook_secret=webhook_secret, permissions=permissions, events=events, without_app=without_app
        )
        super().__init__(store, Webhooks(store, hook_url))
        self.smee = Smee(store)
        self._api = RestApi(self)
        self.requests, self.faults = self._api.requests, self._api.faults
        self._git = GitServer(store, self.protection, self.refs)
        self.lfs = LfsServer(store, lambda request: self._git.authorize(request, push=False)[1])
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens; port 0 takes a free one. `url` is set from then on."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.on_response_prepare.append(self._add_date)
        self._api.add_to(app)
        ControlApi(self, self.faults, self.smee).add_to(app)
        self._git.add_to(app)
        self.lfs.add_to(app)
        AppPages(self.store, self.apps, self.installations).add_to(app)
        self.smee.add_to(app)
        RepositoryPages(self).add_to(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.store.url = f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Leaves nothing running; deliveries under way are given up."""
        self.faults.clear()
        self.smee.close()
        await self.webhooks.close()
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> "SimulatedGitHub":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _add_date(self, _request: web.Request, response: web.StreamResponse) -> None:
        """From GitHub's clock, by which a client can tell how wrong its own is."""
        response.headers["Date"] = formatdate(self.store.time(), usegmt=True)

    # --- what the bot is configured with

    @property
    def url(self) -> str:
        return self.store.url

    @property
    def api_url(self) -> str:
        return self.store.api_url

    @property
    def app_id(self) -> int:
        return self.store.app.id

    @property
    def private_key_pem(self) -> str:
        """Empty while there is no app."""
        return self.store.key.pem if self.store.key else ""

    @property
    def webhook_secret(self) -> str:
        return self.store.webhook_secret

    # --- what the bot has written

    def check_runs(self, full_name: str, sha: str) -> list[Json]:
        """All check runs of a commit, oldest first, including replaced ones, with annotations and actions."""
        repo = self.store.repository(full_name)
        suite = repo.suites.get(sha)
        return [
            {**check_json.run(self.store, repo, run), "annotations": run.annotations, "actions": run.actions}
            for run in (suite.runs if suite else ())
        ]

    def comments(self, full_name: str, number: int) -> list[Json]:
        """The comments of an issue or pull request as GitHub's JSON, oldest first."""
        repo, issue = self.store.repository(full_name), self.store.issue(full_name, number)
        return [serializers.comment(self.store, repo, issue, comment) for comment in issue.comments]
