"""Template tags that Django removed, where another one means the same."""

import re
from collections.abc import Iterator

from activities.migration.python.places import line_of
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover

_LOAD = re.compile(r"(\{%-?\s*load\s[^%]{0,500}?\b)(?:staticfiles|admin_static)\b")
_EQUAL = re.compile(
    r"\{%(\s*)if(not)?equal\s+(\"[^\"%]*\"|'[^'%]*'|[^\s\"'%]+)\s+(\"[^\"%]*\"|'[^'%]*'|[^\s\"'%]+)(\s*)%\}"
)
_END = re.compile(r"\{%(\s*)endif(?:not)?equal(\s*)%\}")
_LEFT = re.compile(r"\{%\s*(?:if(?:not)?equal|load\s+[^%]*\bfrom\s+future)\b")
_REMOVED_IN = {"staticfiles": (3, 0), "equal": (4, 0)}


def migrate_templates(tree: SourceTree, to: str) -> Iterator[Leftover]:
    version = tuple(map(int, to.split(".")))
    for path in tree.named("*.html", "*.htm", "*.txt", "*.djhtml"):
        text = tree.read(path)
        if text is None or "{%" not in text:
            continue
        new = text
        if version >= _REMOVED_IN["staticfiles"]:
            new = _LOAD.sub(r"\1static", new)
        if version >= _REMOVED_IN["equal"] and _balanced(new):
            new = _EQUAL.sub(
                lambda match: f"{{%{match[1]}if {match[3]} {'!=' if match[2] else '=='} {match[4]}{match[5]}%}}", new
            )
            new = _END.sub(r"{%\1endif\2%}", new)
        if new != text:
            tree.write(path, new)
        for match in _LEFT.finditer(new):
            reason = "Django no longer has this template tag."
            yield Leftover(path, line_of(new, match.start()), reason, "Write `{% if a == b %}`.", True)


def _balanced(text: str) -> bool:
    """Whether each opening tag is understood, so that no closing one is left alone."""
    return len(_EQUAL.findall(text)) == len(_END.findall(text)) == len(re.findall(r"\{%\s*if(?:not)?equal\b", text))
