"""Edits of a text by ranges: everything outside of them stays byte for byte."""

import codecs
from collections.abc import Sequence

Edit = tuple[int, int, str]
"""Start, end and new text; offsets as JavaScript counts them, in UTF-16 units."""


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Raises ValueError for ranges that overlap or are not in the text. Edits at one place are made in their order."""
    units = text.encode("utf-16-le", "surrogatepass")
    parts, done = [], 0
    for start, end, new in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        if not done <= start <= end <= len(units) // 2:
            raise ValueError(f"The edit {start}-{end} does not fit a text of {len(units) // 2} units.")
        parts += [units[2 * done : 2 * start], new.encode("utf-16-le", "surrogatepass")]
        done = end
    parts.append(units[2 * done :])
    return codecs.decode(b"".join(parts), "utf-16-le", "strict")
