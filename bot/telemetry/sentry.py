"""Crash reports to Sentry: what may leave this machine in one. Only what is named here, without secrets and people.

Sentry's own scrubber removes what it knows to be secret; this keeps only what is known to be harmless.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.aiohttp import AioHttpIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration

from activities.redaction import HIDDEN

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

    from bot.settings import Settings

Json = dict[str, Any]
Clean = Callable[[str], str]
"""Takes credentials out of a text."""

LONGEST_TEXT = 1000
_LONGEST_CLEANED = 50_000
_MOST_FRAMES = 60
_MOST_ERRORS = 10
_MOST_BREADCRUMBS = 20

# From the brace on: one cannot tell where a payload inside a message ends.
_PAYLOAD = re.compile(r"\{\s*\\?[\"'].*", re.DOTALL)
_EMAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,9}[^\W\d_]{2,24}")

_PLAIN = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "transaction", "type")
_HEADERS = ("content-type", "content-length", "x-github-event", "x-github-delivery")
_TRACE = ("trace_id", "span_id")
_RUNTIME = ("name", "version")
_BREADCRUMB = ("timestamp", "type", "level", "category", "message")
_BREADCRUMB_DATA = ("method", "status_code")
_ERROR = ("type", "module", "value")
_MECHANISM = ("type", "handled", "exception_id", "parent_id", "is_exception_group")
_FRAME = ("filename", "function", "module", "lineno", "in_app")


def report_crashes(settings: "Settings", clean: Clean) -> None:
    """Sends errors, and nothing else that the SDK can do, to SENTRY_DSN. Raises ValueError where that is invalid."""

    def before_send(event: "Event", _hint: "Hint") -> "Event | None":
        return scrub(event, clean)  # type: ignore[return-value]

    integrations: list[Integration] = [
        AioHttpIntegration(),
        DedupeIntegration(),
        LoggingIntegration(level=logging.INFO, event_level=logging.ERROR, sentry_logs_level=None),
        ThreadingIntegration(),
    ]
    sentry_sdk.init(
        settings.sentry_dsn,
        release=f"autobuild@{version('autobuild')}",
        environment=settings.sentry_environment,
        integrations=integrations,
        before_send=before_send,
        in_app_include=["bot", "workflows", "activities"],
        **_NOTHING_ELSE,
    )


_NOTHING_ELSE: dict[str, Any] = {
    "auto_enabling_integrations": False,
    "auto_session_tracking": False,
    "before_send_transaction": lambda _event, _hint: None,
    "default_integrations": False,
    "enable_backpressure_handling": False,
    "enable_metrics": False,
    "include_local_variables": False,
    "include_source_context": False,
    "max_breadcrumbs": _MOST_BREADCRUMBS,
    "max_request_body_size": "never",
    # Requests to GitHub get no header that names our Sentry project.
    "propagate_traces": False,
    "send_client_reports": False,
    "server_name": "",
    "spotlight": False,
    "trace_propagation_targets": [],
}
"""All that the SDK does besides reporting errors, turned off."""


def scrub(event: Mapping[str, Any], clean: Clean) -> Json:
    """The event with only the parts named in this module, every text clean and short."""
    copier = EventCopier(clean)
    kept = copier.some(event, _PLAIN)
    kept["sdk"] = copier.some(_mapping(event.get("sdk")), ("name", "version"))
    kept["tags"] = copier.some(_mapping(event.get("tags")), tuple(_mapping(event.get("tags"))))
    kept["logentry"] = copier.some(_mapping(event.get("logentry")), ("message", "formatted"))
    kept["contexts"] = copier.contexts(_mapping(event.get("contexts")))
    kept["exception"] = {"values": [copier.error(each) for each in _values(event, "exception")[-_MOST_ERRORS:]]}
    kept["breadcrumbs"] = {
        "values": [copier.breadcrumb(each) for each in _values(event, "breadcrumbs")[-_MOST_BREADCRUMBS:]]
    }
    kept["request"] = copier.request(_mapping(event.get("request")))
    return {name: value for name, value in kept.items() if value not in ({}, {"values": []})}


class EventCopier:
    """Copies named parts of an event, cleaned."""

    def __init__(self, clean: Clean) -> None:
        self._clean = clean

    def text(self, text: str) -> str:
        """Cut at the end, once no secret can be cut in half; before that only what is absurdly long."""
        clean = _EMAIL.sub(HIDDEN, _PAYLOAD.sub("{…}", self._clean(text[:_LONGEST_CLEANED])))
        return clean if len(clean) <= LONGEST_TEXT else f"{clean[:LONGEST_TEXT]}…"

    def some(self, part: Mapping[str, Any], names: Sequence[str]) -> Json:
        """The texts, numbers and booleans under these names; nothing nested."""
        kept: Json = {}
        for name in names:
            value = part.get(name)
            if isinstance(value, str):
                kept[name] = self.text(value)
            elif isinstance(value, bool | int | float):
                kept[name] = value
        return kept

    def contexts(self, contexts: Mapping[str, Any]) -> Json:
        parts = {"trace": _TRACE, "runtime": _RUNTIME}
        kept = {name: self.some(_mapping(contexts.get(name)), names) for name, names in parts.items()}
        return {name: context for name, context in kept.items() if context}

    def error(self, error: Mapping[str, Any]) -> Json:
        frames = _sequence(_mapping(error.get("stacktrace")).get("frames"))[-_MOST_FRAMES:]
        kept = self.some(error, _ERROR)
        kept["mechanism"] = self.some(_mapping(error.get("mechanism")), _MECHANISM)
        kept["stacktrace"] = {"frames": [self.some(_mapping(frame), _FRAME) for frame in frames]}
        return {name: value for name, value in kept.items() if value not in ({}, {"frames": []})}

    def breadcrumb(self, crumb: Mapping[str, Any]) -> Json:
        data = _mapping(crumb.get("data"))
        kept = self.some(data, _BREADCRUMB_DATA)
        if isinstance(data.get("url"), str):
            kept["url"] = self.address(data["url"])
        return self.some(crumb, _BREADCRUMB) | ({"data": kept} if kept else {})

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
