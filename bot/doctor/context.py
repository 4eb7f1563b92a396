"""What the checks share: the settings, and answers that several checks need, each requested once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import aiohttp
import jwt
import msgspec
from gidgethub.apps import get_jwt
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.errors import UserError
from bot import client as temporal_client
from bot.doctor.http import HttpAnswer, request
from bot.doctor.results import DoctorError, DoctorSkipped
from bot.settings import Settings

T = TypeVar("T")
RPC_TIMEOUT = timedelta(seconds=8)


class AppOwner(msgspec.Struct):
    """An organisation or a person; an enterprise has a slug instead of a login."""

    login: str = ""
    slug: str = ""
    type: str = ""


class AppRecord(msgspec.Struct):
    """The App as GitHub has it. `permissions` maps a name to `read`, `write` or `admin`."""

    id: int
    slug: str
    html_url: str
    owner: AppOwner
    permissions: dict[str, str]
    events: list[str]


class DoctorContext:
    """One run of the checks. `command` is the running one whose settings `environ` has, "" without one."""

    def __init__(
        self, environ: Mapping[str, str], settings: Settings, session: aiohttp.ClientSession, command: str = ""
    ) -> None:
        self.command = command
        self.environ = environ
        self.settings = settings
        self.session = session
        self._answers: dict[str, asyncio.Task[Any]] = {}

    async def close(self) -> None:
        """Cancels requests that no check waits for any more."""
        for task in self._answers.values():
            task.cancel()
        await asyncio.gather(*self._answers.values(), return_exceptions=True)

    async def once(self, name: str, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer to `ask`, which is called for the first check that needs it."""
        if name not in self._answers:
            self._answers[name] = asyncio.ensure_future(ask())
        # Shielded: a check that runs out of time must not cancel the answer for the others.
        return await asyncio.shield(self._answers[name])

    async def meta(self) -> HttpAnswer:
        """GitHub's answer to `/meta`, which needs no credentials."""
        return await self.once("meta", lambda: request(self.session, f"{self.settings.github_api_url}/meta"))

    async def app_answer(self) -> HttpAnswer:
        """GitHub's answer to `/app` with the App's key. Raises DoctorError, or DoctorSkipped without a key."""
        if not (self.settings.app_id and self.settings.private_key):
            raise DoctorSkipped("Needs the App's id and private key.")
        return await self.once("app", lambda: self.as_app("/app"))

    async def app(self) -> AppRecord:
        """The App. Raises DoctorSkipped where GitHub does not accept the key, which is a result of its own."""
        try:
            answer = await self.app_answer()
            if answer.status == 200:
                return answer.read(AppRecord)
        except DoctorError:
            pass
        raise DoctorSkipped("Needs a key that GitHub accepts.")

    async def as_app(self, path: str, body: bytes | None = None) -> HttpAnswer:
        """A GET of the API as the App; with a `body` a POST."""
        try:
            token = get_jwt(app_id=str(self.settings.app_id), private_key=self.settings.private_key)
        except (ValueError, TypeError, jwt.PyJWTError):
            raise DoctorError(
                "AUTOBUILD_PRIVATE_KEY is not a GitHub App's private key.",
                "Generate a private key on the App's page, and set the whole downloaded file.",
            ) from None
        url = f"{self.settings.github_api_url}{path}"
        return await request(self.session, url, token, "GET" if body is None else "POST", body=body)

    async def temporal(self) -> Client:
        """Connected. Raises UserError."""
        return await self.once("temporal", lambda: temporal_client.connect(environ=self.environ))

    async def temporal_namespace(self, client: Client) -> None:
        """Raises RPCError where the namespace does not exist, or is not ours."""
        namespace = DescribeNamespaceRequest(namespace=client.namespace)
        await self.once("namespace", lambda: client.workflow_service.describe_namespace(namespace, timeout=RPC_TIMEOUT))

    async def working_temporal(self) -> Client:
        """Connected. Raises DoctorSkipped where Temporal or the namespace is unavailable, which is a result of its
        own."""
        try:
            client = await self.temporal()
            await self.temporal_namespace(client)
            return client
        except (UserError, RPCError):
            raise DoctorSkipped("Needs Temporal.") from None
