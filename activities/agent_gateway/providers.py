"""What of each provider's API an agent may use, and what becomes of its requests before they leave.

A provider's own tools (search, fetching of pages, code in its containers, servers of MCP) and contents by address would
be a way out of the sandbox: they are left out or refused.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from activities.agent_runs.deployment import ModelSettings

Json = dict[str, Any]
CallKind = Literal["answer", "count", "list"]

_DEEPEST = 60
_REMOTE = re.compile(r"\s*(?:https?|ftp|gs|s3|file)://?", re.IGNORECASE)


class RequestRefused(Exception):
    """A request that does not leave; the text says why."""


class ProviderApi(ABC):
    """`calls`: method, pattern of the path, and what kind of call that is. `address`: the provider's own. `hosted`:
    keys of a request that make the provider do something on the network."""

    calls: tuple[tuple[str, str, CallKind], ...]
    address: str
    hosted: tuple[str, ...] = ()

    def kind(self, method: str, path: str) -> CallKind | None:
        """None for what is not served."""
        found = (kind for one, pattern, kind in self.calls if one == method and re.fullmatch(pattern, path))
        return next(found, None)

    def target(self, model: ModelSettings, path: str) -> str:
        """Where a call of this path goes. A deployment's address may end with the version, or not."""
        base = (model.url or self.address).rstrip("/")
        version = "/" + path.split("/")[1]
        return base.removesuffix(version) + path if base.endswith(version) or not model.url else base + path

    def prepared(self, body: Json, model: ModelSettings) -> Json:
        """The request as it leaves: for the model that is to be used, without what the provider itself would do on the
        network. Raises RequestRefused."""
        if any(body.get(name) for name in self.hosted):
            raise RequestRefused("the provider's own connections are not available to agents")
        if any(map(self.is_remote, _objects(body))):
            raise RequestRefused("contents by address are not available to agents")
        kept = {name: value for name, value in body.items() if name not in self.hosted}
        if isinstance(tools := kept.get("tools"), list):
            kept["tools"] = [own for tool in tools if isinstance(tool, dict) and (own := self.own_tool(tool))]
            if not kept["tools"]:
                del kept["tools"]
                kept.pop("tool_choice", None)
        return self.for_model(kept, model)

    def for_model(self, body: Json, model: ModelSettings) -> Json:
        return {**body, "model": model.model}

    def path_for_model(self, path: str, model: ModelSettings) -> str:
        return path

    @abstractmethod
    def key(self, key: str) -> Mapping[str, str]:
        """The header with the key."""

    @abstractmethod
    def own_tool(self, tool: Json) -> Json | None:
        """The tool as far as the agent itself runs it, None where the provider would."""

    @abstractmethod
    def is_remote(self, part: Json) -> bool:
        """Whether this part of a request makes the provider fetch something."""

    @abstractmethod
    def error(self, status: int, message: str) -> Json:
        """An error of ours in the provider's shape."""


class AnthropicApi(ProviderApi):
    """Messages."""

    address = "https://api.anthropic.com"
    calls = (
        ("POST", "/v1/messages", "answer"),
        ("POST", "/v1/messages/count_tokens", "count"),
        ("GET", "/v1/models(?:/[^/]+)?", "list"),
    )
    hosted = ("mcp_servers", "container")
    _OWN_TOOLS = ("custom", "bash_", "text_editor_", "computer_", "memory_")

    def key(self, key: str) -> Mapping[str, str]:
        return {"x-api-key": key}

    def own_tool(self, tool: Json) -> Json | None:
        return tool if str(tool.get("type") or "custom").startswith(self._OWN_TOOLS) else None

    def is_remote(self, part: Json) -> bool:
        return part.get("type") == "url" and "url" in part

    def error(self, status: int, message: str) -> Json:
        return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}


class OpenAIApi(ProviderApi):
    """Chat Completions and Responses, of OpenAI and of everybody who speaks like it."""

    address = "https://api.openai.com/v1"
    calls = (
        ("POST", "/v1/chat/completions", "answer"),
        ("POST", "/v1/responses", "answer"),
        ("GET", "/v1/models(?:/.+)?", "list"),
    )
    hosted = ("web_search_options", "background", "conversation", "prompt")
    _OWN_TOOLS = frozenset(("function", "custom", "local_shell", "apply_patch"))

    def key(self, key: str) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def for_model(self, body: Json, model: ModelSettings) -> Json:
        body = super().for_model(body, model)
        if body.get("stream") and "messages" in body:  # else nobody would learn what it costs
            body["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
        return body

    def own_tool(self, tool: Json) -> Json | None:
        return tool if tool.get("type", "function") in self._OWN_TOOLS else None

    def is_remote(self, part: Json) -> bool:
        image = part.get("image_url")
        address = image.get("url") if isinstance(image, dict) else image
        return any(_REMOTE.match(str(one or "")) for one in (address, part.get("file_url"), part.get("server_url")))

    def error(self, status: int, message: str) -> Json:
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


class GoogleApi(ProviderApi):
    """Gemini."""

    address = "https://generativelanguage.googleapis.com"
    calls = (
        ("POST", "/v1(?:beta)?/models/[^/:]+:(?:generateContent|streamGenerateContent)", "answer"),
        ("POST", "/v1(?:beta)?/models/[^/:]+:countTokens", "count"),
        ("GET", "/v1(?:beta)?/models(?:/[^/]+)?", "list"),
    )
    hosted = ("cachedContent", "cached_content")

    def key(self, key: str) -> Mapping[str, str]:
        return {"x-goog-api-key": key}

    def for_model(self, body: Json, model: ModelSettings) -> Json:
        return body

    def path_for_model(self, path: str, model: ModelSettings) -> str:
        return re.sub(r"/models/[^/:]+:", lambda _: f"/models/{model.model}:", path)

    def own_tool(self, tool: Json) -> Json | None:
        return {name: tool[name] for name in ("functionDeclarations", "function_declarations") if name in tool} or None

    def is_remote(self, part: Json) -> bool:
        return bool(part.get("fileData") or part.get("file_data"))

    def error(self, status: int, message: str) -> Json:
        return {"error": {"code": status, "message": message, "status": "FAILED_PRECONDITION"}}


PROVIDERS: Mapping[str, ProviderApi] = {"anthropic": AnthropicApi(), "openai": OpenAIApi(), "google": GoogleApi()}


@dataclass(frozen=True)
class ModelCall:
    """A request of an agent that may leave: `path` with its query, and the body."""

    kind: CallKind
    path: str
    body: bytes = b""
    longest_answer: int = 0


def read_body(data: bytes) -> Json:
    """Raises RequestRefused."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise RequestRefused("the request is not JSON") from None
    if not isinstance(found, dict):
        raise RequestRefused("the request is not a JSON object")
    return found


def longest_answer(body: Json, default: int) -> int:
    """The limit of tokens that a request sets for its answer, whatever its provider calls it."""
    settings = body.get("generationConfig")
    places = [body, settings if isinstance(settings, dict) else {}]
    names = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
    found = [place[name] for place in places for name in names if isinstance(place.get(name), int)]
    return max(found, default=default)


def _objects(value: object, depth: int = 0) -> Iterator[Json]:
    """Every object of a request but those that describe tools. Raises RequestRefused for one that is too deep."""
    if depth > _DEEPEST:
        raise RequestRefused("the request is nested too deeply")
    if isinstance(value, dict):
        yield value
        for name, one in value.items():
            if name not in ("tools", "input_schema", "parameters"):
                yield from _objects(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _objects(one, depth + 1)
