"""Credentials taken out of text before it goes anywhere: a log, an error, a comment.

A token's length and alphabet are GitHub's business (installation tokens became 520 characters with dots in 2026),
so a pattern ends only where nothing of a token can stand.
"""

import re

HIDDEN = "***"

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(r"(://)[^/\s@]*@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(authorization\W{1,4}(?:basic|bearer|token)\s+)[^\s'\",]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\b(?:gh[a-z]_|github_pat_)[A-Za-z0-9._\-]+"), HIDDEN),
    (re.compile(r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*"), HIDDEN),
    (re.compile(r"\bv1\.[0-9a-f]{40}\b"), HIDDEN),
)


def redact(text: str) -> str:
    """The text without tokens, app JWTs, private keys, authorization headers and passwords in addresses."""
    for pattern, shown in _PATTERNS:
        text = pattern.sub(shown, text)
    return text
