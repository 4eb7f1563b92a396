"""An issue in Jira for each incident, and comments in it, by its REST API:
`jiras://user:token@example.atlassian.net/PROJECT`, `jira://` without TLS."""

import json
import re
from urllib.parse import SplitResult, unquote

from activities.incidents.types import NotifyInput
from activities.notifiers import Delivery, Notifier, PostAnswer, address_parts, has_scheme, post

_SCHEMES = {"jira": "http", "jiras": "https"}
MALFORMED = "Its address has to be `jiras://user:token@host/PROJECT`."
_LONGEST = 250
_ISSUE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,50}-[0-9]{1,12}")


def _takes(address: str) -> bool:
    return has_scheme(address, _SCHEMES)


async def _send(address: str, message: NotifyInput, thread: str) -> Delivery:
    """An issue that is gone is made anew."""
    parts = address_parts(address, _SCHEMES)
    if not parts or not parts.path.strip("/"):
        return Delivery(MALFORMED)
    text = f"{message.message}\n\n{message.url}".strip()
    if thread:
        answer = await _asked(parts, f"/{thread}/comment", {"body": text})
        if answer.status != 404:
            return _delivery(answer, thread)
    fields = {
        "project": {"key": parts.path.strip("/").split("/")[0]},
        "issuetype": {"name": "Task"},
        "summary": " ".join((message.title or message.message).split())[:_LONGEST],
        "description": text,
    }
    answer = await _asked(parts, "", {"fields": fields})
    return _delivery(answer, _issue_of(answer))


async def _asked(parts: SplitResult, path: str, body: object) -> PostAnswer:
    from aiohttp import encode_basic_auth

    login = encode_basic_auth(unquote(parts.username or ""), unquote(parts.password or ""))
    url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/rest/api/2/issue{path}"
    return await post(url, json.dumps(body).encode(), {"Authorization": login})


def _issue_of(answer: PostAnswer) -> str:
    """The new issue's key, "" where the answer has none that can stand in an address."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    key = found.get("key") if isinstance(found, dict) else None
    return key if isinstance(key, str) and _ISSUE.fullmatch(key) else ""


def _delivery(answer: PostAnswer, thread: str) -> Delivery:
    if answer.problem:
        return Delivery(f"Jira {answer.problem}")
    return Delivery(thread=thread) if answer.status == 201 else Delivery(f"Jira answers {answer.status}.")


NOTIFIER = Notifier("jira", _takes, _send)
