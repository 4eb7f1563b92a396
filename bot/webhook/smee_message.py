"""What a smee channel says of one delivery, and the bytes that GitHub signed, made again from it."""

import base64
import binascii
import re
from collections.abc import Mapping

import msgspec
from multidict import CIMultiDict

LARGEST_BODY = 25 * 2**20
"""GitHub's own limit for a payload."""

_ESCAPE = re.compile(rb"\\(?:u[0-9a-f]{4}|.)", re.DOTALL)


class Message(msgspec.Struct):
    """What counts of a message. The rest of it, GitHub's other headers and whatever else there is, is passed over."""

    event: str = msgspec.field(name="x-github-event", default="")
    delivery: str = msgspec.field(name="x-github-delivery", default="")
    signature: str = msgspec.field(name="x-hub-signature-256", default="")
    in_base64: str = msgspec.field(name="bodyB", default="")
    as_text: str = msgspec.field(name="rawdata", default="")
    body: msgspec.Raw = msgspec.Raw()

    @classmethod
    def read(cls, data: bytes) -> "Message":
        """Raises ValueError for what is no message."""
        try:
            return msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ValueError(f"no smee message: {error}") from None

    @property
    def headers(self) -> Mapping[str, str]:
        """Those that the door asks for."""
        return CIMultiDict(
            {
                "X-GitHub-Event": self.event,
                "X-GitHub-Delivery": self.delivery,
                "X-Hub-Signature-256": self.signature,
            }
        )

    def bodies(self) -> tuple[bytes, ...]:
        """What GitHub may have signed, likeliest first. Raises ValueError where it cannot have been GitHub's.

        Some servers give the bytes themselves: `bodyB` in base64 (gosmee), `rawdata` as text. smee.io gives its own
        `JSON.stringify`, which is taken out of the message unread here: reading it would lose once more what
        JavaScript's numbers and its order of keys are. GitHub writes `\\u001B` where JavaScript writes `\\u001b`.
        """
        if self.in_base64:
            found: tuple[bytes, ...] = (_base64(self.in_base64),)
        elif self.as_text:
            found = (self.as_text.encode(),)
        else:
            body = bytes(self.body)
            found = tuple(dict.fromkeys((body, _ESCAPE.sub(_upper, body))))
        if not found[0] or len(found[0]) > LARGEST_BODY:
            raise ValueError("no payload, or a bigger one than GitHub's ever are")
        return found


def _upper(escape: re.Match[bytes]) -> bytes:
    return escape[0][:2] + escape[0][2:].upper() if len(escape[0]) == 6 else escape[0]


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("bodyB is not base64") from None
