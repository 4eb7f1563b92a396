"""Google's Gemini API."""

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

_STOPS = {"end": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}


class GoogleGenerate(ModelProtocol):
    """`/v1beta/models/MODEL:generateContent` and `:streamGenerateContent?alt=sse`."""

    def asked(self, body: Json, path: str) -> AskedModel:
        model, _, method = path.rpartition("/")[2].partition(":")
        said = [text_of(body.get("systemInstruction") or body.get("system_instruction") or "")]
        said += [text_of(one.get("parts")) for one in body["contents"]]
        declared = [one for tool in body.get("tools") or () for one in _declarations(tool)]
        names = tuple(one.get("name", "") for one in declared)
        return AskedModel(model, method.startswith("stream"), "\n".join(said), said[-1], names)

    def error(self, error: ErrorAnswer) -> Json:
        return {"error": {"code": error.status, "message": error.message, "status": error.words[3]}}

    def whole(self, reply: ModelReply, asked: AskedModel, number: int) -> Json:
        return _part(reply, asked, number, _content(reply, reply.text), last=True)

    def events(self, reply: ModelReply, asked: AskedModel, number: int) -> Iterator[str]:
        for piece in pieces(reply.text):
            yield event(_part(reply, asked, number, [{"text": piece}], last=False))
        yield event(_part(reply, asked, number, _content(reply, ""), last=True))


def _declarations(tool: Json) -> list[Json]:
    return list(tool.get("functionDeclarations") or tool.get("function_declarations") or ())


def _content(reply: ModelReply, text: str) -> list[Json]:
    calls = [{"functionCall": {"name": tool.name, "args": tool.input}} for tool in reply.tools]
    return [*([{"text": text}] if text or not calls else []), *calls]


def _part(reply: ModelReply, asked: AskedModel, number: int, parts: list[Json], *, last: bool) -> Json:
    counts = TokenCounts.of(reply, asked)
    candidate: Json = {"content": {"role": "model", "parts": parts}, "index": 0}
    if last:
        candidate["finishReason"] = _STOPS[reply.stop]
    usage = {
        "promptTokenCount": counts.input,
        "candidatesTokenCount": counts.output if last else 0,
        "cachedContentTokenCount": counts.cached,
        "totalTokenCount": counts.input + (counts.output if last else 0),
    }
    found = {"candidates": [candidate], "modelVersion": asked.model, "responseId": f"response-{number:06}"}
    return {**found, "usageMetadata": usage}
