"""Numbers and lists in sentences."""

import math
from collections.abc import Iterable


def plural(number: int, one: str, many: str = "") -> str:
    """`1 test`, `2 tests`, `1,200 tests`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent_text(value: object) -> str:
    """Rounded down: 79.96 must not be shown as the 80 that it is not. "" for what is no number."""
    return f"{math.floor(value * 10) / 10:.1f} %" if isinstance(value, (int, float)) else ""


def score_text(score: float) -> str:
    return f"{rounded_down(score):g}"


def rounded_down(score: float) -> float:
    """To a tenth: a failure must not stand beside a score of 100 that it is not. What computers add to or take from a
    tenth does not count."""
    return math.floor(score * 10 + 1e-6) / 10


def listed(words: Iterable[str], most: int = 5) -> str:
    """The first few, then how many more; each cut to a length that fits a line."""
    given = list(words)
    shown = ", ".join(shortened(word, 100) for word in given[:most])
    return f"{shown} and {len(given) - most} more" if len(given) > most else shown


def shortened(text: str, longest: int = 200) -> str:
    """The text, its middle left out where it is too long."""
    half = (longest - 1) // 2
    return text if len(text) <= longest else f"{text[:half]}…{text[-half:]}"
