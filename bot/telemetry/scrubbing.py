"""What may leave this machine in a crash report: only what is named here, and that without secrets and people.

Sentry's own scrubber takes out what it knows to be secret; here what is not known to be harmless stays home.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from activities.redaction import HIDDEN, redact

Json = dict[str, Any]
Clean = Callable[[str], str]

LONGEST_TEXT = 1000
_LOOKED_AT = 50_000
_MOST_FRAMES = 60
_MOST_ERRORS = 10
_MOST_CRUMBS = 20
_SHORTEST_SECRET = 8

# From the brace on: where a payload ends inside a message cannot be told.
_PAYLOAD = re.compile(r"\{\s*\\?[\"'].*", re.DOTALL)
_EMAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,9}[^\W\d_]{2,24}")

_PLAIN = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "transaction", "type")
_HEADERS = ("content-type", "content-length", "x-github-event", "x-github-delivery")
_TRACE = ("trace_id", "span_id")
_RUNTIME = ("name", "version")
_CRUMB = ("timestamp", "type", "level", "category", "message")
_CRUMB_DATA = ("method", "status_code")
_ERROR = ("type", "module", "value")
_MECHANISM = ("type", "handled", "exception_id", "parent_id", "is_exception_group")
_FRAME = ("filename", "function", "module", "lineno", "in_app")


def cleaner(secrets: Sequence[str] = ()) -> Clean:
    """Takes credentials out of a text: those that look like one, and the given ones however they look."""
    known = sorted({one.strip() for one in secrets if len(one.strip()) >= _SHORTEST_SECRET}, key=len, reverse=True)

    def clean(text: str) -> str:
        for secret in known:
            text = text.replace(secret, HIDDEN)
        return redact(text)

    return clean


def scrub(event: Mapping[str, Any], clean: Clean) -> Json:
    """The event with what is named in this module, every text of it clean and short."""
    tidy = EventCopier(clean)
    kept = tidy.some(event, _PLAIN)
    kept["sdk"] = tidy.some(_mapping(event.get("sdk")), ("name", "version"))
    kept["tags"] = tidy.some(_mapping(event.get("tags")), tuple(_mapping(event.get("tags"))))
    kept["logentry"] = tidy.some(_mapping(event.get("logentry")), ("message", "formatted"))
    kept["contexts"] = tidy.contexts(_mapping(event.get("contexts")))
    kept["exception"] = {"values": [tidy.error(each) for each in _values(event, "exception")[-_MOST_ERRORS:]]}
    kept["breadcrumbs"] = {"values": [tidy.crumb(each) for each in _values(event, "breadcrumbs")[-_MOST_CRUMBS:]]}
    kept["request"] = tidy.request(_mapping(event.get("request")))
    return {name: value for name, value in kept.items() if value not in ({}, {"values": []})}


class EventCopier:
    """Copies parts of an event, by name."""

    def __init__(self, clean: Clean) -> None:
        self._clean = clean

    def text(self, text: str) -> str:
        """Cut first where it is absurdly long, and again once nothing secret can be cut in half."""
        clean = _EMAIL.sub(HIDDEN, _PAYLOAD.sub("{…}", self._clean(text[:_LOOKED_AT])))
        return clean if len(clean) <= LONGEST_TEXT else f"{clean[:LONGEST_TEXT]}…"

    def some(self, part: Mapping[str, Any], names: Sequence[str]) -> Json:
        """Texts, numbers and truths under these names; nothing that is made of other things."""
        kept: Json = {}
        for name in names:
            value = part.get(name)
            if isinstance(value, str):
                kept[name] = self.text(value)
            elif isinstance(value, bool | int | float):
                kept[name] = value
        return kept

    def contexts(self, contexts: Mapping[str, Any]) -> Json:
        wanted = {"trace": _TRACE, "runtime": _RUNTIME}
        kept = {name: self.some(_mapping(contexts.get(name)), names) for name, names in wanted.items()}
        return {name: context for name, context in kept.items() if context}

    def error(self, error: Mapping[str, Any]) -> Json:
        frames = _sequence(_mapping(error.get("stacktrace")).get("frames"))[-_MOST_FRAMES:]
        kept = self.some(error, _ERROR)
        kept["mechanism"] = self.some(_mapping(error.get("mechanism")), _MECHANISM)
        kept["stacktrace"] = {"frames": [self.some(_mapping(frame), _FRAME) for frame in frames]}
        return {name: value for name, value in kept.items() if value not in ({}, {"frames": []})}

    def crumb(self, crumb: Mapping[str, Any]) -> Json:
        data = _mapping(crumb.get("data"))
        kept = self.some(data, _CRUMB_DATA)
        if isinstance(data.get("url"), str):
            kept["url"] = self.address(data["url"])
        return self.some(crumb, _CRUMB) | ({"data": kept} if kept else {})

    def request(self, request: Mapping[str, Any]) -> Json:
        headers = {str(name).lower(): value for name, value in _mapping(request.get("headers")).items()}
        kept = self.some(request, ("method",))
        if isinstance(request.get("url"), str):
            kept["url"] = self.address(request["url"])
        if harmless := self.some(headers, _HEADERS):
            kept["headers"] = harmless
        return kept

    def address(self, url: str) -> str:
        """Without user, query and fragment."""
        try:
            parts = urlsplit(url)
            return self.text(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")
        except ValueError:
            return ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _values(event: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Sentry's lists are plain, or under `values`."""
    found = event.get(name)
    return [
        _mapping(each) for each in _sequence(_mapping(found).get("values") if isinstance(found, Mapping) else found)
    ]
