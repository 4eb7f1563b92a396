"""An HTTP proxy for sandboxes: CONNECT, and plain http requests, to allowed targets only.

A connection carries one request. A plain one is written anew by h11 and answered with `Connection: close`, so nothing
that follows it on the same connection can go elsewhere unseen.
"""

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

import h11

from activities.egress import RefusedTarget
from activities.egress.allow_list import NOTHING, EgressAllowList, EgressTarget, read_authority
from activities.egress.connections import (
    NO_PROXIES,
    Resolve,
    TargetRefused,
    TargetUnavailable,
    WorkerProxies,
    connect,
    resolve,
)
from activities.egress.http_peer import READ_SIZE, HttpPeer, end_to_end, exchange, tunnel
from activities.errors import HostTrouble
from activities.host_trouble import host_trouble

MOST_NAMED = 20

_ABSOLUTE = re.compile(r"http://([^/?#@]+)((?:[/?][^#]*)?)", re.IGNORECASE)

Service = Callable[[HttpPeer, h11.Request], Awaitable[None]]
"""Answers a request to the proxy's own address."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EgressLimits:
    """Of one sandbox. `connections` at once; after `burst` of them, `per_second` new ones. `refusals`: a step that is
    refused so often will not succeed (npm goes on for ever). `head_s`: until a request's head is complete; `idle_s`:
    without a byte in any direction."""

    connections: int = 256  # installers keep fifty and more open for each registry
    burst: int = 1000
    per_second: int = 100
    refusals: int = 1000
    head_s: float = 20.0
    idle_s: float = 300.0


@dataclass(frozen=True)
class EgressProxy:
    """What sandboxes may reach; by default nothing. `serve` answers one of them; many may run at once. `service`
    answers what is asked of the proxy itself, at http://127.0.0.1:3128/ in a sandbox."""

    allowed: EgressAllowList = NOTHING
    worker_proxies: WorkerProxies = NO_PROXIES
    resolve: Resolve = resolve
    limits: EgressLimits = field(default_factory=EgressLimits)
    service: Service | None = None

    def only(self, *entries: str) -> "EgressProxy":
        """The same for other targets, such as those of one command. Raises ValueError."""
        return replace(self, allowed=self.allowed.only(*entries))

    @asynccontextmanager
    async def serve(self, listener: socket.socket) -> AsyncIterator["EgressSession"]:
        """Answers what connects to the listener. With the block it is closed, and every connection too."""
        session = EgressSession(self)
        accepting = asyncio.create_task(session.accept(listener))
        try:
            yield session
        finally:
            accepting.cancel()
            with suppress(asyncio.CancelledError):
                await accepting
            listener.close()


@dataclass
class EgressSession:
    """One sandbox's connections. `refused` are the targets that it was refused, each once, the first few; `refusals`
    counts them all."""

    proxy: EgressProxy
    refused: list[RefusedTarget] = field(default_factory=list)
    refusals: int = 0
    trouble: HostTrouble | None = None
    """This host had no descriptor for a connection: what the step lacks is not the repository's fault."""

    def exceeded(self) -> str:
        """ "network" when so much was refused that the step can only fail, else ""."""
        return "network" if self.refusals >= self.proxy.limits.refusals else ""

    async def accept(self, listener: socket.socket) -> None:
        """Until it is cancelled. A connection above the limits waits in the listener's queue, where it costs nothing:
        the loop is the worker's, and no step may keep it busy."""
        listener.setblocking(False)
        limits, loop = self.proxy.limits, asyncio.get_running_loop()
        free, due = asyncio.Semaphore(limits.connections), 0.0
        async with asyncio.TaskGroup() as group:
            while True:
                await free.acquire()
                try:
                    client, _ = await loop.sock_accept(listener)
                except OSError as error:  # this process has no descriptor left, most likely
                    log.warning("egress=paused error=%s", error.strerror)
                    self.trouble = host_trouble(error) or self.trouble
                    free.release()
                    await asyncio.sleep(1)
                    continue
                group.create_task(self._serve(client)).add_done_callback(lambda _: free.release())
                due = max(due, loop.time() - limits.burst / limits.per_second) + 1 / limits.per_second
                await asyncio.sleep(due - loop.time())

    async def _serve(self, connection: socket.socket) -> None:
        """Whatever goes wrong in a connection ends it, and nothing else."""
        client = HttpPeer(h11.SERVER, await asyncio.open_connection(sock=connection, limit=READ_SIZE))
        try:
            await self._answer(client)
        except TargetRefused as refusal:
            self._record(RefusedTarget(str(refusal.target), refusal.internal))
            await _fail(client, 403, str(refusal))
        except TargetUnavailable as error:
            self.trouble = host_trouble(error.__context__ or error) or self.trouble
            await _fail(client, 502, str(error))
        except h11.RemoteProtocolError as error:
            await _fail(client, error.error_status_hint, str(error))
        except (h11.LocalProtocolError, OSError, TimeoutError):
            pass  # the client is gone, or too slow
        except Exception:
            log.exception("egress=failed")
        finally:
            await client.close()

    async def _answer(self, client: HttpPeer) -> None:
        async with asyncio.timeout(self.proxy.limits.head_s):
            request = await client.receive()
        if not isinstance(request, h11.Request):
            return
        if self.proxy.service and request.target.startswith(b"/"):
            return await self.proxy.service(client, request)
        target, path = _read_target(request)
        if not self.proxy.allowed.names(target):
            raise TargetRefused(target)
        if request.method == b"CONNECT":
            await self._tunnel(client, target)
        else:
            await self._forward(client, request, target, path)

    async def _tunnel(self, client: HttpPeer, target: EgressTarget) -> None:
        own = self.proxy.worker_proxies.for_target(target, encrypted=True)
        upstream = await own.open_tunnel(target) if own else await self._connect(target)
        try:
            await client.send(h11.Response(status_code=200, headers=[], reason=b"Connection established"))
            client.writer.write(upstream.trailing())
            upstream.writer.write(client.trailing())
            await tunnel(client, upstream, self.proxy.limits.idle_s)
        finally:
            await upstream.close()

    async def _forward(self, client: HttpPeer, request: h11.Request, target: EgressTarget, path: str) -> None:
        """Only what h11 has understood of the request goes on, with the target that was checked as its host."""
        own = self.proxy.worker_proxies.for_target(target, encrypted=False)
        upstream = HttpPeer(h11.CLIENT, await own.connect()) if own else await self._connect(target)
        host = str(target).removesuffix(":80")
        kept = [(name, value) for name, value in end_to_end(request.headers) if name != b"host"]
        headers = [(b"Host", host.encode()), *kept, (b"Connection", b"close"), *(own.headers if own else ())]
        there = f"http://{host}{path}" if own else path
        try:
            sent = h11.Request(method=request.method, target=there, headers=headers)
            await exchange(client, upstream, sent, self.proxy.limits.idle_s)
        except h11.RemoteProtocolError:
            raise TargetUnavailable(f"what {target} and the client say to each other is not HTTP") from None
        finally:
            await upstream.close()

    async def _connect(self, target: EgressTarget) -> HttpPeer:
        return HttpPeer(h11.CLIENT, await connect(target, self.proxy.allowed, self.proxy.resolve))

    def _record(self, refused: RefusedTarget) -> None:
        self.refusals += 1
        if refused not in self.refused and len(self.refused) < MOST_NAMED:
            self.refused.append(refused)
            reason = "private_address" if refused.internal else "not_allowed"
            log.warning("egress=refused target=%s reason=%s", refused.name, reason)


def _read_target(request: h11.Request) -> tuple[EgressTarget, str]:
    """(where a request goes, its path), "" for CONNECT. Raises h11.RemoteProtocolError for any other form."""
    text, path = request.target.decode("ascii"), ""
    if request.method != b"CONNECT":
        absolute = _ABSOLUTE.fullmatch(text)
        if not absolute:
            raise h11.RemoteProtocolError("only CONNECT and http:// addresses are served here")
        text, path = absolute[1], absolute[2] if absolute[2].startswith("/") else f"/{absolute[2]}"
    try:
        host, port = read_authority(text)
    except ValueError:
        host, port = "", None
    if not host or (port is None and not path):
        raise h11.RemoteProtocolError("the target is not a host and a port")
    return EgressTarget(host, port or 80), path


async def _fail(client: HttpPeer, status: int, why: str) -> None:
    """An answer of the proxy itself. Where an answer has begun already, only the end of the connection tells."""
    body = f"Autobuild: {why}.\n".encode()
    headers = [
        (b"Content-Type", b"text/plain"),
        (b"Content-Length", str(len(body)).encode()),
        (b"Connection", b"close"),
    ]
    with suppress(h11.LocalProtocolError, OSError):
        await client.send(h11.Response(status_code=status, headers=headers, reason=b"Refused by Autobuild"))
        await client.send(h11.Data(data=body))
        await client.send(h11.EndOfMessage())
