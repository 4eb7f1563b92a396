"""Untrusted text as a terminal and a log may show it: file names, names of tests, messages and branches can hold codes
that move the cursor, write to the clipboard, turn the text around, or are commands of the system that shows the log."""

import re
import unicodedata

# GitHub Actions' commands (`::error::…`, at a line's start) and those of Azure Pipelines (`##[…]`, anywhere).
_COMMAND = re.compile(
    r"::(?=(?:add-mask|add-matcher|add-path|debug|echo|endgroup|error|group|notice|remove-matcher|save-state|set-env"
    r"|set-output|stop-commands|warning)\b)|##(?=\[|vso\[)",
    re.IGNORECASE,
)

# Letters and marks to Unicode that nobody sees: fillers, and selectors of variants but the two that emoji have.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0d\uffa0\U000e0100-\U000e01ef]"
)

_TERMINAL_CODE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~](?! )")


def separated(text: str) -> str:
    """With a space behind each terminal code, for whoever looks for words in it: a token behind one is a word too."""
    return _TERMINAL_CODE.sub(r"\g<0> ", text)


def printable(text: str, *, lines: bool = False) -> str:
    r"""The text on one line, or with its `lines`. What is not seen or does something is written as `\x1b`, `\u202e`."""
    kept = "\n\t" if lines else ""
    # Most text is plain, and this one question is quick.
    plain = text.replace("\n", "").replace("\t", "") if lines else text
    if not plain.isprintable() or (not plain.isascii() and _UNSEEN.search(plain)):
        text = "".join(letter if letter in kept or _is_shown(letter) else _escaped(letter) for letter in text)
    return _COMMAND.sub(lambda found: f"{found[0][0]}\\{found[0][1:]}", text)


def _is_shown(letter: str) -> bool:
    """Spaces of all widths are."""
    return not _UNSEEN.match(letter) and (letter.isprintable() or unicodedata.category(letter) == "Zs")


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
