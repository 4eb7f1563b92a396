"""One way to reach people a file: by the address of a channel, which is a secret and never shown.

The module defines one `Notifier`, named as the file.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, urlsplit

from activities.incidents.types import NotifyInput
from activities.plugins import load

_TIMEOUT_S = 30.0
_LONGEST_ANSWER = 64 * 1024


@dataclass(frozen=True)
class Delivery:
    """`problem` is the sentence why a message was not taken, "" where it was. `thread` is the service's own name for
    what later messages of the same incident are added to, "" where each stands alone."""

    problem: str = ""
    thread: str = ""


@dataclass(frozen=True)
class Notifier:
    """`takes`: whether an address is its own. `send` gets an address, a message, and the `Delivery.thread` of an
    earlier message of the same incident or "". A `fallback` takes what no other does."""

    name: str
    takes: Callable[[str], bool]
    send: Callable[[str, NotifyInput, str], Awaitable[Delivery]]
    fallback: bool = False


@dataclass(frozen=True)
class PostAnswer:
    """`status` is 0 where nobody answered; `problem` says why then. `body` is at most 64 KiB."""

    status: int = 0
    body: bytes = b""
    problem: str = ""


@cache
def registry() -> dict[str, Notifier]:
    """Every notifier by its name."""
    import activities.notifiers as package

    return load(package, Notifier)


def notifier_of(address: str) -> Notifier | None:
    """The one for an address, None where nobody knows it. Blocking: the first call loads Apprise."""
    ordered = sorted(registry().values(), key=lambda one: one.fallback)
    return next((one for one in ordered if one.takes(address)), None)


def has_scheme(address: str, schemes: Mapping[str, str]) -> bool:
    """Whether it is one of these, whatever follows. A wrong address must not reach Apprise, whose services have such
    schemes too: `jira:` goes to Atlassian there, with the credentials."""
    return address.partition(":")[0].lower() in schemes


def address_parts(address: str, schemes: Mapping[str, str]) -> SplitResult | None:
    """An address with a host and one of these schemes, as that of HTTP that it stands for; None for any other."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in schemes or not parts.hostname:
            return None
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        login, at, _ = parts.netloc.rpartition("@")
        port = f":{parts.port}" if parts.port else ""
        return parts._replace(scheme=schemes[parts.scheme], netloc=f"{login}{at}{host}{port}")
    except ValueError:
        return None


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> PostAnswer:
    """Sends JSON. It follows no redirect, since that would send the message to an address that nobody configured."""
    from aiohttp import ClientError, ClientSession, ClientTimeout

    typed = {"Content-Type": "application/json", **headers}
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=_TIMEOUT_S)) as session,
            session.post(url, data=body, headers=typed, allow_redirects=False) as answer,
        ):
            taken = b""
            while len(taken) < _LONGEST_ANSWER and (more := await answer.content.read(_LONGEST_ANSWER - len(taken))):
                taken += more
            return PostAnswer(answer.status, taken)
    except (TimeoutError, ClientError, ValueError) as error:
        return PostAnswer(problem=f"cannot be reached ({type(error).__name__}).")
