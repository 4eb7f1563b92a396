"""Run by hostile code inside a sandbox: tries everything, and names each thing that it could do.

Committed into the repositories as it is, with the facts of this host beside it. Standard library only.
"""

import ctypes
import json
import os
import platform
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "facts.json").read_text())

# name → (x86-64, arm64, arguments); each must be refused
CALLS: dict[str, tuple[int, int, tuple[int, ...]]] = {
    "unshare(CLONE_NEWUSER)": (272, 97, (0x10000000,)),
    "setns": (308, 268, (0, 0)),
    "mount": (165, 40, (0, 0, 0, 0, 0)),
    "ptrace(ATTACH, 1)": (101, 117, (16, 1, 0, 0)),
    "keyctl(GET_KEYRING_ID)": (250, 219, (0, -3 & 0xFFFFFFFF, 1)),
    "bpf": (321, 280, (0, 0, 0)),
    "perf_event_open": (298, 241, (0, 0, -1 & 0xFFFFFFFF, -1 & 0xFFFFFFFF, 0)),
    "userfaultfd": (323, 282, (0,)),
    "io_uring_setup": (425, 425, (1, 0)),
}
# What a call answers that was not refused: it was looked at, and its arguments were wrong.
_LOOKED_AT = {
    "mount": (14, 22, 2),
    "setns": (22, 9),
    "bpf": (22, 14, 7),
    "perf_event_open": (14, 22),
    "io_uring_setup": (14,),
}


def escapes(installing: bool = False) -> list[str]:
    """What was possible and must not be. `installing`: the environment and the cache may be written."""
    found = []
    for name, attempt in _attempts(installing):
        try:
            possible = attempt()
        except Exception:  # refused, whatever the reason
            possible = False
        if possible:
            found.append(name)
    _leave_processes()
    return found


def _attempts(installing: bool) -> Iterator[tuple[str, Callable[[], object]]]:
    for path in (*FACTS["read"], "/etc/shadow", "/proc/kcore", "/proc/1/mem", "/dev/mem", "/proc/1/root/etc/shadow"):
        yield f"read {path}", partial(_read, path)
        for way in ("/env/..", "/cache/..", "/out/..", "/src/..", "/proc/self/root", "/proc/self/cwd/..", "/tmp/.."):
            yield f"read {path} through {way}", partial(_read, f"{way}{path}")
    for place in (*FACTS["write"], "/usr", "/etc", "/", "/proc", "/dev", *(() if installing else ("/env",))):
        yield f"wrote to {place}", partial(_touch, place)
    for name in (
        "kernel/core_pattern",
        "kernel/modprobe",
        "kernel/hostname",
        "vm/drop_caches",
        "fs/binfmt_misc/register",
    ):
        yield f"opened /proc/sys/{name} to write", partial(_open_to_write, f"/proc/sys/{name}")
    yield "opened /proc/sysrq-trigger to write", partial(_open_to_write, "/proc/sysrq-trigger")
    for place in ("/env", "/cache", "/out", "/src", "/tmp"):
        yield f"replaced {place}", partial(_replace, place)
    for host in FACTS["hosts"]:
        for port in FACTS["ports"]:
            yield f"connected to {host} port {port}", partial(_connect, host, port)
            yield f"tunnelled to {host} port {port}", partial(_tunnel, host, port)
    for path in FACTS["unix"]:
        yield f"connected to {path!r}", partial(_connect_unix, path)
    for pid in FACTS["pids"]:
        yield f"signalled process {pid}", partial(_signal, pid)
        yield f"saw process {pid}", partial(os.path.exists, f"/proc/{pid}")
    for name, (x86, arm, arguments) in CALLS.items():
        number = arm if platform.machine() in ("aarch64", "arm64") else x86
        yield f"called {name}", partial(_call, name, number, arguments)


def _read(path: str) -> bool:
    with open(path, "rb") as file:
        return bool(file.read(1))


def _open_to_write(path: str) -> bool:
    os.close(os.open(path, os.O_WRONLY))
    return True


def _signal(pid: int) -> bool:
    os.kill(pid, 0)
    return True


def _touch(place: str) -> bool:
    path = f"{place}/{FACTS['mark']}"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    return True


def _replace(place: str) -> bool:
    os.rename(place, f"{place}-{FACTS['mark']}")
    os.symlink("/", place)
    return True


def _connect(host: str, port: int) -> bool:
    socket.create_connection((host, port), 3).close()
    return True


def _connect_unix(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(3)
        client.connect(path)
    return True


def _tunnel(host: str, port: int) -> bool:
    """Through whatever proxy the environment names."""
    proxy = os.environ.get("HTTPS_PROXY", "").removeprefix("http://").rstrip("/")
    proxy_host, _, proxy_port = proxy.rpartition(":")
    with socket.create_connection((proxy_host, int(proxy_port)), 3) as client:
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        client.sendall(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode())
        return client.recv(64).startswith((b"HTTP/1.1 2", b"HTTP/1.0 2"))


def _call(name: str, number: int, arguments: tuple[int, ...]) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    answer = libc.syscall(number, *(ctypes.c_long(one) for one in arguments))
    return answer >= 0 or ctypes.get_errno() in _LOOKED_AT.get(name, ())


def _leave_processes() -> None:
    """Daemons that would outlive the run: in another session, orphaned, deaf to signals."""
    script = "import signal,time\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\ntime.sleep(3600)"
    for _ in range(2):
        subprocess.Popen(
            [sys.executable, "-c", script, FACTS["mark"]], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


if __name__ == "__main__":
    signal.alarm(120)
    for escape in escapes():
        print(f"probe.py:1: error: {escape}")
    print("probe.py:1: note: came to its end")
