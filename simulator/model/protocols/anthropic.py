"""Anthropic's Messages API."""

import json
from collections.abc import Iterator

from simulator.model.protocols import (
    AskedModel,
    ErrorAnswer,
    Json,
    ModelProtocol,
    TokenCounts,
    event,
    pieces,
    text_of,
)
from simulator.model.script import ModelReply

_STOPS = {"end": "end_turn", "length": "max_tokens", "refusal": "refusal"}


class AnthropicMessages(ModelProtocol):
    """`/v1/messages`."""

    def asked(self, body: Json, path: str) -> AskedModel:
        messages = body["messages"]
        said = [text_of(body.get("system", "")), *(text_of(message["content"]) for message in messages)]
        tools = tuple(tool.get("name", "") for tool in body.get("tools") or ())
        return AskedModel(body["model"], bool(body.get("stream")), "\n".join(said), said[-1], tools)

    def error(self, error: ErrorAnswer) -> Json:
        return {
            "type": "error",
            "error": {"type": error.words[2], "message": error.message},
            "request_id": "req_scripted",
        }

    def whole(self, reply: ModelReply, asked: AskedModel, number: int) -> Json:
        content: list[Json] = [{"type": "text", "text": reply.text}] if reply.text else []
        content += [
            {"type": "tool_use", "id": f"toolu_{number:06}_{place}", "name": tool.name, "input": tool.input}
            for place, tool in enumerate(reply.tools)
        ]
        counts = TokenCounts.of(reply, asked)
        return {**_message(asked, number), "content": content, "stop_reason": _stop(reply), "usage": _usage(counts)}

    def events(self, reply: ModelReply, asked: AskedModel, number: int) -> Iterator[str]:
        whole, counts = self.whole(reply, asked, number), TokenCounts.of(reply, asked)
        begun = {**_message(asked, number), "usage": {**_usage(counts), "output_tokens": 1}}
        yield event({"type": "message_start", "message": begun}, "message_start")
        for index, block in enumerate(whole["content"]):
            is_text = block["type"] == "text"
            empty = {**block, "text": ""} if is_text else {**block, "input": {}}
            start = {"type": "content_block_start", "index": index, "content_block": empty}
            yield event(start, "content_block_start")
            for piece in pieces(block["text"] if is_text else json.dumps(block["input"])):
                delta = {"type": "text_delta", "text": piece}
                if not is_text:
                    delta = {"type": "input_json_delta", "partial_json": piece}
                yield event({"type": "content_block_delta", "index": index, "delta": delta}, "content_block_delta")
            yield event({"type": "content_block_stop", "index": index}, "content_block_stop")
        stop = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
        usage = {"output_tokens": counts.output}
        yield event({"type": "message_delta", "delta": stop, "usage": usage}, "message_delta")
        yield event({"type": "message_stop"}, "message_stop")


def _message(asked: AskedModel, number: int) -> Json:
    return {
        "id": f"msg_{number:06}", "type": "message", "role": "assistant", "model": asked.model, "content": [],
        "stop_reason": None, "stop_sequence": None,
    }  # fmt: skip


def _stop(reply: ModelReply) -> str:
    return "tool_use" if reply.tools and reply.stop == "end" else _STOPS[reply.stop]


def _usage(counts: TokenCounts) -> Json:
    return {
        "input_tokens": counts.input - counts.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": counts.cached,
        "output_tokens": counts.output,
    }
