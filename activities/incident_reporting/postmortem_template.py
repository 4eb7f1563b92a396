"""A repository's own form of a post-mortem, `.github/postmortem.md`, filled in by its headings. Pure.

The template is the repository's own file, so that its Markdown stays.
"""

import re

PATH = ".github/postmortem.md"
_LARGEST = 20_000
"""Characters of a template that people can read."""

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_MEANINGS = {
    "Summary": r"summary|overview|abstract|tl;?dr|what happened|description",
    "Impact": r"impact|severity|affected|customers?",
    "Time line": r"time ?-?lines?|chronology|sequence of events",
    "Contributing factors": r"root causes?|contributing|why did|five whys|5 whys|(?:^|\bthe )causes?$|trigger",
    "Evidence": r"evidence|detection|data",
    "Causes that were considered": r"hypothes[ei]s|alternatives|considered",
    "What was tried": r"resolution|mitigation|recovery|response|fix(?:es)?|tried|remediation",
    "What went well": r"went well|worked well|lucky",
    "Action items": r"actions?|follow[- ]?ups?|next steps|todo|prevention",
}


def filled(template: str, text: str) -> str:
    """`text` is our own post-mortem. Each of its parts goes below the first heading of the template that asks for it;
    what no heading asks for comes last. A template that nobody can read, or with no such heading, is left out."""
    if len(template) > _LARGEST or "\0" in template or "\ufffd" in template:
        return text
    form = _COMMENT.sub("", template.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")).strip()
    left = {heading.removeprefix("## "): body for heading, body in _sections(text) if heading}
    known, lines = len(left), []
    for heading, body in _sections(form):
        lines += [heading, ""] if heading else []
        if heading and (name := _asked(heading, left)):
            lines += [*_trimmed(left.pop(name)), ""]
        lines += [*_trimmed(body), ""] if _trimmed(body) else []
    if len(left) == known:
        return text
    for name, body in left.items():
        lines += [f"## {name}", "", *_trimmed(body), ""]
    return "\n".join(lines).strip() + "\n"


def _asked(heading: str, left: dict[str, list[str]]) -> str:
    """Which of our parts a heading asks for, "" for none."""
    match = _HEADING.fullmatch(heading)
    said = match[2].casefold().strip(" :*_?") if match else ""
    return next((name for name in left if name in _MEANINGS and re.search(rf"\b(?:{_MEANINGS[name]})", said)), "")


def _sections(text: str) -> list[tuple[str, list[str]]]:
    """(heading, lines below it) of a text, the first one without a heading. What is code has none."""
    found: list[tuple[str, list[str]]] = [("", [])]
    fence = ""
    for line in text.split("\n"):
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence) and line.strip() == mark[1]:
                fence = ""
        if not fence and _HEADING.fullmatch(line):
            found.append((line, []))
        else:
            found[-1][1].append(line)
    return found


def _trimmed(lines: list[str]) -> list[str]:
    return "\n".join(lines).strip("\n").split("\n") if any(each.strip() for each in lines) else []
