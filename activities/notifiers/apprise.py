"""Slack, Microsoft Teams, PagerDuty, Opsgenie, e-mail, webhooks and whatever else Apprise knows."""

import asyncio
import logging
import warnings
from functools import cache
from typing import Any

from activities.incidents.types import AlertSeverity, NotifyInput
from activities.notifiers import Delivery, Notifier

_TIMEOUT_S = 30.0
_KINDS: dict[AlertSeverity, str] = {"info": "info", "warning": "warning", "error": "failure", "critical": "failure"}
REFUSED = "The service did not take the message."
LATE = f"The service did not answer within {_TIMEOUT_S:.0f} s."


@cache
def _library() -> Any:
    """Apprise, whose plug-ins import modules that Python calls deprecated. It and the library that it sends with log
    parts of addresses, which are secrets."""
    for name in ("apprise", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        apprise.Apprise.instantiate("json://localhost")  # loads all of them
        return apprise


def _service(address: str) -> Any:
    """None for an address that it does not know."""
    return _library().Apprise.instantiate(address, suppress_exceptions=True)


def _takes(address: str) -> bool:
    return _service(address) is not None


async def _send(address: str, message: NotifyInput, _thread: str) -> Delivery:
    """Apprise's own calls block, so they run in a thread."""

    def notify() -> str:
        body = f"{message.message}\n{message.url}".strip()
        kind, service = _library().NotifyType(_KINDS[message.severity]), _service(address)
        return "" if service.notify(body=body, title=message.title, notify_type=kind) else REFUSED

    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return Delivery(await asyncio.to_thread(notify))
    except TimeoutError:
        return Delivery(LATE)


NOTIFIER = Notifier("apprise", _takes, _send, fallback=True)
