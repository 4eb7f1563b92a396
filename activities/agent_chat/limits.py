"""How much a model gets to read of a file, of an output and of a listing."""

from typing import Final

EACH_END: Final = 5_000
LARGEST_FILE: Final = 1024**2
LARGEST_WHOLE: Final = 24_000
"""Characters of an existing file that may be written anew as a whole."""


def head_and_tail(text: str, each: int = EACH_END) -> str:
    """The first and the last characters of a long text, and how much is missing between them."""
    if len(text) <= 2 * each:
        return text
    missing = len(text) - 2 * each
    return f"{text[:each]}\n[… {missing:,} characters left out: ask for less, or for a part …]\n{text[-each:]}"
