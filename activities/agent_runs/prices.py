"""What calls of models cost: the deployment's own price, else the provider's list price from a library's data."""

from dataclasses import dataclass
from typing import Any, Final

from activities.agent_runs.deployment import ModelSettings, Price

_MILLION: Final = 1_000_000


@dataclass(frozen=True)
class TokenUse:
    """Of one call. `input` is all of the input; `cache_read` and `cache_write` are the parts of it that a provider's
    cache gave or took."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0


def dollars(model: ModelSettings, use: TokenUse) -> float | None:
    """None where nobody knows the price; 0 where the deployment ignores it."""
    if isinstance(model.price, Price):
        return (use.input * model.price.input + use.output * model.price.output) / _MILLION
    if model.price == "ignore":
        return 0.0
    found = _list_price(model, use)
    return None if found is None else float(found.total_price)


def worst_price(model: ModelSettings, input_tokens: int) -> float:
    """The most that a call with so much input may cost: its longest answer, and all of its input new to the cache. 0
    where nobody knows."""
    plain = TokenUse(input_tokens, model.max_output_tokens)
    cached = TokenUse(input_tokens, model.max_output_tokens, cache_write=input_tokens)
    return max(dollars(model, plain) or 0.0, dollars(model, cached) or 0.0)


def is_priced(model: ModelSettings) -> bool:
    """Whether its calls are counted in dollars."""
    return model.price != "ignore"


def unknown_price(model: ModelSettings) -> str:
    """The sentence where a price is missing, "" where there is one."""
    if dollars(model, TokenUse(1, 1)) is not None:
        return ""
    return (
        f"Nobody knows the price of `{model.model}`, so no limit in dollars would hold. Whoever runs this deployment "
        "sets the model's `price` (dollars for a million tokens of `input` and `output`), or `price: ignore`."
    )


def context_window(model: ModelSettings) -> int | None:
    """How many tokens the model takes at once, None where nobody knows."""
    found = _list_price(model, TokenUse(1, 1))
    window = found.model.context_window if found else None
    return int(window) if window else None


def _list_price(model: ModelSettings, use: TokenUse) -> Any | None:
    try:
        from genai_prices import Usage, calc_price
    except ImportError:  # the extra is not installed
        return None
    usage = Usage(
        input_tokens=use.input, output_tokens=use.output, cache_read_tokens=use.cache_read,
        cache_write_tokens=use.cache_write,
    )  # fmt: skip
    try:
        if model.url:
            return calc_price(usage, model.model, provider_api_url=model.url)
        return calc_price(usage, model.model, provider_id=model.provider)
    except (LookupError, ValueError):
        return None
