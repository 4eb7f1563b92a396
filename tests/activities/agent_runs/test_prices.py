"""What a call costs, and where nobody knows."""

from typing import Any

import pytest

from activities.agent_runs.deployment import ModelSettings
from activities.agent_runs.prices import TokenUse, context_window, dollars, unknown_price, worst_price

OLLAMA = {"model": "qwen3-coder", "url": "http://localhost:11434/v1"}
SONNET = {"provider": "anthropic", "model": "claude-sonnet-4-5"}
OWN = {**SONNET, "price": {"input": 1, "output": 10}}


def model(settings: dict[str, Any]) -> ModelSettings:
    return ModelSettings.model_validate({"max_output_tokens": 1000, **settings}, strict=False)


@pytest.mark.parametrize(
    ("settings", "use", "price"),
    [
        (OWN, TokenUse(1_000_000, 100_000), 2.0),
        (SONNET, TokenUse(100_000, 100_000), 0.3 + 1.5),
        (SONNET, TokenUse(100_000, 0, cache_read=100_000), 0.03),
        ({"model": "gpt-4.1"}, TokenUse(100_000, 100_000), 0.2 + 0.8),
        ({"provider": "google", "model": "gemini-2.5-pro"}, TokenUse(100_000, 100_000), 0.125 + 1.0),
        ({**OLLAMA, "price": "ignore"}, TokenUse(5, 5), 0.0),
        (OLLAMA, TokenUse(5, 5), None),
        ({"model": "a-model-of-tomorrow-9"}, TokenUse(5, 5), None),
        ({**SONNET, "url": "http://localhost:8000"}, TokenUse(5, 5), None),
    ],
)
def test_the_own_price_first_then_the_list_price(settings: dict[str, Any], use: TokenUse, price: float | None) -> None:
    found = dollars(model(settings), use)
    assert found == (None if price is None else pytest.approx(price))
    assert bool(unknown_price(model(settings))) == (price is None)


def test_the_worst_price_is_all_new_to_the_cache_and_the_longest_answer() -> None:
    assert worst_price(model(OWN), 1_000_000) == pytest.approx(1.01)
    assert worst_price(model(SONNET), 100_000) == pytest.approx(0.375 + 0.015)
    assert worst_price(model(OLLAMA), 100) == 0
    assert context_window(model(SONNET)) == 1_000_000 or context_window(model(SONNET)) == 200_000
    assert context_window(model(OLLAMA)) is None
