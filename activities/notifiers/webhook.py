"""Plain JSON to an address of one's own, signed: `webhooks://:secret@example.com/incidents`, `webhook://` without TLS.

The header `X-Autobuild-Signature-256` has the HMAC of the body, as GitHub's `X-Hub-Signature-256` has.
"""

import hmac
import json
import time
from hashlib import sha256
from urllib.parse import unquote

from activities.incidents.types import NotifyInput
from activities.notifiers import Delivery, Notifier, address_parts, has_scheme, post

_SCHEMES = {"webhook": "http", "webhooks": "https"}
MALFORMED = "Its address has to be `webhooks://:secret@host/path`."


def _takes(address: str) -> bool:
    return has_scheme(address, _SCHEMES)


async def _send(address: str, message: NotifyInput, _thread: str) -> Delivery:
    """`id` is the same where a message is sent again, so that the receiver can leave it out."""
    parts = address_parts(address, _SCHEMES)
    if not parts:
        return Delivery(MALFORMED)
    fields = {
        "version": 1, "id": sha256((message.key or message.message).encode()).hexdigest()[:32],
        "sent_at": round(time.time()), "title": message.title, "message": message.message,
        "severity": message.severity, "service": message.service, "url": message.url,
    }  # fmt: skip
    body = json.dumps(fields).encode()
    secret, headers = unquote(parts.password or ""), {}
    if secret:
        headers["X-Autobuild-Signature-256"] = f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"
    url = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    answer = await post(url, body, headers)
    if answer.problem:
        return Delivery(f"The webhook {answer.problem}")
    return Delivery() if 200 <= answer.status < 300 else Delivery(f"The webhook answers {answer.status}.")


NOTIFIER = Notifier("webhook", _takes, _send)
