"""What the checks share: the settings, and answers that more than one of them needs, each asked for once."""

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
from bot.doctor.http import HttpAnswer, ask
from bot.doctor.results import DoctorError, DoctorSkipped
from bot.settings import Settings

T = TypeVar("T")
_RPC = timedelta(seconds=8)


class AppOwner(msgspec.Struct):
    """An organisation or a person; an enterprise has a slug instead of a login."""

    login: str = ""
    slug: str = ""
    type: str = ""


class AppRecord(msgspec.Struct):
    """What GitHub says of this App. `permissions` maps a name to `read`, `write` or `admin`."""

    id: int
    slug: str
    html_url: str
    owner: AppOwner
    permissions: dict[str, str]
    events: list[str]


class DoctorContext:
    """One examination."""

    def __init__(self, environ: Mapping[str, str], settings: Settings, session: aiohttp.ClientSession) -> None:
        self.environ = environ
        self.settings = settings
        self.session = session
        self._asked: dict[str, asyncio.Task[Any]] = {}

    async def end(self) -> None:
        """Ends what nobody waits for any more."""
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    async def api(self) -> HttpAnswer:
        """GitHub's answer to `/meta`, for which nobody has to be known."""
        return await self.once("api", lambda: ask(self.session, f"{self.settings.github_api_url}/meta"))

    async def identity(self) -> HttpAnswer:
        """GitHub's answer to "who am I?" with the App's key. Raises Trouble, or Skipped where there is no key."""
        if not (self.settings.app_id and self.settings.private_key):
            raise DoctorSkipped("It needs the App's id and private key.")
        return await self.once("identity", lambda: self.as_app("/app"))

    async def app(self) -> AppRecord:
        """The App; raises Skipped where GitHub does not know us, which is a line of its own."""
        try:
            answer = await self.identity()
            if answer.status == 200:
                return answer.read(AppRecord)
        except DoctorError:
            pass
        raise DoctorSkipped("It needs an answer to the App's key.")

    async def as_app(self, path: str, body: bytes | None = None) -> HttpAnswer:
        """Asks the API as the App; with a `body` it is a POST."""
        url = f"{self.settings.github_api_url}{path}"
        return await ask(self.session, url, self._jwt(), "GET" if body is None else "POST", body=body)

    async def temporal(self) -> Client:
        """Connected. Raises UserError."""
        return await self.once("temporal", lambda: temporal_client.connect(environ=self.environ))

    async def known_temporal(self) -> Client:
        """The same; raises Skipped where it or the namespace does not answer, which is a line of its own."""
        try:
            client = await self.temporal()
            await self.namespace(client)
            return client
        except (UserError, RPCError):
            raise DoctorSkipped("It needs Temporal.") from None

    async def namespace(self, client: Client) -> None:
        """Raises RPCError where it is not there, or not for us."""
        request = DescribeNamespaceRequest(namespace=client.namespace)
        await self.once("namespace", lambda: client.workflow_service.describe_namespace(request, timeout=_RPC))

    def _jwt(self) -> str:
        try:
            return get_jwt(app_id=str(self.settings.app_id), private_key=self.settings.private_key)
        except (ValueError, TypeError, jwt.PyJWTError):
            raise DoctorError(
                "AUTOBUILD_PRIVATE_KEY is not the private key of an App.",
                "Make a new one on the App's page (Private keys), and set it as it was downloaded.",
            ) from None

    async def once(self, name: str, question: Callable[[], Awaitable[T]]) -> T:
        """The answer to a question, asked by whoever comes first."""
        if name not in self._asked:
            self._asked[name] = asyncio.ensure_future(question())
        # Shielded: a check that runs out of time must not take the answer from the others.
        return await asyncio.shield(self._asked[name])
