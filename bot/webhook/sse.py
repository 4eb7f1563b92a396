"""Server-sent events out of the bytes of an answer, however they are cut, and never more of them than is allowed.

The format is WHATWG's (HTML, "Server-sent events", "Interpreting an event stream"). The libraries for it decode
strictly, or keep a line without end for ever; this reads untrusted input.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
# It goes back as a header.
_LONGEST_ID = 512


class TooMuch(Exception):
    """An event, or a line, is bigger than is allowed. The stream cannot be read on."""


@dataclass(frozen=True)
class ServerSent:
    """One event. `data` are the bytes as they came, meant to be UTF-8."""

    data: bytes
    kind: str = "message"


class EventStream:
    """One connection's events. `last_id` outlives it: hand it to the next one. `retry_ms` is what the server asks
    to wait before another connection, None where it said nothing."""

    def __init__(self, limit: int, last_id: str = "") -> None:
        self._limit = limit
        self._line = bytearray()
        self._data = bytearray()
        self._kind = ""
        self._begun = False
        self._after_cr = False
        self.last_id = last_id
        self.retry_ms: int | None = None

    def feed(self, chunk: bytes) -> Iterator[ServerSent]:
        """The events that end in this chunk. Raises TooMuch; an event that never ends is none."""
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        *whole, rest = _LINE_END.split(chunk)
        for part in whole:
            self._take(part)
            line, self._line = self._line, bytearray()
            if event := self._read(line):
                yield event
        self._take(rest)
        self._after_cr = self._after_cr or chunk.endswith(b"\r")

    def _take(self, part: bytes) -> None:
        self._line += part
        if len(self._line) + len(self._data) > self._limit:
            raise TooMuch(f"more than {self._limit} bytes in one event")

    def _read(self, line: bytearray) -> ServerSent | None:
        if not self._begun:
            self._begun, line = True, line.removeprefix(_BOM)
        if not line:
            return self._event()
        name, _, value = line.partition(b":")  # a comment's name is empty
        self._set(name, value.removeprefix(b" "))
        return None

    def _set(self, name: bytearray, value: bytearray) -> None:
        if name == b"data":
            self._data += value + b"\n"
        elif name == b"event":
            self._kind = value[:100].decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value and len(value) <= _LONGEST_ID:
            self.last_id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit() and len(value) < 10:
            self.retry_ms = int(value)

    def _event(self) -> ServerSent | None:
        kind, self._kind = self._kind or "message", ""
        if not self._data:
            return None
        data = bytes(self._data[:-1])
        self._data.clear()
        return ServerSent(data, kind)
