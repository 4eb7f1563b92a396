"""GitHub's JSON ends here: `parse_event` turns a verified body into one of our events, or into the reason why
it is none.

Payloads are hostile until msgspec has checked them (`bot.payloads`): what has the wrong shape is a
BadPayload, never a crash. Times are GitHub's own, in seconds since 1970, 0.0 where it gives none.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any, get_args

import msgspec

from bot.webhook import payloads, readers
from bot.webhook.events import Event, Ignored, Origin
from bot.webhook.payloads import BadPayload

_Reader = Callable[[Any, Origin], Event | None]
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_MOVES = ("renamed", "transferred", "deleted", "archived")
_MORE = ("created", "unsuspend", "new_permissions_accepted")
_HEAD = msgspec.json.Decoder(payloads.Head)


class _HalfCharacter(BadPayload):
    """Perhaps just a lone surrogate, which JSON may hold and msgspec refuses."""


def parse_event(name: str, body: bytes, delivery: str) -> Event | Ignored:
    """The event that a verified body describes; Ignored for all that changes nothing here.

    Raises BadPayload. The body of an event that nobody wants is not even decoded.
    """
    if name not in heard():
        return _UNHEARD
    try:
        return _read(name, body, delivery)
    except _HalfCharacter:
        return _read(name, _mended(body), delivery)


_UNHEARD = Ignored("This event asks for nothing here.")
_OTHER = Ignored("This action of the event asks for nothing here.")
_NO_BRANCH = Ignored("Only a push to a branch asks for something, and this is to none.")
_NO_APP = Ignored("It comes from a repository's own webhook and not from the App, so there is no token to act with.")
_NO_MATTER = Ignored("What it changes does not matter to the bot.")


def _read(name: str, body: bytes, delivery: str) -> Event | Ignored:
    head = _decode(_HEAD, body)
    wanted = _readers().get((name, head.action or (head.ref or "")[: len(readers.BRANCH)]))
    if wanted is None:
        return _NO_BRANCH if name == "push" else _OTHER
    decoder, read = wanted
    payload = _decode(decoder, body)
    if isinstance(payload, payloads.AppPayload):
        return read(payload, readers.origin_of_app(payload, delivery)) or _NO_MATTER
    if payload.installation is None:
        return _NO_APP
    return read(payload, readers.origin(payload, delivery)) or _NO_MATTER


SENT_ANYWAY = frozenset(("installation", "installation_repositories"))
"""GitHub sends these to every App, and takes no subscription to them."""


@cache
def heard() -> frozenset[str]:
    """The names of the events that may change something: `app.yml` asks for these, `SENT_ANYWAY` excepted."""
    return frozenset(name for name, _ in _readers())


@cache
def _readers() -> dict[tuple[str, str], tuple["msgspec.json.Decoder[Any]", _Reader]]:
    """(event, action), a push's action being the kind of its ref, to how it is read. What is not here is
    answered unread."""
    table: dict[tuple[str, str], tuple[type[payloads.Shape], _Reader]] = {
        ("push", readers.BRANCH): (payloads.PushPayload, readers.push),
        **{
            ("pull_request", action): (payloads.PullRequestPayload, readers.pull)
            for action in get_args(payloads.PullAction)
        },
        ("check_suite", "requested"): (payloads.CheckSuitePayload, readers.suite_requested),
        ("check_suite", "rerequested"): (payloads.CheckSuitePayload, readers.suite_rerequested),
        ("check_run", "rerequested"): (payloads.CheckRunPayload, readers.run_button),
        ("check_run", "requested_action"): (payloads.CheckRunPayload, readers.run_button),
        ("merge_group", "checks_requested"): (payloads.MergeGroupPayload, readers.group),
        ("merge_group", "destroyed"): (payloads.MergeGroupPayload, readers.group),
        ("issue_comment", "created"): (payloads.IssueCommentPayload, readers.comment),
        **{("issues", action): (payloads.IssueLabelPayload, readers.label) for action in ("labeled", "unlabeled")},
        **{("repository", action): (payloads.RepositoryChangePayload, readers.repository) for action in _MOVES},
        **{("installation", action): (payloads.AppPayload, readers.app) for action in _MORE},
        ("installation_repositories", "added"): (payloads.AppPayload, readers.app),
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
