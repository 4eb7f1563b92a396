"""The proxy against clients that want something else than its list: real sockets on both sides."""

import asyncio
import contextlib
import os
import socket

import pytest

from activities.egress import RefusedTarget
from activities.egress.allow_list import EgressAllowList
from activities.egress.connections import WorkerProxies
from activities.egress.proxy import MOST_NAMED, EgressLimits, EgressProxy
from tests.activities.egress.conftest import Names, Origin, running, served, words
from tests.activities.test_host_trouble import no_files_left
from tests.deadlines import WITHIN_S, until


def allowing(*entries: str, **rest: object) -> EgressProxy:
    return EgressProxy(EgressAllowList.of(*entries), **rest)  # type: ignore[arg-type]


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


async def test_plain_request_arrives_written_anew() -> None:
    async with running(Origin()) as origin, served(allowing(f"127.0.0.1:{origin.port}")) as proxy:
        host = f"127.0.0.1:{origin.port}"
        answer = await proxy.ask(
            f"GET http://{host}/simple/?a=%2F HTTP/1.1\r\nHost: elsewhere\r\nUser-Agent: x\r\nProxy-Connection: keep-alive\r\n"
            "Proxy-Authorization: Basic eDp5\r\nConnection: X-Own, Host\r\nX-Own: 1\r\nUpgrade: h2c\r\n\r\n"
        )
        assert status(answer) == 200
        assert answer.endswith(b"\r\n\r\nhello")
        assert b"connection: close" in answer.lower()
        (sent,) = origin.received
        head = f"GET /simple/?a=%2F HTTP/1.1\r\nHost: {host}\r\nuser-agent: x\r\nConnection: close\r\n\r\n"
        assert sent.decode() == head


async def test_tunnel_passes_bytes_both_ways() -> None:
    async with running(Origin(b"pong")) as origin, served(allowing(f"127.0.0.1:{origin.port}")) as proxy:
        reader, writer = await proxy.connect()
        with contextlib.closing(writer):
            # The first bytes of the tunnel come with the request, as some clients send them.
            writer.write(f"CONNECT 127.0.0.1:{origin.port} HTTP/1.0\r\n\r\n\x16\x03ping".encode("latin-1"))
            writer.write_eof()
            async with asyncio.timeout(WITHIN_S):
                answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n")
        assert answer.endswith(b"pong")
        assert origin.received == [b"\x16\x03ping"]


async def test_body_and_large_answers_are_passed_whole() -> None:
    body = os.urandom(3_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with running(Origin(head + body)) as origin, served(allowing(f"127.0.0.1:{origin.port}")) as proxy:
        answer = await proxy.ask(
            f"POST http://127.0.0.1:{origin.port}/audit HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n"
        )
        assert answer.endswith(body)
        assert origin.received[0].endswith(b"5\r\n12345\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    "target",
    words("""
    metadata.internal:80 registry.example:22 169.254.169.254:80 [::1]:443 [::ffff:127.0.0.1]:{port} 127.0.0.1:1
    127.0.0.2:{port} localhost:{port} localhost.:{port} 10.0.0.1:443 0.0.0.0:{port} [::]:{port}
    """),
)
async def test_what_is_not_on_the_list_is_refused_and_named(target: str) -> None:
    async with (
        running(Origin()) as origin,
        served(allowing(f"127.0.0.1:{origin.port}", "registry.example:443")) as proxy,
    ):
        named = target.format(port=origin.port)
        assert status(await proxy.ask(f"CONNECT {named} HTTP/1.1\r\nHost: registry.example:443\r\n\r\n")) == 403
        answer = await proxy.ask(f"GET http://{named}/ HTTP/1.1\r\nHost: registry.example\r\n\r\n")
        assert status(answer) == 403
        assert b"is not an allowed registry" in answer
        assert proxy.refused == [named.replace("localhost.", "localhost").replace("127.0.0.1]", "7f00:1]")]
        assert origin.received == []


@pytest.mark.parametrize(
    "line",
    [
        *("CONNECT 127.1:{port}", "CONNECT 0x7f000001:{port}", "CONNECT 2130706433:{port}", "CONNECT 127.0.0.1"),
        *("CONNECT user@127.0.0.1:{port}", "CONNECT 127.0.0.1:{port}@evil.example:443", "CONNECT 127.0.0.1:{port}/"),
        *("CONNECT http://127.0.0.1:{port}/", "CONNECT 127.0.0.1:{port}#", "CONNECT 127.0.0.1:0{port}0", "CONNECT *"),
        *(
            "GET /",
            "GET http://",
            "GET http:///x",
            "GET http://user:pw@127.0.0.1:{port}/",
            "GET https://127.0.0.1:{port}/",
        ),
        *(
            "GET ftp://127.0.0.1:{port}/",
            "GET http://127.0.0.1:{port}\\@evil.example/",
            "GET http:\\\\127.0.0.1:{port}/",
        ),
        *(
            "GET http://127.0.0.1:{port}:80/",
            "OPTIONS *",
            "GET http://127.0.0.1:{port}/ x",
            "GET http://127.0.0.1:{port}/#f",
        ),
    ],
)
async def test_odd_requests_are_answered_400(line: str) -> None:
    async with running(Origin()) as origin, served(allowing(f"127.0.0.1:{origin.port}")) as proxy:
        assert status(await proxy.ask(f"{line.format(port=origin.port)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")) == 400
        assert origin.received == []


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: 4, 5",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Host: a\r\nHost: b",
        "X\x00: a",
    ],
)
async def test_ambiguous_framing_never_reaches_a_registry(headers: str) -> None:
    smuggled = "0\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    async with running(Origin()) as origin, served(allowing(f"127.0.0.1:{origin.port}")) as proxy:
        host = "" if headers.startswith("Host") else "Host: x\r\n"
        answer = await proxy.ask(f"POST http://127.0.0.1:{origin.port}/ HTTP/1.1\r\n{host}{headers}\r\n\r\n{smuggled}")
        assert status(answer) in (400, 501)
        assert origin.received == []


async def test_a_length_beside_chunks_is_not_passed_on() -> None:
    """RFC 9112, 6.3: chunks win, and both together is how requests are smuggled."""
    chunks = "0\r\n\r\nGET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"
    async with running(Origin()) as origin, served(allowing(f"127.0.0.1:{origin.port}")) as proxy:
        both = f"Host: x\r\nContent-Length: {len(chunks)}\r\nTransfer-Encoding: chunked"
        answer = await proxy.ask(f"POST http://127.0.0.1:{origin.port}/ HTTP/1.1\r\n{both}\r\n\r\n{chunks}")
        assert status(answer) in (200, 400)
        for sent in origin.received:
            assert b"content-length" not in sent.lower()
            assert b"evil" not in sent


async def test_a_connection_carries_one_plain_request() -> None:
    async with running(Origin()) as origin, served(allowing(f"127.0.0.1:{origin.port}")) as proxy:
        host = f"127.0.0.1:{origin.port}"
        one = f"GET http://{host}/a HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive\r\n\r\n"
        answer = await proxy.ask(one + one.replace(host, "evil.example"))
        assert answer.count(b"HTTP/1.1 ") == 1
        assert [bytes(sent).count(b"HTTP/1.1") for sent in origin.received] == [1]
        assert b"evil" not in origin.received[0]


async def test_an_upgrade_stays_plain() -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw"
    async with running(Origin(switch)) as origin, served(allowing(f"127.0.0.1:{origin.port}")) as proxy:
        answer = await proxy.ask(
            f"GET http://127.0.0.1:{origin.port}/ HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
        )
        assert status(answer) in (0, 502)
        assert b"upgrade" not in origin.received[0].lower()


async def test_huge_heads_are_refused() -> None:
    async with running(Origin()) as origin, served(allowing(f"127.0.0.1:{origin.port}")) as proxy:
        head = f"GET http://127.0.0.1:{origin.port}/ HTTP/1.1\r\nHost: x\r\nX: {'a' * 200_000}\r\n\r\n"
        for huge in (head, "CONNECT " + "a" * 200_000):
            with contextlib.suppress(ConnectionResetError):  # the rest was never read
                assert status(await proxy.ask(huge)) == 431
        assert origin.received == []


async def test_an_allowed_name_that_leads_inside_is_refused_without_its_address() -> None:
    names = Names(
        internal_example=[["10.1.2.3", "127.0.0.1", "::1"]], metadata_example=[["169.254.169.254"]],
        mapped_example=[["::ffff:127.0.0.1"]], own_example=[["192.0.2.2"]],
    )  # fmt: skip
    async with served(allowing("*.example", resolve=names)) as proxy:
        for name in ("internal.example", "metadata.example", "mapped.example"):
            answer = await proxy.ask(f"CONNECT {name}:443 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert status(answer) == 403
            assert b"private address" in answer
            assert RefusedTarget(f"{name}:443", internal=True) in proxy.session.refused
            assert b"10.1" not in answer


async def test_the_checked_address_is_the_connected_one() -> None:
    """A name that changes its answer: public when it is checked, inside when it is connected to."""
    async with running(Origin()) as origin:
        # Of several addresses only those that may be connected to are tried.
        names = Names(rebinding_example=[["192.168.0.1", "127.0.0.1"], ["169.254.169.254"]])
        allowed = allowing(f"rebinding.example:{origin.port}", f"127.0.0.1:{origin.port}", resolve=names)
        async with served(allowed) as proxy:
            request = f"GET http://rebinding.example:{origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n"
            assert status(await proxy.ask(request)) == 200
            assert names.asked == ["rebinding.example"]
            assert status(await proxy.ask(request)) == 403
            assert len(origin.received) == 1
            assert f"Host: rebinding.example:{origin.port}".encode() in origin.received[0]


async def test_an_address_is_never_looked_up_and_neither_is_a_refused_name() -> None:
    names = Names()
    async with running(Origin()) as origin, served(allowing(f"127.0.0.1:{origin.port}", resolve=names)) as proxy:
        assert status(await proxy.ask(f"GET http://127.0.0.1:{origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n")) == 200
        assert status(await proxy.ask("CONNECT secret-data.evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n")) == 403
        assert names.asked == []


async def test_unavailable_registry_is_no_refusal() -> None:
    async with served(allowing("gone.example:443", resolve=Names())) as proxy:
        assert status(await proxy.ask("CONNECT gone.example:443 HTTP/1.1\r\nHost: x\r\n\r\n")) == 502
        assert proxy.refused == []


async def test_refused_names_are_few_and_each_named_once(caplog: pytest.LogCaptureFixture) -> None:
    async with served(allowing("registry.example:443")) as proxy:
        for number in range(MOST_NAMED + 5):
            for _ in range(2):
                await proxy.ask(f"CONNECT h{number}.example:443 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert len(proxy.refused) == len(set(proxy.refused)) == MOST_NAMED
    lines = [record.getMessage() for record in caplog.records if "egress=refused" in record.getMessage()]
    assert lines[0] == "egress=refused target=h0.example:443 reason=not_allowed"
    assert len(lines) == MOST_NAMED


async def test_slow_and_idle_clients_are_closed() -> None:
    async with running(Origin(b"")) as origin:
        limits = EgressLimits(head_s=0.05, idle_s=0.05)
        async with served(allowing(f"127.0.0.1:{origin.port}", limits=limits)) as proxy:
            assert await proxy.ask("") == b""
            assert await proxy.ask("GET http://127.0.0.1") == b""
            tunnel = await proxy.ask(f"CONNECT 127.0.0.1:{origin.port} HTTP/1.1\r\nHost: x\r\n\r\n")
            assert status(tunnel) == 200
            head = f"POST http://127.0.0.1:{origin.port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
            assert await proxy.ask(head) == b""


async def test_connections_are_limited_and_wait() -> None:
    limits = EgressLimits(connections=2)
    async with running(Origin()) as origin, served(allowing(f"127.0.0.1:{origin.port}", limits=limits)) as proxy:
        held = [await proxy.connect() for _ in range(2)]
        third = asyncio.create_task(proxy.ask(f"GET http://127.0.0.1:{origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n"))

        async def both_are_served() -> bool:
            return not third.done()

        await until(both_are_served)
        assert origin.received == []
        for _, writer in held:
            writer.close()
        assert status(await third) == 200


async def test_new_connections_are_slowed_down_after_a_burst() -> None:
    """The least that they take; nothing depends on how fast this machine is."""
    loop = asyncio.get_running_loop()
    async with served(allowing(limits=EgressLimits(burst=2, per_second=20))) as proxy:
        start = loop.time()
        for _ in range(8):
            assert status(await proxy.ask("CONNECT registry.example:443 HTTP/1.1\r\nHost: x\r\n\r\n")) == 403
        assert loop.time() - start >= 5 / 20


async def test_everything_is_closed_with_the_sandbox() -> None:
    async with running(Origin(b"pong")) as origin:
        async with served(allowing(f"127.0.0.1:{origin.port}")) as proxy:
            reader, writer = await proxy.connect()
            writer.write(f"CONNECT 127.0.0.1:{origin.port} HTTP/1.1\r\nHost: x\r\n\r\nping".encode())
            async with asyncio.timeout(WITHIN_S):
                await reader.readuntil(b"pong")
        async with asyncio.timeout(WITHIN_S):
            assert await reader.read() == b""
            await origin.ended.wait()
        with pytest.raises(OSError):
            await proxy.connect()
        writer.close()


async def test_another_list_for_one_run() -> None:
    async with (
        running(Origin()) as origin,
        served(allowing("registry.example:443").only(f"127.0.0.1:{origin.port}")) as proxy,
    ):
        assert status(await proxy.ask("CONNECT registry.example:443 HTTP/1.1\r\nHost: x\r\n\r\n")) == 403
        # Where an address of this host is named, that decision is the deployment's alone.
        answer = await proxy.ask(f"GET http://127.0.0.1:{origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status(answer) == 403


async def test_the_workers_own_proxy_is_used_and_gets_its_password_alone() -> None:
    established = b"HTTP/1.1 200 OK\r\n\r\npong"
    async with running(Origin(established)) as https, running(Origin()) as http:
        own = WorkerProxies(
            f"http://127.0.0.1:{http.port}", f"http://me:pass%20word@127.0.0.1:{https.port}", "direct.example"
        )
        async with served(
            allowing("registry.example", "*.direct.example", worker_proxies=own, resolve=Names())
        ) as proxy:
            reader, writer = await proxy.connect()
            writer.write(b"CONNECT registry.example:443 HTTP/1.1\r\nHost: x\r\n\r\nping")
            async with asyncio.timeout(WITHIN_S):
                await reader.readuntil(b"pong")
            writer.close()
            async with asyncio.timeout(WITHIN_S):
                await https.ended.wait()
            assert https.received[0].startswith(
                b"CONNECT registry.example:443 HTTP/1.1\r\nHost: registry.example:443\r\n"
            )
            assert b"Proxy-Authorization: Basic bWU6cGFzcyB3b3Jk\r\n" in https.received[0]
            assert https.received[0].endswith(b"ping")
            assert status(await proxy.ask("GET http://registry.example/simple HTTP/1.1\r\nHost: x\r\n\r\n")) == 200
            assert http.received[0].startswith(
                b"GET http://registry.example/simple HTTP/1.1\r\nHost: registry.example\r\n"
            )
            assert status(await proxy.ask("CONNECT a.direct.example:443 HTTP/1.1\r\nHost: x\r\n\r\n")) == 502
            assert status(await proxy.ask("CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n")) == 403
            assert len(https.received) == 1


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 No\r\n\r\n", b"nonsense\r\n\r\n"])
async def test_a_proxy_of_the_worker_that_refuses_is_named(answer: bytes) -> None:
    async with running(Origin(answer)) as own:
        worker = WorkerProxies(https=f"http://me:secret@127.0.0.1:{own.port}")
        async with served(allowing("registry.example", worker_proxies=worker)) as proxy:
            answer = await proxy.ask("CONNECT registry.example:443 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert status(answer) == 502
            assert b"secret" not in answer


async def test_worker_without_descriptors_is_the_hosts_trouble() -> None:
    """Else an install step would fail for a registry that is there."""
    async with served(allowing()) as proxy:
        assert proxy.session.trouble is None
        client = socket.create_connection(("127.0.0.1", proxy.port))
        with contextlib.closing(client), no_files_left():
            trouble = await until(lambda: asyncio.sleep(0, proxy.session.trouble))
    assert trouble
    assert trouble.shortage == "files"
