"""Connecting to a target that is allowed: at the very address that was checked, or through the worker's own proxy."""

import asyncio
import base64
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from urllib.parse import SplitResult, unquote, urlsplit

import h11

from activities.egress.addresses import IPAddress, is_loopback
from activities.egress.allow_list import EgressAllowList, EgressTarget
from activities.egress.http_peer import READ_SIZE, HttpPeer, Streams

Resolve = Callable[[EgressTarget], Awaitable[Sequence[IPAddress]]]
"""The addresses of a name, best first. Raises OSError."""

CONNECT_S = 15.0
_MOST_ADDRESSES = 6
# Threads of our own: names that somebody else's server answers slowly must not hold up the worker's other threads.
_LOOK_UPS = ThreadPoolExecutor(4, thread_name_prefix="egress")


class TargetRefused(Exception):
    """The target is not allowed; `internal`: it is, but leads to an address of this host or of a private network."""

    def __init__(self, target: EgressTarget, *, internal: bool = False) -> None:
        super().__init__(f"{target} {'leads to a private address' if internal else 'is not an allowed registry'}")
        self.target = target
        self.internal = internal


class TargetUnavailable(Exception):
    """An allowed target that could not be connected to."""


@dataclass(frozen=True)
class WorkerProxies:
    """How the worker itself reaches the network: addresses of its proxies, "" for none, and who needs none (as in
    `NO_PROXY`)."""

    http: str = ""
    https: str = ""
    without: str = ""

    def for_target(self, target: EgressTarget, *, encrypted: bool) -> "OwnProxy | None":
        """The proxy for a target, None where it is reached without one. Raises TargetUnavailable."""
        host, address = target.host, target.address
        if host == "localhost" or (address and is_loopback(address)):
            return None
        for name in (word.strip().lower().lstrip("*.") for word in self.without.split(",") if word.strip()):
            if not name or host == name or host.endswith(f".{name}"):
                return None
        text = self.https if encrypted else self.http
        return OwnProxy.read(text) if text else None


NO_PROXIES = WorkerProxies()


@dataclass(frozen=True)
class OwnProxy:
    """A proxy of the worker."""

    url: SplitResult

    @classmethod
    def read(cls, text: str) -> "OwnProxy":
        """Raises TargetUnavailable, whose text has no password."""
        with suppress(ValueError):
            url = urlsplit(text if "://" in text else f"http://{text}")
            if url.scheme in ("http", "https") and url.hostname and url.port != 0:
                return cls(url)
        raise TargetUnavailable("the worker's own proxy is not an http or https address")

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Who the worker is to the proxy, where the address says so."""
        if self.url.username is None:
            return []
        user = f"{unquote(self.url.username)}:{unquote(self.url.password or '')}"
        return [(b"Proxy-Authorization", b"Basic " + base64.b64encode(user.encode()))]

    async def connect(self) -> Streams:
        """Raises TargetUnavailable."""
        context = ssl.create_default_context() if self.url.scheme == "https" else None
        port = self.url.port or (443 if context else 80)
        try:
            async with asyncio.timeout(CONNECT_S):
                return await asyncio.open_connection(self.url.hostname, port, ssl=context, limit=READ_SIZE)
        except (OSError, TimeoutError):
            raise TargetUnavailable("the worker's own proxy cannot be connected to") from None

    async def open_tunnel(self, target: EgressTarget) -> HttpPeer:
        """A tunnel to the target. Raises TargetUnavailable."""
        peer = HttpPeer(h11.CLIENT, await self.connect())
        try:
            async with asyncio.timeout(CONNECT_S):
                headers = [(b"Host", str(target).encode()), *self.headers]
                await peer.send(h11.Request(method="CONNECT", target=str(target), headers=headers))
                await peer.send(h11.EndOfMessage())
                answer = await peer.receive()
            if isinstance(answer, h11.Response) and 200 <= answer.status_code < 300:
                return peer
        except (h11.ProtocolError, OSError, TimeoutError):
            pass
        except BaseException:
            await peer.close()
            raise
        await peer.close()
        raise TargetUnavailable(f"the worker's own proxy does not connect to {target}")


async def resolve(target: EgressTarget) -> Sequence[IPAddress]:
    """By this host's own means."""
    look_up = partial(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_LOOK_UPS, look_up)
    return [ipaddress.ip_address(each[4][0]) for each in found]


async def connect(target: EgressTarget, allowed: EgressAllowList, resolve: Resolve) -> Streams:
    """To an address of the target that is admitted; a name is looked up once. Raises TargetRefused and
    TargetUnavailable."""
    addresses = [target.address] if target.address else await _addresses(target, resolve)
    admitted = [address for address in addresses if allowed.admits(address, target.port)]
    if not admitted:
        raise TargetRefused(target, internal=True)
    for address in admitted[:_MOST_ADDRESSES]:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_S):
                return await asyncio.open_connection(str(address), target.port, limit=READ_SIZE)
    raise TargetUnavailable(f"{target} cannot be connected to")


async def _addresses(target: EgressTarget, resolve: Resolve) -> list[IPAddress]:
    with suppress(OSError, TimeoutError, UnicodeError):
        async with asyncio.timeout(CONNECT_S):
            if found := list(dict.fromkeys(await resolve(target))):
                return found
    raise TargetUnavailable(f"{target} has no known address")
