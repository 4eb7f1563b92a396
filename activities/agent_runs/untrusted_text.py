"""What people and programs wrote, as data in a prompt: marked, without what no reader sees, and limited in size.

The mark's number is the hash of what is between the marks, so no text can hold its own: it cannot close them.
"""

import hashlib
import re
from typing import Final

from activities.agent_runs.shown_markdown import shown
from activities.redaction import redact

MARKDOWN_KINDS: Final = frozenset(("instruction", "issue", "comment", "review", "pull request", "check"))
"""What GitHub shows as Markdown; everything else is what a program wrote or a file holds, and is taken as it is."""

_LONGEST: Final = {"instruction": 80_000, "output": 20_000, "check": 20_000}
_LONGEST_OTHER: Final = 40_000
_LONGEST_LABEL: Final = 100

_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)?|[@-Z\\-_])")
_LINE_ENDS: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Control characters, and what Unicode calls ignorable by default: joiners, marks of direction, fillers, variation
# selectors, tags.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]"
)
_MARK: Final = re.compile(r"(<<<data|>>>end) [0-9a-f]{32}\b")
# Texts that some models' own protocols begin and end messages with.
_PROTOCOL: Final = re.compile(
    r"<(?=\|[\w ]{1,40}\|>|/?(?:s|system|assistant|user|tool_result|function_results)>)|\[(?=/?INST\])"
)


def wrapped(kind: str, author: str, text: str, permission: str = "", *, already_shown: bool = False) -> str:
    """The text between marks. `kind` says what it is: one of `MARKDOWN_KINDS`, or `output`, `file`, `log` and the like.
    `author` is a login or the name of a program, `permission` what GitHub lets that person do, "" where nobody asked:
    then it counts as nothing that anybody may decide. `already_shown`: it is what `shown` gave."""
    plain = shown(text) if kind in MARKDOWN_KINDS and not already_shown else text
    plain = _MARK.sub(r"\1 …", _PROTOCOL.sub(lambda found: f"{found[0]} ", redact(visible(plain))))
    plain = head_and_tail(plain.strip("\n"), _LONGEST.get(kind, _LONGEST_OTHER))
    label = f"{_label(kind)} by {_label(author) or 'somebody'}, permission: {_label(permission) or 'unknown'}"
    number = hashlib.sha256(f"{label}\0{plain}".encode()).hexdigest()[:32]
    return f"<<<data {number} ({label})\n{plain}\n>>>end {number}"


def visible(text: str) -> str:
    """The text without control characters, terminal escapes and characters that nobody sees; lines and tabs stay."""
    return _INVISIBLE.sub("", _LINE_ENDS.sub("\n", _ESCAPES.sub("", text)))


def head_and_tail(text: str, limit: int) -> str:
    """At most about `limit` characters: the first and the last half, with a line about what is left out between."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out …]\n{text[-half:]}"


def _label(text: str) -> str:
    """A name on one line that cannot end the label."""
    return re.sub(r"[^\w@./+\[\] -]+", "", visible(text).replace("\n", " "))[:_LONGEST_LABEL].strip()
