"""A listening socket inside a sandbox's network, held by this process."""

import asyncio
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from activities.egress import PROXY_PORT

_PROGRAM = Path(__file__).with_name("join_namespace.py")


class NetworkNotJoined(RuntimeError):
    """The host did not let us into the sandbox's network; the text says why."""


async def listen_inside(pid: int, env: Mapping[str, str]) -> socket.socket:
    """Listens on loopback in the network namespace of the process, which must not be ours. `env` is for the program
    that joins it. Raises NetworkNotJoined.

    Called before the first untrusted program runs in there: no other can have the port, and none can take it later.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_PROGRAM), str(pid), str(PROXY_PORT)),
            stdin=theirs.fileno(),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=env,
        )
        try:
            _, err = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            raise NetworkNotJoined(err.decode(errors="replace").strip())
        _, received, _, _ = socket.recv_fds(ours, 1, 1)
        return socket.socket(fileno=received[0])
