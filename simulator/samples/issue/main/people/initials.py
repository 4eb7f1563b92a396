"""The first letters of a name."""

import re


def initials(name: str) -> str:
    """The first letter of each word, large."""
    return "".join(word[0] for word in re.findall(r"[a-z]+", name.lower())).upper()
