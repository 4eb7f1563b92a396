"""An issue in Jira for each incident, by its REST API: `jiras://user:token@example.atlassian.net/PROJECT`."""

from urllib.parse import unquote, urlsplit

from activities.incidents.types import NotifyInput
from activities.notifiers import Notifier

_SCHEMES = {"jira": "http", "jiras": "https"}
_TIMEOUT_S = 30.0
_LONGEST = 250


def _takes(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in _SCHEMES and bool(parts.hostname) and bool(parts.path.strip("/"))


async def _send(address: str, message: NotifyInput) -> str:
    from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth

    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    url = f"{_SCHEMES[parts.scheme]}://{parts.hostname}{port}/rest/api/2/issue"
    text = f"{message.message}\n\n{message.url}".strip()
    fields = {
        "project": {"key": parts.path.strip("/").split("/")[0]},
        "issuetype": {"name": "Task"},
        "summary": (message.title or message.message).replace("\n", " ")[:_LONGEST],
        "description": text,
    }
    login = {"Authorization": encode_basic_auth(unquote(parts.username or ""), unquote(parts.password or ""))}
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=_TIMEOUT_S)) as session,
            session.post(url, json={"fields": fields}, headers=login, allow_redirects=False) as answer,
        ):
            return "" if answer.status == 201 else f"Jira answers {answer.status}."
    except (TimeoutError, ClientError, ValueError) as error:
        return f"Jira cannot be reached ({type(error).__name__})."


NOTIFIER = Notifier("jira", _takes, _send)
