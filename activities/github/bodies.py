"""Descriptions and comments as GitHub takes and keeps them: within its limit, sound, and known by a hidden mark."""

import re
from hashlib import sha256

from activities.reporting import github_errors as texts

LIMIT = 65_536
"""Characters of a body (GitHub answers 422 beyond; its API description does not say). Counted here as UTF-16
does: never fewer than characters, and no such text has more bytes than the four for each character that are kept."""

# Room for what a cut leaves open and for the closing line.
_ROOM = 400
_SAFE_KEY = re.compile(r"(?!.*--)[A-Za-z0-9._:/#@-]{1,120}")
_FENCE = re.compile(r" {0,3}(`{3,20}|~{3,20})([^\n]*)")
_MOST_FOLDS = 10


def mark(kind: str, key: str) -> str:
    """The hidden first line of what is ours. Nothing in a key can end it, and no two keys share one."""
    shown = key if _SAFE_KEY.fullmatch(key) else sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"<!-- autobuild:{kind} {shown} -->"


def fit(body: str, limit: int = LIMIT) -> str:
    """The body as it can be sent: half characters and NULs are taken out, and what is too long is cut with a closing
    line that says so. The same body gives the same text, so that it can be compared with what GitHub has."""
    text = _valid(body)
    encoded = text.encode("utf-16-le")
    if len(encoded) <= limit * 2:
        return text
    kept = encoded[: (limit - _ROOM) * 2].decode("utf-16-le", "ignore")
    line_end = kept.rfind("\n")
    # At the end of a line, unless that line is a long one.
    kept = kept[:line_end] if line_end > len(kept) - _ROOM * 5 else kept
    return "\n".join([kept, *_left_open(kept), "", texts.body_cut(len(text) - len(kept))])


def same(there: object, body: str) -> bool:
    """Whether GitHub has this body: it keeps a browser's line ends, null for "", and no space around it."""
    return _valid(str(there or "")).strip() == _valid(body).strip()


def _valid(body: str) -> str:
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    # Pairs of surrogates become their character, and half a pair a question mark.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").rstrip()


def _left_open(text: str) -> list[str]:
    """What must be closed so that the closing line is seen: code, a comment, folds."""
    fence = ""
    for line in text.split("\n"):
        if not (found := _FENCE.fullmatch(line)):
            continue
        if not fence:
            fence = found[1]
        elif found[1].startswith(fence) and not found[2].strip():
            fence = ""
    comment = ["-->"] if text.rfind("<!--") > text.rfind("-->") else []
    folds = max(0, text.count("<details>") - text.count("</details>"))
    return [*([fence] if fence else []), *comment, *["</details>"] * min(folds, _MOST_FOLDS)]
