"""What an answer of a model cost and whether it declined, read while it passes, whatever the provider and its form."""

import json
from collections.abc import Iterator
from typing import Any

from activities.agent_runs.prices import TokenUse

_LONGEST_LINE = 4 * 1024**2
_BLOCKED = frozenset(("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION"))


class AnswerReader:
    """`feed` gets the bytes of one answer, in any pieces. `refused`: the model declined."""

    def __init__(self, *, streamed: bool) -> None:
        self.refused = False
        self.size = 0
        self._streamed = streamed
        self._rest = bytearray()
        self._input = self._output = self._read = self._written = 0

    def feed(self, data: bytes) -> None:
        self.size += len(data)
        self._rest += data
        if not self._streamed:
            return
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest[:_LONGEST_LINE])
        for line in lines:
            if line.startswith(b"data:"):
                self._read_object(line[5:])

    @property
    def counted(self) -> bool:
        """Whether the provider said how many tokens it took."""
        return bool(self._input or self._output)

    def use(self, asked: int) -> TokenUse:
        """The tokens; where the provider said none, what `asked` and the answer's own bytes make likely."""
        if not self._streamed:
            self._read_object(bytes(self._rest))
            self._rest.clear()
        if not self.counted:
            return TokenUse(asked // 4, self.size // 4)
        return TokenUse(self._input, self._output, self._read, self._written)

    def _read_object(self, data: bytes) -> None:
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            return
        for one in found if isinstance(found, list) else [found]:
            if isinstance(one, dict):
                for usage in _usages(one):
                    self._count(usage)
                self.refused = self.refused or _declined(one)

    def _count(self, usage: dict[str, Any]) -> None:
        """The largest numbers count: a stream tells some of them several times, and more each time."""

        def number(*names: str) -> int:
            return sum(value for name in names if isinstance(value := usage.get(name), int) and value > 0)

        read, written = number("cache_read_input_tokens"), number("cache_creation_input_tokens")
        given = number("input_tokens", "prompt_tokens", "promptTokenCount") + read + written  # Anthropic counts apart
        for name in ("prompt_tokens_details", "input_tokens_details"):
            if isinstance(details := usage.get(name), dict) and isinstance(details.get("cached_tokens"), int):
                read += details["cached_tokens"]
        read += number("cachedContentTokenCount")
        output = number("output_tokens", "completion_tokens", "candidatesTokenCount", "thoughtsTokenCount")
        self._input, self._output = max(self._input, given), max(self._output, output)
        self._read, self._written = max(self._read, min(read, given)), max(self._written, written)


def _usages(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for place in (found, found.get("message"), found.get("response")):
        if isinstance(place, dict):
            yield from (place[name] for name in ("usage", "usageMetadata") if isinstance(place.get(name), dict))


def _declined(found: dict[str, Any]) -> bool:
    """In each provider's way to say so."""
    if "refusal" in (found.get("stop_reason"), (_object(found, "delta")).get("stop_reason")):
        return True
    if str(found.get("type", "")).startswith("response.refusal") or _object(found, "promptFeedback").get("blockReason"):
        return True
    for choice in _objects(found, "choices"):
        if _object(choice, "message").get("refusal") or _object(choice, "delta").get("refusal"):
            return True
        if choice.get("finish_reason") == "content_filter":
            return True
    if any(one.get("finishReason") in _BLOCKED for one in _objects(found, "candidates")):
        return True
    return any(
        part.get("type") == "refusal" for item in _objects(found, "output") for part in _objects(item, "content")
    )


def _object(found: dict[str, Any], name: str) -> dict[str, Any]:
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def _objects(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = found.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
