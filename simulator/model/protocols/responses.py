"""OpenAI's Responses API."""

import json
from collections.abc import Iterator

from simulator.model.protocols import AskedModel, Json, TokenCounts, event, pieces, text_of
from simulator.model.protocols.chat_completions import ChatCompletions
from simulator.model.script import ModelReply


class OpenAIResponses(ChatCompletions):
    """`/v1/responses`. Its errors are those of Chat Completions."""

    def asked(self, body: Json, path: str) -> AskedModel:
        given = body["input"]
        said = [text_of(body.get("instructions") or "")]
        said += [given] if isinstance(given, str) else [text_of(one) for one in given]
        tools = tuple(tool.get("name", tool.get("type", "")) for tool in body.get("tools") or ())
        return AskedModel(body["model"], bool(body.get("stream")), "\n".join(said), said[-1], tools)

    def whole(self, reply: ModelReply, asked: AskedModel, number: int) -> Json:
        status = "incomplete" if reply.stop == "length" else "completed"
        return {
            **_response(asked, number, status),
            "incomplete_details": {"reason": "max_output_tokens"} if reply.stop == "length" else None,
            "output": _items(reply, number, status),
            "usage": _usage(TokenCounts.of(reply, asked)),
        }

    def events(self, reply: ModelReply, asked: AskedModel, number: int) -> Iterator[str]:
        whole, count = self.whole(reply, asked, number), 0

        def said(kind: str, **facts: object) -> str:
            nonlocal count
            count += 1
            return event({"type": kind, "sequence_number": count - 1, **facts}, kind)

        for kind in ("created", "in_progress"):
            yield said(f"response.{kind}", response=_response(asked, number, "in_progress"))
        for index, item in enumerate(whole["output"]):
            where = {"item_id": item["id"], "output_index": index}
            empty = {**item, "status": "in_progress", **({"content": []} if "content" in item else {"arguments": ""})}
            yield said("response.output_item.added", output_index=index, item=empty)
            if "content" not in item:
                for piece in pieces(item["arguments"]):
                    yield said("response.function_call_arguments.delta", **where, delta=piece)
                yield said("response.function_call_arguments.done", **where, arguments=item["arguments"])
            else:
                part = item["content"][0]
                key = "refusal" if part["type"] == "refusal" else "text"
                name = "refusal" if key == "refusal" else "output_text"
                where["content_index"] = 0
                yield said("response.content_part.added", **where, part={**part, key: ""})
                for piece in pieces(part[key]):
                    yield said(f"response.{name}.delta", **where, delta=piece)
                yield said(f"response.{name}.done", **where, **{key: part[key]})
                yield said("response.content_part.done", **where, part=part)
            yield said("response.output_item.done", output_index=index, item=item)
        yield said(f"response.{whole['status']}", response=whole)


def _items(reply: ModelReply, number: int, status: str) -> list[Json]:
    items: list[Json] = []
    if reply.text or reply.stop == "refusal":
        part: Json = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
        if reply.stop == "refusal":
            part = {"type": "refusal", "refusal": reply.text or "I cannot help with that."}
        items.append(
            {"id": f"msg_{number:06}", "type": "message", "role": "assistant", "status": status, "content": [part]}
        )
    items += [
        {
            "id": f"fc_{number:06}_{place}", "type": "function_call", "call_id": f"call_{number:06}_{place}",
            "name": tool.name, "arguments": json.dumps(tool.input), "status": "completed",
        }
        for place, tool in enumerate(reply.tools)
    ]  # fmt: skip
    return items


def _response(asked: AskedModel, number: int, status: str) -> Json:
    return {
        "id": f"resp_{number:06}", "object": "response", "created_at": 1_700_000_000, "status": status, "error": None,
        "incomplete_details": None, "instructions": None, "metadata": {}, "model": asked.model, "output": [],
        "parallel_tool_calls": True, "temperature": 1.0, "top_p": 1.0, "tool_choice": "auto", "tools": [],
        "usage": None,
    }  # fmt: skip


def _usage(counts: TokenCounts) -> Json:
    return {
        "input_tokens": counts.input,
        "input_tokens_details": {"cached_tokens": counts.cached},
        "output_tokens": counts.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": counts.input + counts.output,
    }
