"""A program of its own: makes a listening socket in the network namespace of a process, and hands it over.

Arguments: the process's number and a port. Standard input is a unix socket that gets the listening socket. It is a
program because only a process with a single thread may join a user namespace; it uses nothing but the standard library,
and is started without `site`.
"""

import ctypes
import fcntl
import os
import socket
import sys

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_NS_GET_USERNS = 0xB701  # ioctl_ns(2)
_IP_FREEBIND = 15
_BACKLOG = 512

_libc = ctypes.CDLL(None, use_errno=True)


def main(pid: int, port: int) -> None:
    """Raises OSError."""
    join_network(f"/proc/{pid}/ns/net")
    listener = socket.socket()
    # The sandbox may not have brought its loopback up yet.
    listener.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(_BACKLOG)
    socket.send_fds(socket.socket(fileno=0), [b"x"], [listener.fileno()])


def join_network(path: str) -> None:
    """Root joins it as it is; everybody else joins the user namespace that owns it first, as whose maker they may."""
    network = os.open(path, os.O_RDONLY)
    ours = os.stat("/proc/self/ns/net")
    if os.path.samestat(os.fstat(network), ours):
        raise OSError("the process has the host's own network")
    if _libc.setns(network, _CLONE_NEWNET) == 0:
        return
    owner = fcntl.ioctl(network, _NS_GET_USERNS)
    for namespace, kind in ((owner, _CLONE_NEWUSER), (network, _CLONE_NEWNET)):
        if _libc.setns(namespace, kind):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]))
    except OSError as error:
        sys.exit(f"The sandbox's network cannot be joined: {error}")
