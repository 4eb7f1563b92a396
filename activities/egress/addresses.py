"""Addresses that belong to this host, to its neighbours or to its cloud, in all their forms.

Not `ipaddress.is_private`: that also says True of networks that a registry may well have, and False of others that
lead inside.
"""

import ipaddress
import time
from functools import lru_cache

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_INTERFACES_LAST_S = 10.0

_LOOPBACK = ("127.0.0.0/8", "::1/128")
_LINK_LOCAL = ("169.254.0.0/16", "fe80::/10", "fec0::/10")  # a cloud's metadata is at 169.254.169.254
_NO_HOST = ("0.0.0.0/8", "::/128", "224.0.0.0/4", "240.0.0.0/4", "ff00::/8", "100::/64")
_PRIVATE = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
    "100.64.0.0/10",  # between a provider and its customers; clouds and container networks use it too
    *("192.0.0.0/24", "198.18.0.0/15"),  # protocols' own (a cloud's metadata), tests of networks
    "168.63.129.16/32",  # public by its number, but the host below a virtual machine of Azure
    *("64:ff9b:1::/48", "2001::/32", "192.88.99.0/24", "::/96"),  # translations with an IPv4 address in them
)

# (network, where the IPv4 address begins, in bits from the left)
_EMBEDDED = (("::ffff:0:0/96", 96), ("64:ff9b::/96", 96), ("2002::/16", 16))


def _networks(texts: tuple[str, ...]) -> tuple[IPNetwork, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


_ONLY_EXACTLY = _networks((*_LOOPBACK, *_LINK_LOCAL, *_NO_HOST))
_INTERNAL = (*_ONLY_EXACTLY, *_networks(_PRIVATE))


def is_internal(address: IPAddress) -> bool:
    """Whether the address leads to this host, a private network or nowhere, also by an IPv4 address inside it."""
    if any(address in network for network in _INTERNAL):
        return True
    for text, start in _EMBEDDED:
        if address in ipaddress.ip_network(text):
            bits = int(address) >> (128 - start - 32) & 0xFFFFFFFF
            return text.startswith("::ffff") or is_internal(ipaddress.IPv4Address(bits))
    return False


def is_own(address: IPAddress) -> bool:
    """Whether an interface of this host has the address: what listens on all of them is as near as on loopback."""
    return str(address).partition("%")[0] in _own_addresses(int(time.monotonic() / _INTERFACES_LAST_S))


@lru_cache(maxsize=1)
def _own_addresses(moment: int) -> frozenset[str]:
    """Read once in a while: a host with many containers has hundreds of interfaces."""
    import psutil

    return frozenset(one.address.partition("%")[0] for found in psutil.net_if_addrs().values() for one in found)


def covers_too_much(network: IPNetwork) -> bool:
    """Whether a network holds more than one address and some that must be named one by one: loopback, link-local."""
    alike = (one for one in _ONLY_EXACTLY if one.version == network.version)
    return network.num_addresses > 1 and any(network.overlaps(one) for one in alike)


def is_loopback(address: IPAddress) -> bool:
    """This host, by its address in every network namespace."""
    return any(address in network for network in _networks(_LOOPBACK))
