"""What the install step may know of this machine's package registries: names of variables, and files.

Everything else of our environment stays outside the sandbox. A person who keeps a token in one of these
shows it to every repository's install step; `docs/security.md` says so.
"""

from collections.abc import Mapping
from pathlib import Path

_PREFIXES = ("PIP_", "UV_", "NPM_CONFIG_", "npm_config_")
_NAMES = (
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
)  # fmt: skip
# Where these would put things is the sandbox's business.
_OURS = ("UV_CACHE_DIR", "PIP_CACHE_DIR", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON", "PIP_REQUIRE_VIRTUALENV")


# Where the distributions keep the certificates that this machine trusts, a company's own among them.
_SYSTEM_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def install_settings(environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[Path, ...]]:
    """(variables, files and folders to show read-only)."""
    kept = {
        name: value
        for name, value in environ.items()
        if (name in _NAMES or name.startswith(_PREFIXES)) and name not in _OURS
    }
    kept = {**_trusting_as_the_machine_does(), **kept}
    files = [Path("/etc/pip.conf"), Path("/etc/xdg/pip"), Path("/etc/uv"), Path("/etc/npmrc")]
    files += [Path(value) for value in kept.values() if value.startswith("/")]
    return kept, tuple(path for path in files if path.exists())


def _trusting_as_the_machine_does() -> dict[str, str]:
    """uv, and what is written with requests, bring certificates of their own and do not look at the machine's."""
    bundle = next((path for path in _SYSTEM_CERTIFICATES if Path(path).is_file()), "")
    return {"UV_SYSTEM_CERTS": "true", "REQUESTS_CA_BUNDLE": bundle} if bundle else {}
