"""OpenAI's Chat Completions API, which Ollama, vLLM, llama.cpp and many others speak too."""

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

_STOPS = {"end": "stop", "length": "length", "refusal": "stop"}
_CREATED = 1_700_000_000


class ChatCompletions(ModelProtocol):
    """`/v1/chat/completions`."""

    def asked(self, body: Json, path: str) -> AskedModel:
        said = [
            "\n".join((text_of(message.get("content")), text_of(message.get("tool_calls"))))
            for message in body["messages"]
        ]
        tools = tuple(tool["function"]["name"] for tool in body.get("tools") or () if "function" in tool)
        usage = bool((body.get("stream_options") or {}).get("include_usage"))
        return AskedModel(body["model"], bool(body.get("stream")), "\n".join(said), said[-1], tools, usage)

    def error(self, error: ErrorAnswer) -> Json:
        kind, code = error.words[:2]
        return {"error": {"message": error.message, "type": kind, "param": None, "code": code or None}}

    def whole(self, reply: ModelReply, asked: AskedModel, number: int) -> Json:
        message: Json = {"role": "assistant", "content": reply.text or None, "refusal": None}
        if reply.stop == "refusal":
            message.update(content=None, refusal=reply.text or "I cannot help with that.")
        if reply.tools:
            message["tool_calls"] = _calls(reply, number)
        choice = {"index": 0, "message": message, "finish_reason": _stop(reply), "logprobs": None}
        usage = _usage(TokenCounts.of(reply, asked))
        return {**_completion(asked, number, "chat.completion"), "choices": [choice], "usage": usage}

    def events(self, reply: ModelReply, asked: AskedModel, number: int) -> Iterator[str]:
        """Only who asks for the usage gets a chunk with it."""
        start = _completion(asked, number, "chat.completion.chunk")

        def chunk(delta: Json, stop: str | None = None) -> str:
            return event({**start, "choices": [{"index": 0, "delta": delta, "finish_reason": stop, "logprobs": None}]})

        yield chunk({"role": "assistant", "content": ""})
        for piece in pieces(reply.text):
            yield chunk({"refusal" if reply.stop == "refusal" else "content": piece})
        for place, call in enumerate(_calls(reply, number)):
            arguments = call["function"]["arguments"]
            yield chunk({"tool_calls": [{"index": place, **call, "function": {**call["function"], "arguments": ""}}]})
            for piece in pieces(arguments):
                yield chunk({"tool_calls": [{"index": place, "function": {"arguments": piece}}]})
        yield chunk({}, _stop(reply))
        if asked.stream_usage:
            yield event({**start, "choices": [], "usage": _usage(TokenCounts.of(reply, asked))})
        yield "data: [DONE]\n\n"


def _calls(reply: ModelReply, number: int) -> list[Json]:
    return [
        {
            "id": f"call_{number:06}_{place}",
            "type": "function",
            "function": {"name": tool.name, "arguments": json.dumps(tool.input)},
        }
        for place, tool in enumerate(reply.tools)
    ]


def _completion(asked: AskedModel, number: int, kind: str) -> Json:
    return {"id": f"chatcmpl-{number:06}", "object": kind, "created": _CREATED, "model": asked.model}


def _stop(reply: ModelReply) -> str:
    return "tool_calls" if reply.tools and reply.stop == "end" else _STOPS[reply.stop]


def _usage(counts: TokenCounts) -> Json:
    return {
        "prompt_tokens": counts.input,
        "completion_tokens": counts.output,
        "total_tokens": counts.input + counts.output,
        "prompt_tokens_details": {"cached_tokens": counts.cached},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
