"""How a person is greeted."""

import re


def greeting(name: str) -> str:
    """With a large letter at the beginning of each word."""
    return f"Hello, {re.sub(r'[a-z]+', lambda word: word[0].capitalize(), name.lower())}!"
