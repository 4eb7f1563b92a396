"""The messages of a run: one list from the first to the last, the same bytes whenever it is made again."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from activities.result_store import digest

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelRequestPart, ModelResponse

_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Of every message of ours: a request that is made again has to be the same."""
_FIRST_RATIO: Final = 0.5
_MARGIN: Final = 1.1
_TOOLS: Final = 4_000
"""Bytes that the descriptions of tools take."""
_LEFT_OUT: Final = "[left out, since the conversation became too long: ask again if it is needed]"
_KEPT_LAST: Final = 2


@dataclass
class Talk:
    """`fenced`: the model calls no tools. `in_flight`: a call was begun whose answer is not here. `ratio`: tokens for a
    byte, as the answers so far say. `misses`: those of `Editor`."""

    messages: "list[ModelMessage]" = field(default_factory=list)
    fenced: bool = False
    in_flight: bool = False
    ratio: float = _FIRST_RATIO
    misses: dict[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """In bytes, with the tools."""
        return len(self.dumped()) + _TOOLS

    @property
    def tokens(self) -> int:
        """How many tokens they are at most, as far as one can know."""
        return int(self.size * self.ratio) + 1

    def measured(self, input_tokens: int, size: int) -> None:
        """An answer said how many tokens so many bytes were."""
        if input_tokens > 0:
            self.ratio = min(1.0, input_tokens / size * _MARGIN)

    def begin(self, system: str, task: str) -> None:
        from pydantic_ai.messages import SystemPromptPart, UserPromptPart

        self.messages.clear()
        self._add([SystemPromptPart(system, timestamp=_ANY_TIME), UserPromptPart(task, timestamp=_ANY_TIME)])

    def heard(self, response: "ModelResponse") -> None:
        self.messages.append(response)

    def said(self, text: str) -> None:
        """A message to the model."""
        from pydantic_ai.messages import UserPromptPart

        self._add([UserPromptPart(text, timestamp=_ANY_TIME)])

    def gave(self, results: "list[tuple[str, str, str]]") -> None:
        """Results of tools: (name, id of the call, text)."""
        from pydantic_ai.messages import ToolReturnPart

        self._add([ToolReturnPart(name, text, call, timestamp=_ANY_TIME) for name, call, text in results])

    def forget(self, size: int) -> bool:
        """Leaves out results, the oldest first, until so many bytes are left; False where nothing could be left out."""
        done = False
        for at, message in enumerate(self.messages[1:-_KEPT_LAST], 1):
            if self.size <= size:
                break
            if message.kind == "request":
                parts = [self._without(part) for part in message.parts]
                if any(new is not old for new, old in zip(parts, message.parts, strict=True)):
                    self.messages[at] = replace(message, parts=parts)
                    done = True
        return done

    def dumped(self) -> bytes:
        from pydantic_ai.messages import ModelMessagesTypeAdapter

        return ModelMessagesTypeAdapter.dump_json(self.messages)

    def request(self, *facts: object) -> str:
        """All that decides the answer, as a key."""
        return digest("chat", *map(str, facts), str(self.fenced), self.dumped().decode())

    def kept(self) -> str:
        """For `resumed`."""
        state: dict[str, Any] = {
            "fenced": self.fenced, "in_flight": self.in_flight, "ratio": self.ratio, "misses": self.misses,
            "messages": self.dumped().decode(),
        }  # fmt: skip
        return json.dumps(state)

    @classmethod
    def resumed(cls, kept: str) -> "Talk":
        from pydantic_ai.messages import ModelMessagesTypeAdapter

        state = json.loads(kept)
        return cls(**{**state, "messages": ModelMessagesTypeAdapter.validate_json(state["messages"])})

    def _add(self, parts: "list[ModelRequestPart]") -> None:
        from pydantic_ai.messages import ModelRequest

        self.messages.append(ModelRequest(parts, timestamp=_ANY_TIME))

    @staticmethod
    def _without(part: "ModelRequestPart") -> "ModelRequestPart":
        from pydantic_ai.messages import ToolReturnPart, UserPromptPart

        if not isinstance(part, ToolReturnPart | UserPromptPart) or len(str(part.content)) <= 2 * len(_LEFT_OUT):
            return part
        if isinstance(part, UserPromptPart):
            return UserPromptPart(_LEFT_OUT, timestamp=_ANY_TIME)
        return ToolReturnPart(part.tool_name, _LEFT_OUT, part.tool_call_id, timestamp=_ANY_TIME)
