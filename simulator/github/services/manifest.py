"""An App's manifest, read as GitHub reads it: all its problems are reported at once, in GitHub's sentences.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from simulator.github.entities import Json
from simulator.github.services.permissions import LEVELS, NEEDS

NAME_LIMIT = 34
_TEXTS = ("name", "url", "redirect_url", "setup_url", "description")
_FLAGS = ("public", "request_oauth_on_install", "setup_on_update")
_URLS = ("url", "redirect_url", "setup_url")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BadManifest(ValueError):
    """No App can be made of it; `problems` are GitHub's sentences."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Manifest:
    """What GitHub takes from it. `name` may be empty: the person who registers the App gives it one."""

    url: str
    name: str = ""
    hook_url: str = ""
    hook_active: bool = True
    redirect_url: str = ""
    setup_url: str = ""
    description: str = ""
    public: bool = False
    permissions: dict[str, str] = field(default_factory=dict)
    events: tuple[str, ...] = ()

    def named(self, name: str) -> "Manifest":
        """With the name that was typed."""
        return replace(self, name=name.strip())


def read_manifest(text: str) -> Manifest:
    """From JSON; raises BadManifest."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadManifest(("The manifest is not valid JSON.",)) from error
    if not isinstance(given, dict):
        raise BadManifest((f"{json.dumps(given)} is not an object.",))
    if shape := tuple(_wrong_shapes(given)):
        raise BadManifest(shape)
    if content := tuple(_wrong_contents(given)):
        raise BadManifest(content)
    return _read(given)


def _read(given: Json) -> Manifest:
    hook, permissions = given.get("hook_attributes") or {}, given.get("default_permissions") or {}
    texts = {name: given.get(name) or "" for name in _TEXTS}
    return Manifest(
        **texts,
        hook_url=hook.get("url", ""),
        hook_active=hook.get("active", True),
        public=given.get("public", False),
        permissions={**({"metadata": "read"} if permissions else {}), **permissions},
        events=tuple(dict.fromkeys(given.get("default_events") or ())),
    )


def _wrong_shapes(given: Json) -> Iterator[str]:
    """Kinds of values, and what must be there."""
    if "url" not in given:
        yield '"url" wasn\'t supplied.'
    hook = given.get("hook_attributes", {})
    if isinstance(hook, dict) and "hook_attributes" in given and "url" not in hook:
        yield '"url" wasn\'t supplied.'  # GitHub does not say either that it means the hook's
    expected: list[tuple[Any, type, str]] = [
        *((given.get(name, ""), str, "a string") for name in _TEXTS),
        *((given.get(name, False), bool, "a boolean") for name in _FLAGS),
        (hook, dict, "an object"),
        (given.get("default_permissions", {}), dict, "an object"),
        (given.get("default_events", []), list, "an array"),
        (given.get("callback_urls", []), list, "an array"),
    ]
    if isinstance(hook, dict):
        expected += [(hook.get("url", ""), str, "a string"), (hook.get("active", True), bool, "a boolean")]
    for lists in ("default_events", "callback_urls"):
        expected += [(each, str, "a string") for each in given.get(lists, ()) if isinstance(given[lists], list)]
    yield from (f"{json.dumps(value)} is not {word}." for value, kind, word in expected if not isinstance(value, kind))


def _wrong_contents(given: Json) -> Iterator[str]:
    hook = given.get("hook_attributes", {})
    permissions, events = given.get("default_permissions", {}), given.get("default_events", [])
    yield from (f"{_title(name)} must be a valid URL" for name in _URLS if given.get(name) and not is_web(given[name]))
    if not given["url"]:
        yield "Url can't be blank"
    if "hook_attributes" in given:
        yield from _wrong_hook(hook["url"])
    if unknown := [name for name, level in permissions.items() if level not in LEVELS.get(name, ())]:
        yield f"Default permission records resource is not included in the list: {_listed(unknown)}"
    yield from _wrong_events(events, {**permissions, **({"metadata": "read"} if permissions else {})})


def _wrong_hook(url: str) -> Iterator[str]:
    """Over the internet with https only; github.com refuses this machine too, but here it is what one has."""
    if not url:
        yield "Hook url cannot be blank"
    elif not is_web(url):
        yield "Hook url must be a valid URL"
    elif urlsplit(url).scheme != "https" and urlsplit(url).hostname not in _LOOPBACK:
        yield "Hook url must use https"


def _wrong_events(events: list[str], permissions: Json) -> Iterator[str]:
    unknown = [event for event in events if event not in NEEDS]
    barred = [event for event in events if not NEEDS.get(event, frozenset()) & permissions.keys()]
    if unknown:
        yield f"Default events unsupported: {_listed(unknown)}"
    if barred:
        yield f"Default events are not supported by permissions: {_listed(barred)}"


def is_web(url: str) -> bool:
    """Whether it is an address of the web."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _listed(names: list[str]) -> str:
    """As Rails does: `a, b, and c`."""
    if len(names) <= 2:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"
