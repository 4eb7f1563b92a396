"""Names as parts of an address."""

import re


def slug(name: str) -> str:
    """Small letters and single hyphens."""
    return re.sub(r"[^a-z]+", "-", name.lower()).strip("-")
