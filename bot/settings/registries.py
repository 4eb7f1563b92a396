"""Which variables and files of this machine a repository's install step sees, to reach package registries.

Everything else of our environment stays outside the sandbox. A token in one of these is visible to every
repository's install step; `docs/security.md` says so.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from activities import toolchains
from activities.egress.allow_list import EgressAllowList
from activities.egress.connections import WorkerProxies
from activities.egress.proxy import EgressProxy
from bot.settings.registry_hosts import registry_hosts

_PREFIXES = ("PIP_", "UV_", "NPM_CONFIG_", "npm_config_")
_NAMES = (
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
)  # fmt: skip
# The sandbox decides where these put files.
_OURS = ("UV_CACHE_DIR", "PIP_CACHE_DIR", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON", "PIP_REQUIRE_VIRTUALENV")

# How the worker itself was started (`uv run` with a file of secrets, `npx`), what uv publishes with, and npm's own
# folders: none of it says where a registry is.
_NOT_OF_REGISTRIES = re.compile(
    r"UV_(?:ENV_FILE|PROJECT|WORKING_DIR(?:ECTORY)?|PUBLISH_\w+|TOOL_\w+|CREDENTIALS_DIR)"
    r"|npm_config_(?:cache|prefix|local_prefix|global_prefix|init[-_]module|logs[-_]dir|tmp)",
    re.IGNORECASE,
)

# Where distributions keep the certificates that this machine trusts, a private authority's among them.
_SYSTEM_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def install_settings(environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[Path, ...]]:
    """(variables, files and folders to show read-only).

    uv and programs written with requests bring their own certificates. Unless set otherwise, they trust what
    this machine trusts, or what `SSL_CERT_FILE` names.
    """
    passed = {
        name: value
        for name, value in environ.items()
        if (name in _NAMES or name.startswith(_PREFIXES)) and not (name in _OURS or _NOT_OF_REGISTRIES.fullmatch(name))
    }
    system = next((path for path in _SYSTEM_CERTIFICATES if Path(path).is_file()), "")
    if trusted := passed.get("SSL_CERT_FILE") or system:
        passed = {"UV_SYSTEM_CERTS": "true", "REQUESTS_CA_BUNDLE": trusted, **passed}
    files = [Path("/etc/pip.conf"), Path("/etc/xdg/pip"), Path("/etc/uv"), Path("/etc/npmrc")]
    files += [Path(value) for value in passed.values() if value.startswith("/")]
    return passed, tuple(path for path in files if path.is_file() or path.is_dir())  # pip reads /dev/null as none


def egress_proxy(environ: Mapping[str, str], also: Iterable[str]) -> EgressProxy:
    """The network of install steps: the registries, and what the deployment allows (`also`); by this machine's own
    proxy where it has one."""

    def variable(name: str) -> str:
        return environ.get(name.lower()) or environ.get(name, "")

    others = (host for chain in toolchains.registry().values() for host in chain.registries)
    proxies = WorkerProxies(variable("HTTP_PROXY"), variable("HTTPS_PROXY"), variable("NO_PROXY"))
    return EgressProxy(EgressAllowList.of(*registry_hosts(environ), *others, *also), proxies)
