"""What hostile code must not read, change or reach on this host, and whether it did."""

import contextlib
import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

_KERNEL = ("core_pattern", "hostname", "randomize_va_space")


class Targets:
    """Files and listening sockets of this host, below and beside `folder`.

    `facts` is what hostile code is told of them: it need not guess. `token` is in the file that it must not read, `mark`
    in the name of each file and process that it makes.
    """

    def __init__(self, folder: Path, temporal: int, webhooks: int, pids: list[int], private: list[Path]) -> None:
        self.token, self.mark = f"token-{secrets.token_hex(16)}", f"mark-{secrets.token_hex(16)}"
        self.folder = folder
        self.reached: list[str] = []
        self._sockets: list[socket.socket] = []
        (folder / "secret").write_text(self.token)
        (folder / "secret").chmod(0o600)
        (folder / "public").write_text(self.token)
        (folder / "writable").mkdir(mode=0o777)
        (folder / "writable").chmod(0o777)
        abstract = f"\0{self.mark}"
        ports = [self._listen(socket.AF_INET, ("0.0.0.0", 0))]
        with contextlib.suppress(OSError):  # a host without IPv6
            ports.append(self._listen(socket.AF_INET6, ("::1", 0)))
        self._listen(socket.AF_UNIX, str(folder / "engine.sock"))
        self._listen(socket.AF_UNIX, abstract)
        self._kernel = _kernel_settings()
        self.facts: dict[str, Any] = {
            "mark": self.mark,
            "read": [str(folder / "secret"), str(folder / "public"), *map(str, private)],
            "write": [str(folder / "writable"), str(folder)],
            "ports": [*ports, temporal, webhooks],
            "hosts": ["127.0.0.1", "::1", *_own_addresses()],
            "unix": [str(folder / "engine.sock"), abstract],
            "pids": pids,
        }

    def _listen(self, family: socket.AddressFamily, address: Any) -> int:
        """The port. Whoever connects is recorded under that name."""
        server = socket.socket(family)
        server.bind(address)
        server.listen()
        if family == socket.AF_UNIX and isinstance(address, str) and address.startswith("/"):
            Path(address).chmod(0o777)
        self._sockets.append(server)
        name = repr(server.getsockname())
        threading.Thread(target=self._accept, args=(server, name), daemon=True).start()
        return int(server.getsockname()[1]) if family != socket.AF_UNIX else 0

    def _accept(self, server: socket.socket, name: str) -> None:
        with contextlib.suppress(OSError):
            while True:
                server.accept()[0].close()
                self.reached.append(name)

    def close(self) -> None:
        for server in self._sockets:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()

    def damage(self, data: Path) -> Iterator[str]:
        """What hostile code read, changed, reached or left, as sentences. `data` is the worker's data folder."""
        yield from (f"connected to {name}" for name in self.reached)
        for path in (*self.folder.rglob("*"), *Path("/tmp").glob("*"), *data.rglob("*")):
            if self.mark in path.name and not _may_keep(path.relative_to(data) if path.is_relative_to(data) else path):
                yield f"left {path}"
        for process in psutil.process_iter(["cmdline"]):
            if self.mark in " ".join(process.info["cmdline"] or ()):
                yield f"left a process: {process.info['cmdline']}"
        if (now := _kernel_settings()) != self._kernel:
            yield f"changed the kernel's settings to {now}"


def _may_keep(path: Path) -> bool:
    """A level's own environments and downloads, and the repository's own files, are its own to write."""
    return path.parts[0] in ("environments", "downloads", "checkouts", "mirrors")


def _kernel_settings() -> list[str]:
    return [Path("/proc/sys/kernel", name).read_text() for name in _KERNEL]


def _own_addresses() -> list[str]:
    families = (socket.AF_INET, socket.AF_INET6)
    found = [one.address for each in psutil.net_if_addrs().values() for one in each if one.family in families]
    return [address for address in found if address not in ("127.0.0.1", "::1")]
