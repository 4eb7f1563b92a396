"""Titles of articles as parts of an address."""

import re


def slug(title: str) -> str:
    """Small letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
