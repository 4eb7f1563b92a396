"""Which hosts and ports a sandbox may ask for, and which addresses they may lead to."""

import ipaddress
import re
from dataclasses import dataclass, replace

from activities.egress.addresses import IPAddress, IPNetwork, covers_too_much, is_internal, is_loopback, is_own

DEFAULT_PORTS = (80, 443)

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# 127.1, 0x7f000001, 2130706433: not names, and not how an address is written, but some programs read them as one.
_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)")
_LOCALHOST = "localhost"


@dataclass(frozen=True)
class EgressTarget:
    """A host in lower case (or an address as `ipaddress` writes it) and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def address(self) -> IPAddress | None:
        """The host as an address, None for a name."""
        return _address(self.host)


@dataclass(frozen=True)
class AllowedEntry:
    """`host` is a name, or `*.` before a name for all below it; or else `network` is set. Without a `port` the entry is
    for 80 and 443 where it is asked for, and for every port of an allowed name that leads to the network."""

    host: str = ""
    network: IPNetwork | None = None
    port: int | None = None

    def __str__(self) -> str:
        name = self.host or str(self.network)
        if self.network and self.network.num_addresses == 1:
            name = str(self.network.network_address)
        return name if self.port is None else f"[{name}]:{self.port}" if ":" in name else f"{name}:{self.port}"

    def names(self, target: EgressTarget) -> bool:
        """Whether the entry allows to ask for the target."""
        if target.port != self.port and (self.port is not None or target.port not in DEFAULT_PORTS):
            return False
        if self.network:
            return target.address is not None and target.address in self.network
        if self.host.startswith("*."):
            return target.address is None and target.host.endswith(self.host[1:])
        return target.host == self.host

    def holds(self, address: IPAddress, port: int) -> bool:
        """Whether the entry names this address."""
        if self.port not in (None, port):
            return False
        if self.network:
            return address in self.network
        return self.host == _LOCALHOST and is_loopback(address)


@dataclass(frozen=True)
class EgressAllowList:
    """`entries` may be asked for; `addresses` are of this host or of private networks, and may be connected to where an
    allowed name leads to them."""

    entries: tuple[AllowedEntry, ...] = ()
    addresses: tuple[AllowedEntry, ...] = ()

    @classmethod
    def of(cls, *texts: str) -> "EgressAllowList":
        """Raises ValueError("must …")."""
        entries = tuple(dict.fromkeys(read_entry(text) for text in texts))
        return cls(entries, tuple(entry for entry in entries if entry.network or entry.host == _LOCALHOST))

    def only(self, *texts: str) -> "EgressAllowList":
        """A list for other hosts, with the same decision about private addresses."""
        return replace(self, entries=EgressAllowList.of(*texts).entries)

    def names(self, target: EgressTarget) -> bool:
        """Whether the target may be asked for."""
        return any(entry.names(target) for entry in self.entries)

    def admits(self, address: IPAddress, port: int) -> bool:
        """Whether an allowed name may lead to this address."""
        if any(entry.holds(address, port) for entry in self.addresses):
            return True
        return not is_internal(address) and not is_own(address)


NOTHING = EgressAllowList()


def read_entry(text: str) -> AllowedEntry:
    """`host`, `host:port`, `*.example.com`, an address with or without a port, or a network (`10.1.0.0/16`).

    Raises ValueError("must …").
    """
    if "/" in text:
        try:
            entry = AllowedEntry(network=ipaddress.ip_network(text))
        except ValueError:
            raise ValueError("must name a network by its first address and its length, as in 10.1.0.0/16") from None
    else:
        host, port = read_authority(text.removeprefix("*."))
        address = _address(host)
        if text.startswith("*."):
            if address:
                raise ValueError("must have a name behind *.")
            return AllowedEntry(f"*.{host}", port=port)
        entry = AllowedEntry("", ipaddress.ip_network(address), port) if address else AllowedEntry(host, None, port)
    _require_narrow(entry)
    return entry


def _require_narrow(entry: AllowedEntry) -> None:
    """A typing error must not open this host or its cloud's metadata."""
    if entry.network and covers_too_much(entry.network):
        raise ValueError("must name loopback, link-local and unspecified addresses one by one")
    own = entry.host == _LOCALHOST or (entry.network and is_loopback(entry.network.network_address))
    if own and entry.port is None:
        raise ValueError("must name the port of this host, as in localhost:8080")


def read_authority(text: str) -> tuple[str, int | None]:
    """(host, port) of `host:port`, `host`, `1.2.3.4:port`, `[::1]:port` or `::1`. Raises ValueError("must …")."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:]+)(?::([0-9]{1,5}))?", text)
    host, port = (found[1].strip("[]").lower(), found[2]) if found else (text, None)
    address = _address(host)
    host = host.removesuffix(".")
    is_name = len(host) < 254 and _HOST.fullmatch(host) and not _NUMBER.fullmatch(host)
    if not (address or is_name) or not (port is None or 0 < int(port) < 2**16):
        raise ValueError("must be a host, an address or a network, with a port where that is needed")
    return str(address or host), int(port) if port else None


def _address(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
