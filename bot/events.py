"""GitHub's JSON ends here: `parse_event` turns a verified body into one of four events, or into nothing.

Payloads are hostile until msgspec has checked them (`bot.payloads`): what has the wrong shape is a
BadPayload, never a crash. Times are GitHub's own, in seconds since 1970, 0.0 where it gives none.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any, get_args

import msgspec

from bot import payloads, readers
from bot.nouns import Event, Origin
from bot.payloads import BadPayload

_Reader = Callable[[Any, Origin], Event | None]
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_HEAD = msgspec.json.Decoder(payloads.Head)


class _HalfCharacter(BadPayload):
    """Perhaps just a lone surrogate, which JSON may hold and msgspec refuses."""


def parse_event(name: str, body: bytes, delivery: str) -> Event | None:
    """The event that a verified body describes; None for all that changes nothing here.

    Raises BadPayload. The body of an event that nobody wants is not even decoded.
    """
    if name not in heard():
        return None
    try:
        return _read(name, body, delivery)
    except _HalfCharacter:
        return _read(name, _mended(body), delivery)


def _read(name: str, body: bytes, delivery: str) -> Event | None:
    head = _decode(_HEAD, body)
    wanted = _readers().get((name, head.action or (head.ref or "")[: len(readers.BRANCH)]))
    if wanted is None:
        return None
    decoder, read = wanted
    payload = _decode(decoder, body)
    if payload.installation is None:
        return None  # From a repository's own webhook: there is no token to act with.
    return read(payload, readers.origin(payload, delivery))


@cache
def heard() -> frozenset[str]:
    """The names of the events that may change something: `app.yml` asks for just these."""
    return frozenset(name for name, _ in _readers())


@cache
def _readers() -> dict[tuple[str, str], tuple["msgspec.json.Decoder[Any]", _Reader]]:
    """(event, action), a push's action being the kind of its ref, to how it is read. What is not here is
    answered unread."""
    table: dict[tuple[str, str], tuple[type[payloads.Payload], _Reader]] = {
        ("push", readers.BRANCH): (payloads.Push, readers.push),
        **{("pull_request", action): (payloads.PullRequest, readers.pull) for action in get_args(payloads.PullAction)},
        ("check_suite", "requested"): (payloads.CheckSuite, readers.suite_requested),
        ("check_suite", "rerequested"): (payloads.CheckSuite, readers.suite_rerequested),
        ("check_run", "rerequested"): (payloads.CheckRun, readers.run_button),
        ("check_run", "requested_action"): (payloads.CheckRun, readers.run_button),
        ("merge_group", "checks_requested"): (payloads.MergeGroup, readers.group),
        ("merge_group", "destroyed"): (payloads.MergeGroup, readers.group),
        ("issue_comment", "created"): (payloads.IssueComment, readers.comment),
    }
    return {key: (msgspec.json.Decoder(shape), read) for key, (shape, read) in table.items()}


def _decode(decoder: "msgspec.json.Decoder[Any]", body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise BadPayload(str(error)) from None
    except msgspec.DecodeError as error:
        raise (_HalfCharacter if _SURROGATE.search(body) else BadPayload)(str(error)) from None
    except UnicodeDecodeError:
        raise BadPayload("not UTF-8") from None
    except RecursionError:
        raise BadPayload("nested too deeply") from None


def _mended(body: bytes) -> bytes:
    """With `?` for each half of a character: a path or a message that is no text must not cost the push."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        raise BadPayload("not JSON") from None
