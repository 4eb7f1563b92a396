"""The pretend GitHub as one server: git, the API, the page and the control door on one port.

`async with SimulatedGitHub(folder) as github:` serves on `github.url`; the bot is configured with `github.api_url`
(what `AUTOBUILD_GITHUB_API_URL` names), `github.app_id`, `github.private_key_pem` and `github.webhook_secret`.
"""

from email.utils import formatdate
from pathlib import Path
from types import TracebackType

from aiohttp import web

from simulator.github import serializers
from simulator.github.git.server import GitServer
from simulator.github.pages import RepositoryPages
from simulator.github.pages.app_registration import AppPages
from simulator.github.pages.control_api import ControlApi
from simulator.github.rest.faults import ApiFaults
from simulator.github.rest.server import ApiExchange, RestApi
from simulator.github.serializers import checks
from simulator.github.services.entities import Json
from simulator.github.services.store import EVENTS
from simulator.github.services.users import Vanishing
from simulator.github.webhooks.delivery_log import WebhookDelivery
from simulator.github.webhooks.smee import Smee


class SimulatedGitHub(Vanishing):
    """People's deeds are methods of the classes that it is made of; what the app does comes over HTTP.

    `state` is a folder of its own: it holds the git repositories and the app's key. `without_app`: somebody has to
    register one from a manifest first.
    """

    def __init__(
        self, state: Path, *, hook_url: str = "", webhook_secret: str = "",
        permissions: dict[str, str] | None = None, events: tuple[str, ...] = EVENTS, without_app: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            state, hook_url=hook_url, webhook_secret=webhook_secret, permissions=permissions, events=events,
            without_app=without_app,
        )  # fmt: skip
        self._api = RestApi(self)
        self.smee = Smee(self)
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens; port 0 takes a free one. `url` is right from then on."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.on_response_prepare.append(self._date)
        self._api.add_to(app)
        ControlApi(self, fault=self.faults.add, hang_up=self.smee.hang_up).add_to(app)
        GitServer(self).add_to(app)
        AppPages(self).add_to(app)
        self.smee.add_to(app)
        RepositoryPages(self).add_to(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Nothing is left running; deliveries on their way are given up."""
        self._api.faults.clear()
        self.smee.close()
        await self.hooks.close()
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> "SimulatedGitHub":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        """By GitHub's clock, from which a client can tell how wrong its own is."""
        response.headers["Date"] = formatdate(self.time(), usegmt=True)

    # --- looking

    @property
    def requests(self) -> list[ApiExchange]:
        """Every request to the API with its answer, oldest first."""
        return self._api.requests

    @property
    def faults(self) -> ApiFaults:
        """Bad days to come."""
        return self._api.faults

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        """Every attempt to deliver a webhook, oldest first."""
        return self.hooks.deliveries

    def check_runs(self, full_name: str, sha: str) -> list[Json]:
        """All check runs of a commit, oldest first, older attempts too, with annotations and actions."""
        repo = self.repository(full_name)
        suite = repo.suites.get(sha)
        return [
            {**checks.run(self, repo, run), "annotations": run.annotations, "actions": run.actions}
            for run in (suite.runs if suite else ())
        ]

    def comments(self, full_name: str, number: int) -> list[Json]:
        """The comments of an issue or pull request as GitHub's JSON, oldest first."""
        repo, issue = self.repository(full_name), self.issue(full_name, number)
        return [serializers.comment(self, repo, issue, comment) for comment in issue.comments]
