"""The way to a model: one request, one answer, and what went wrong in words that the loop and a person understand.

Nothing is tried again here: Temporal does that.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from activities.agent_chat.connection import AnswerTooLarge, make_client
from activities.agent_runs.backend import ModelUnavailable
from activities.agent_runs.deployment import ModelSettings
from activities.errors import UserError
from activities.redaction import redact

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model
    from pydantic_ai.tools import ToolDefinition

_SILENT_S = 600.0
_NO_KEY = "none"
_CONTEXT = re.compile(
    r"context.{0,40}(length|window|size|exceed|limit|long)|(prompt|input).{0,20}too (long|large)", re.I
)
_NO_TOOLS = re.compile(r"\btools?\b|tool_choice|function call", re.I)


class ContextTooLong(Exception):
    """The messages are more than the model can read at once."""


class ToolsUnknown(Exception):
    """The endpoint or the model has no tool calls."""


class ModelAccess:
    """To one model. `name` is the deployment's for it."""

    def __init__(self, name: str, settings: ModelSettings, model: "Model[Any]") -> None:
        self._name = name
        self._settings = settings
        self._model = model

    async def ask(self, messages: "Sequence[ModelMessage]", tools: "Sequence[ToolDefinition]") -> "ModelResponse":
        """Raises ContextTooLong, ToolsUnknown, ModelUnavailable, and UserError where only a person can help."""
        from pydantic_ai.direct import model_request
        from pydantic_ai.exceptions import AgentRunError
        from pydantic_ai.models import ModelRequestParameters
        from pydantic_ai.settings import ModelSettings as RequestSettings

        wanted = RequestSettings(max_tokens=self._settings.max_output_tokens, cache=True)
        if self._settings.effort:
            wanted["thinking"] = self._settings.effort
        try:
            return await model_request(
                self._model,
                messages,
                model_settings=wanted,
                model_request_parameters=ModelRequestParameters(function_tools=list(tools)),
            )
        except (AgentRunError, AnswerTooLarge) as error:
            raise _in_our_words(error, self._name, self._settings) from error


@contextlib.asynccontextmanager
async def open_model(name: str, settings: ModelSettings, key: str) -> AsyncIterator[ModelAccess]:
    """For the block. The libraries' own retries are off."""
    async with make_client(_SILENT_S) as client:
        # Their libraries take a second to be imported.
        model = await asyncio.to_thread(_model, settings, key or _NO_KEY, client)
        yield ModelAccess(name, settings, model)


def was_billed(error: BaseException) -> bool:
    """Whether the provider may ask money for a call that ended so: an answer had begun, or nobody knows."""
    from pydantic_ai.exceptions import ModelHTTPError

    causes = _causes(error)
    if any(isinstance(cause, ModelHTTPError) for cause in causes):
        return False
    return not any(type(cause).__name__ in ("ConnectError", "ConnectTimeout") for cause in causes)


def _model(settings: ModelSettings, key: str, client: Any) -> "Model[Any]":
    if settings.provider == "anthropic":
        from anthropic import AsyncAnthropic
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider

        # With its usual limit of time it refuses long answers that are not streamed.
        anthropic = AsyncAnthropic(
            api_key=key, base_url=settings.url or None, http_client=client, max_retries=0, timeout=client.timeout
        )
        return AnthropicModel(settings.model, provider=AnthropicProvider(anthropic_client=anthropic))
    if settings.provider == "google":
        from pydantic_ai.models.google import GoogleModel
        from pydantic_ai.providers.google import GoogleProvider

        google = GoogleProvider(api_key=key, base_url=settings.url or None, http_client=client)
        return GoogleModel(settings.model, provider=google)
    return _openai(settings, key, client)


def _openai(settings: ModelSettings, key: str, client: Any) -> "Model[Any]":
    """OpenAI's own models by its newer protocol, which alone lets models that think call tools; any other endpoint by
    the one that all of them have."""
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    openai = AsyncOpenAI(
        api_key=key, base_url=settings.url or None, http_client=client, max_retries=0, timeout=client.timeout
    )
    if not settings.url:
        return OpenAIResponsesModel(settings.model, provider=OpenAIProvider(openai_client=openai))
    profile = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)
    provider = OpenAICompatibleProvider("compatible", openai_client=openai)
    return OpenAIChatModel(settings.model, provider=provider, profile=profile)


def _in_our_words(error: BaseException, name: str, settings: ModelSettings) -> Exception:
    from pydantic_ai import exceptions as of

    said = _said(error)
    if sentence := _for_a_person(error, name, settings, said):
        return UserError(sentence)
    rejected = isinstance(error, of.ModelRequestRejectedError)
    if isinstance(error, of.ModelContextWindowExceededError) or (rejected and _CONTEXT.search(said)):
        return ContextTooLong(said)
    if isinstance(error, of.ModelHTTPError) and error.status_code != 429 and _NO_TOOLS.search(said):
        return ToolsUnknown(said)
    if rejected:
        return UserError(f"The provider refused the request to the model `{name}`: {said}")
    retry_after = error.retry_after if isinstance(error, of.ModelAPIError) else None
    return ModelUnavailable(f"The model `{name}` did not answer: {said}", retry_after)


def _for_a_person(error: BaseException, name: str, settings: ModelSettings, said: str) -> str:
    """what only a person can change, "" for everything else."""
    from pydantic_ai import exceptions as of

    if any(isinstance(cause, AnswerTooLarge) for cause in _causes(error)):
        return f"The endpoint of the model `{name}` sent more than an answer of a model can be, so it was not read."
    if isinstance(error, of.ModelAuthenticationError):
        where = f": look at {settings.key}" if settings.key else ": name its `key` in the deployment's file"
        return f"The provider refused the key of the model `{name}`{where}."
    if isinstance(error, of.ModelNotFoundError) and not _NO_TOOLS.search(said):
        return f"The provider does not have the model `{settings.model}`, or the key may not use it."
    if isinstance(error, of.ModelQuotaExceededError):
        return f"The account of the model `{name}` has no credit left: {said}"
    return ""


def _said(error: BaseException) -> str:
    """What the provider said of it, short."""
    body = getattr(error, "body", None)
    while isinstance(body, dict) and ("error" in body or "message" in body):
        body = body.get("error") or body.get("message")
    status = getattr(error, "status_code", None)
    text = body if isinstance(body, str) and body else str(error)
    short = " ".join(redact(text).split())[:300]
    return f"{short} ({status})" if status else short


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and len(found) < 20:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
