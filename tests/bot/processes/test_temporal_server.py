"""Who can reach the embedded Temporal server, which asks nobody who they are: processes of this host, and no sandbox."""

import asyncio
import ipaddress
import json
import sys
from pathlib import Path

import psutil
import pytest

from activities.egress.allow_list import EgressAllowList
from activities.egress.proxy import EgressProxy
from activities.sandbox import SandboxSpec
from activities.sandbox.select import make_runner
from bot.processes.temporal_server import LocalTemporal, temporal_server
from tests.activities.sandbox.conftest import python

# As in the attack: find ports in /proc/net, try those and all that are named, directly and by the proxy.
ATTACK = """
import json, re, socket, sys
ports = set(json.loads(sys.argv[1]))
for table in ("tcp", "tcp6"):
    for line in open(f"/proc/net/{table}"):
        if found := re.match(r" *\\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A", line):
            ports.add(int(found[1], 16))
reached = []
for port in sorted(ports - {3128}):
    for host in ("127.0.0.1", "::1", "localhost"):
        try:
            socket.create_connection((host, port), timeout=5).close()
            reached.append(f"{host}:{port}")
        except OSError:
            pass
        try:
            with socket.create_connection(("127.0.0.1", 3128), timeout=30) as s:
                s.sendall(f"CONNECT {host if ':' not in host else '[::1]'}:{port} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
                if s.recv(100).split()[1] != b"403":
                    reached.append(f"{host}:{port} by the proxy")
        except OSError:
            pass
print(json.dumps([sorted(ports), reached]))
"""


def listening(server: LocalTemporal) -> list[tuple[str, int]]:
    """(address, port) of everything that it listens on."""
    first = psutil.Process(server.pid)
    found = [one for process in (first, *first.children(recursive=True)) for one in process.net_connections("inet")]
    return [(one.laddr.ip, one.laddr.port) for one in found if one.status == psutil.CONN_LISTEN]


async def test_every_port_is_on_loopback() -> None:
    async with temporal_server(None, ui=True) as server:
        sockets = listening(server)
        ports = [port for _, port in sockets]
        assert int(server.address.rpartition(":")[2]) in ports
        assert int(server.ui.rpartition(":")[2]) in ports
        assert [ip for ip, _ in sockets if not ipaddress.ip_address(ip).is_loopback] == []


@pytest.mark.parametrize("network", [False, True])
async def test_no_sandbox_reaches_it(tmp_path: Path, network: bool) -> None:
    for name in ("tree", "out"):
        (tmp_path / name).mkdir()
    spec = SandboxSpec(tmp_path / "tree", tmp_path / "out", read_only=(Path(sys.base_prefix),))
    runner = await make_runner("bubblewrap", {}, (), EgressProxy(EgressAllowList.of("localhost:1", "127.0.0.1:1")))
    async with temporal_server(None, ui=True) as server:
        ports = sorted({port for _, port in listening(server)})
        for port in ports:
            _, writer = await asyncio.open_connection("127.0.0.1", port)  # the host can
            writer.close()
        ran = await runner.run(spec, python(ATTACK, json.dumps(ports), network=network))
    assert ran.exit_code == 0, ran.stderr.decode()
    assert json.loads(ran.stdout) == [sorted({*ports, 3128} if network else ports), []]
    assert len(ran.refused) >= len(ports) if network else ran.refused == ()
