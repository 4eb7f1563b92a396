"""What the protocols of providers have in common: each tells the same reply in its own shape."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulator.model.script import ModelReply

Json = dict[str, Any]


@dataclass(frozen=True)
class AskedModel:
    """A request, in words that all protocols share. `text` is all of it, `last` its last message. `stream_usage`: a
    stream tells the usage."""

    model: str
    stream: bool
    text: str
    last: str
    tools: tuple[str, ...] = ()
    stream_usage: bool = True


@dataclass(frozen=True)
class TokenCounts:
    """`input` includes `cached`."""

    input: int
    output: int
    cached: int = 0

    @classmethod
    def of(cls, reply: ModelReply, asked: AskedModel) -> "TokenCounts":
        """The script's numbers, else about four characters a token."""
        said = len(reply.text) + sum(len(json.dumps(tool.input)) for tool in reply.tools)
        given = reply.usage
        count_in = len(asked.text) // 4 + 1 if given.input is None else given.input
        return cls(count_in, said // 4 + 1 if given.output is None else given.output, given.cached)


@dataclass(frozen=True)
class ErrorAnswer:
    """An error of the provider. `words` name it in the provider's own way: (OpenAI's type and code, Anthropic's type,
    Google's status)."""

    status: int
    message: str
    words: tuple[str, str, str, str]


class ModelProtocol(ABC):
    """One provider's way to say things over HTTP."""

    @abstractmethod
    def asked(self, body: Json, path: str) -> AskedModel:
        """Raises KeyError, TypeError and ValueError for a body that is no request."""

    @abstractmethod
    def error(self, error: ErrorAnswer) -> Json:
        """The body of an error."""

    @abstractmethod
    def whole(self, reply: ModelReply, asked: AskedModel, number: int) -> Json:
        """The body of an answer that is not streamed."""

    @abstractmethod
    def events(self, reply: ModelReply, asked: AskedModel, number: int) -> Iterator[str]:
        """The same as server-sent events."""


def pieces(text: str, size: int = 16) -> Iterator[str]:
    """The text as a stream gives it."""
    return (text[start : start + size] for start in range(0, len(text), size))


def event(data: Json, name: str = "") -> str:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n" if name else f"data: {json.dumps(data)}\n\n"


def text_of(content: object) -> str:
    """All text of a message, whatever its shape."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(filter(None, map(text_of, content)))
    if isinstance(content, dict):
        return "\n".join(filter(None, (text_of(value) for key, value in content.items() if key != "type")))
    return ""
