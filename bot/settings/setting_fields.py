"""How a setting is declared and read: a dataclass field with its variable, its meaning and its parser."""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from activities.egress.allow_list import read_entry

_UNITS = {"MB": 10**6, "MiB": 2**20, "GB": 10**9, "GiB": 2**30, "TB": 10**12, "TiB": 2**40}
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?([A-Za-z]{2,3})", re.ASCII)
_NOT_IN_AN_ADDRESS = frozenset(" ?#@\\<>\"'`{}|^")


def setting(env: str, default: object, meaning: str, read: Callable[[str], object] = str, secret: bool = False) -> Any:
    """A field of `Settings`, read from the variable `env` by `read`, which raises ValueError("must be …")."""
    about = {"env": env, "meaning": meaning, "read": read, "secret": secret}
    return field(default=default, repr=not secret, metadata=about)


def folder_setting(env: str, default: Callable[[], Path], shown: str, meaning: str) -> Any:
    """A folder whose `default` depends on the account and the platform; the documentation has `shown`."""
    about = {"env": env, "meaning": meaning, "read": Path, "secret": False, "shown": shown}
    return field(default_factory=default, metadata=about)


def value_of(declared: Field[Any], environ: Mapping[str, str]) -> Any:
    """The value of a setting, its default where the variable is absent or blank.

    Raises ValueError that begins with the variable's name and never shows a value.
    """
    env = declared.metadata["env"]
    try:
        text = _secret(environ, env) if declared.metadata["secret"] else environ.get(env, "")
        text.encode()  # the environment holds bytes; what is not text would fail later, somewhere else
        return declared.metadata["read"](text) if text.strip() else default_of(declared)
    except UnicodeEncodeError:
        raise ValueError(f"{env} must be UTF-8 text.") from None
    except ValueError as error:
        raise ValueError(f"{env} {error}.") from None


def default_of(declared: Field[Any]) -> Any:
    """The default of a setting. Raises ValueError where this account has none."""
    if declared.default is not MISSING:
        return declared.default
    assert declared.default_factory is not MISSING
    return declared.default_factory()


def row_of(declared: Field[Any]) -> tuple[str, str, str]:
    """(name, default, meaning), for the documentation."""
    env = declared.metadata["env"]
    default = declared.metadata.get("shown", declared.default)
    assert default is not MISSING
    shown = ",".join(default) if isinstance(default, tuple) else str(default or "")
    return (f"{env} or {env}_FILE" if declared.metadata["secret"] else env), shown, declared.metadata["meaning"]


def agent_model(text: str) -> str:
    """A provider and its model."""
    if not re.fullmatch(r"(anthropic|openai|google):\S{1,200}", text.strip()):
        raise ValueError("must be a provider and a model, such as anthropic:claude-sonnet-4-5")
    return text.strip()


def number(text: str) -> int:
    """A whole number above 0."""
    if not (text.isascii() and text.isdecimal() and len(text) < 16 and int(text)):
        raise ValueError("must be a positive whole number")
    return int(text)


class ByteSize(int):
    """A number of bytes, which is shown as people write it."""

    def __str__(self) -> str:
        unit = next((name for name, each in reversed(_UNITS.items()) if self and not self % each), "")
        return f"{self // _UNITS[unit]}{unit}" if unit else super().__repr__()


def byte_size(text: str) -> ByteSize:
    """Bytes with a unit: `20GB`, `1.5TB`, `512MiB`."""
    found = _SIZE.fullmatch(text.strip())
    unit = next((each for name, each in _UNITS.items() if found and name.lower() == found[2].lower()), 0)
    if not found or not unit or not (size := int(float(found[1]) * unit)):
        raise ValueError("must be a size such as 20GB or 512MiB")
    return ByteSize(size)


def port(text: str) -> int:
    """A TCP port; 0 asks the system for a free one."""
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) < 2**16):
        raise ValueError("must be a port from 0 to 65535; 0 chooses a free one")
    return int(text)


def address(text: str) -> str:
    """An http or https address, without a slash at its end."""
    text = text.strip()
    try:
        url = urlsplit(text)
        whole = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:  # an invalid bracket or port; the error's text would show the value
        whole = False
    if not whole or not text.isascii() or not text.isprintable() or set(text) & _NOT_IN_AN_ADDRESS:
        raise ValueError("must be an http or https address without user, query or fragment")
    return text.rstrip("/")


def globs(text: str) -> tuple[str, ...]:
    """Patterns, separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def egress_entries(text: str) -> tuple[str, ...]:
    """Hosts, addresses and networks for `EgressAllowList`, separated by commas."""
    entries = globs(text)
    for entry in entries:
        read_entry(entry)
    return entries


def one_of(*words: str) -> Callable[[str], str]:
    """One of these words, in any case."""

    def read(text: str) -> str:
        for word in words:
            if word.lower() == text.strip().lower():
                return word
        raise ValueError(f"must be one of {', '.join(words)}")

    return read


def pem(text: str) -> str:
    r"""A private key. Many secret stores keep a single line, with line ends written as `\n`."""
    key = text.replace("\\n", "\n").strip() + "\n"
    if not key.startswith("-----BEGIN") or "PRIVATE KEY-----" not in key:
        raise ValueError("must be a private key in PEM format")
    return key


def _secret(environ: Mapping[str, str], env: str) -> str:
    """A secret may be in a file, whose last line end is not part of it."""
    path = environ.get(f"{env}_FILE", "")
    if not path:
        return environ.get(env, "")
    if environ.get(env):
        raise ValueError(f"is set twice: remove it or {env}_FILE")
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ValueError(f"cannot be read from the file that {env}_FILE names: {why}") from None
