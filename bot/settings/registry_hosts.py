"""The hosts and ports of the package registries that pip, uv and npm of this machine are configured for.

They are what a sandbox may ask for; see `activities/egress`. Only what a sandbox is shown counts: the same variables,
and the same files.
"""

import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from activities.egress.allow_list import read_entry

PYTHON_DEFAULTS = ("pypi.org:443", "files.pythonhosted.org:443")
NODE_DEFAULTS = ("registry.npmjs.org:443", "registry.yarnpkg.com:443")

PIP_FILES = (Path("/etc/pip.conf"), Path("/etc/xdg/pip/pip.conf"))
UV_FILES = (Path("/etc/uv/uv.toml"),)
NPM_FILES = (Path("/etc/npmrc"),)

# A registry in place of the default one, and further ones.
_UV_OWN = ("UV_INDEX_URL", "UV_DEFAULT_INDEX")
_UV_MORE = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
_PIP = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS")
_ADDRESS = re.compile(r"https?://[^\s,\"']+", re.IGNORECASE)
_REGISTRY_LINE = re.compile(r"^\s*((?:@[^\s:=]+:)?registry)\s*=\s*(.*)$", re.MULTILINE)


def registry_hosts(environ: Mapping[str, str]) -> tuple[str, ...]:
    """`host:port` of each. The default registries count where nothing names another in their place."""
    own, more = _python(environ)
    registry, scoped = _node(environ)
    python = (*(own or PYTHON_DEFAULTS), *more)
    node = (*(registry or NODE_DEFAULTS), *scoped)
    return tuple(dict.fromkeys((*python, *node)))


def _python(environ: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """(hosts of what replaces uv's default index, hosts of further ones). pip's settings do not change uv's."""
    own = [host for name in _UV_OWN for host in _hosts(environ.get(name, ""))]
    more = [host for name in (*_UV_MORE, *_PIP) for host in _hosts(environ.get(name, ""))]
    for path in _with_named(PIP_FILES, environ, "PIP_CONFIG_FILE"):
        settings = configparser.RawConfigParser(strict=False)
        with suppress(configparser.Error):
            settings.read_string(_text(path))
        for section in settings.sections():
            for key, value in settings.items(section):
                if key.replace("_", "-") in ("index-url", "extra-index-url", "find-links"):
                    more += _hosts(value)
    for path in _with_named(UV_FILES, environ, "UV_CONFIG_FILE"):
        with suppress(tomllib.TOMLDecodeError):
            for is_own, value in _uv_indexes(tomllib.loads(_text(path))):
                (own if is_own else more).extend(_hosts(value))
    return own, more


def _uv_indexes(settings: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    """(whether it replaces the default index, its value)"""
    for table in (settings, settings.get("pip")):
        if isinstance(table, dict):
            yield True, str(table.get("index-url", ""))
            yield False, f"{table.get('extra-index-url', '')} {table.get('find-links', '')}"
    indexes = settings.get("index")
    for index in indexes if isinstance(indexes, list) else []:
        if isinstance(index, dict):
            yield bool(index.get("default")), str(index.get("url", ""))


def _node(environ: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """(hosts of what replaces the default registry, hosts of those for scopes)"""
    found = [(name[11:], value) for name, value in environ.items() if name.lower().startswith("npm_config_")]
    names = ("npm_config_globalconfig", "npm_config_userconfig", "NPM_CONFIG_GLOBALCONFIG", "NPM_CONFIG_USERCONFIG")
    for path in _with_named(NPM_FILES, environ, *names):
        found += _REGISTRY_LINE.findall(_text(path))
    own = [host for name, value in found if name.lower() == "registry" for host in _hosts(_expanded(value, environ))]
    scoped = [
        host
        for name, value in found
        if name.startswith("@") and name.lower().endswith(":registry")
        for host in _hosts(_expanded(value, environ))
    ]
    return own, scoped


def _expanded(value: str, environ: Mapping[str, str]) -> str:
    """npm puts variables in place of `${NAME}`."""
    return re.sub(r"\$\{([^}]+)\}", lambda found: environ.get(found[1], ""), value)


def _with_named(paths: Iterable[Path], environ: Mapping[str, str], *names: str) -> Iterator[Path]:
    yield from paths
    yield from (Path(environ[name]) for name in names if environ.get(name, "").startswith("/"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _hosts(value: str) -> Iterator[str]:
    """`host:port` of every http address in a setting: one, several, or `name=address`."""
    for address in _ADDRESS.findall(value):
        with suppress(ValueError):
            url = urlsplit(address)
            host, port = url.hostname or "", url.port or (443 if url.scheme.lower() == "https" else 80)
            entry = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            read_entry(entry)
            yield entry
