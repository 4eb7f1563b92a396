"""The one way out of a sandbox that needs a network: a proxy that connects to allowed hosts and to nothing else.

A sandbox has its own network namespace with nothing but loopback in it. `namespace.listen_inside` makes a listening
socket in there, `EgressProxy` answers it from the worker's own network, and `PROXY_VARIABLES` tell programs about it.
So nothing of ours runs inside, and no name is looked up from there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

PROXY_PORT = 3128

LOCAL_SERVICE = f"http://127.0.0.1:{PROXY_PORT}"
"""Where a command reaches the service that answers it, if it has one."""


PROXY_VARIABLES: Mapping[str, str] = {
    # Nearly every program reads these; curl reads the first in lower case only.
    **dict.fromkeys(
        ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), LOCAL_SERVICE
    ),
    # These win over what the files of npm, pnpm and pip say.
    **dict.fromkeys(("npm_config_proxy", "npm_config_https_proxy", "PIP_PROXY"), LOCAL_SERVICE),
    # yarn from version 2 on reads no others.
    **dict.fromkeys(("YARN_HTTP_PROXY", "YARN_HTTPS_PROXY"), LOCAL_SERVICE),
    **dict.fromkeys(("no_proxy", "NO_PROXY", "npm_config_noproxy"), ""),
    "NODE_USE_ENV_PROXY": "1",
    "UV_NO_GITHUB_FAST_PATH": "1",  # uv would ask for a second host where a dependency is on GitHub
}
"""What a command needs to know to use the proxy for everything."""


def without_proxies(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables but those that name a proxy of the worker: it may hold a password, and is not reachable inside."""
    return {name: value for name, value in variables.items() if "proxy" not in name.lower()}


# What ssh, git, curl and node print of a name that they look up themselves.
_LOOKED_UP = re.compile(
    r"ssh: (?:Could not resolve hostname|connect to host) ([\w.-]+)|unable to look up ([\w.-]+)"
    r"|Could not resolve host: ([\w.-]+)|getaddrinfo (?:EAI_AGAIN|ENOTFOUND) ([\w.-]+)"
)


def host_without_proxy(output: str) -> str:
    """The host that a program tried to reach without the proxy, by what it printed of its failure; "" for none."""
    found = _LOOKED_UP.search(output)
    return next(name for name in found.groups() if name) if found else ""


@dataclass(frozen=True)
class RefusedTarget:
    """A host and port (`name`) that a command asked for and that the proxy did not connect to.

    `internal`: the host is allowed, but its name leads to an address of this host or of a private network.
    """

    name: str
    internal: bool = False
