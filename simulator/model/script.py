"""What the server answers: a file of YAML or JSON, read strictly."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

Fault = Literal[
    "", "unauthorized", "model_not_found", "rate_limited", "error", "overloaded", "context_too_long", "no_tools",
    "garbage", "half", "silence", "endless", "huge",
]  # fmt: skip
"""What goes wrong instead of the answer. The first ones are errors with the provider's status and words: 401, 404, 429,
500, 529 (503 where a provider has no 529), and two kinds of 400. `garbage`: status 200 and no JSON. `half`: the answer
breaks off in the middle. `silence`: no byte ever comes. `endless`: text that never ends. `huge`: 50 MB of text."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CalledTool(_Strict):
    """A tool that the model calls, with its arguments."""

    name: str
    input: dict[str, Any] = Field(default_factory=dict)


class ReplyUsage(_Strict):
    """Tokens. `cached` is the part of `input` that came from the provider's cache. None: four characters a token."""

    input: int | None = None
    output: int | None = None
    cached: int = 0


class ModelReply(_Strict):
    """One answer. It fits a request that contains `when` (in what is said and in what tools gave), whose last message
    contains `last`, that offers the tool `offers` and names the model `model`, each where it is given. It is given
    `times` times, 0 for ever. `stop`: `length` is cut off by the limit of tokens, `refusal` declines."""

    when: str = ""
    last: str = ""
    offers: str = ""
    model: str = ""
    times: Annotated[int, Field(ge=0)] = 1
    text: str = ""
    tools: tuple[CalledTool, ...] = ()
    stop: Literal["end", "length", "refusal"] = "end"
    usage: ReplyUsage = ReplyUsage()
    delay: Annotated[float, Field(ge=0, description="Seconds before the answer begins.")] = 0.0
    fault: Fault = ""
    retry_after: float | None = None


class ModelScript(_Strict):
    """The file. Replies are tried in their order. `models` are those that exist, `keys` those that are good; without
    them, all are."""

    models: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    replies: tuple[ModelReply, ...] = ()


def read_script(path: Path) -> ModelScript:
    """Raises OSError and ValueError."""
    return ModelScript.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
