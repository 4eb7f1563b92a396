"""A repository's template for pull requests, filled in: our text where the template asks for it. Pure.

The template is the repository's own file, so that its Markdown stays. It closes no issue but the one that the change is
for, and claims nothing that nobody did: its checkboxes are not ticked."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_FOLDERS = (".github/", "", "docs/")
_NAMES = ("pull_request_template", "PULL_REQUEST_TEMPLATE")
_EXTENSIONS = (".md", ".txt")
_LARGEST = 20_000
"""Characters of a template that people can read."""

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TICKED = re.compile(r"^([ \t]*(?:[-*+]|\d+[.)])[ \t]+\[)[xX](\])", re.MULTILINE)
_HEADING = re.compile(r" {0,3}#{1,6}\s+.+|\s*(?:\*\*|__)[^*_]+(?:\*\*|__):?\s*|[A-Z][\w ]{2,40}:\s*")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{2,})\s*")
_FENCED = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"\s*(?:```|~~~)")

_ABOUT = re.compile(
    r"\b(?:descri(?:be|ption)|what|summary|overview|changes?|purpose|motivation|proposed|why|about|beschreibung|änderungen|"
    r"descripci[oó]n|cambios|résumé|modifications|descrição|mudanças|descrizione|omschrijving)\b|描述|概要|変更|说明|설명",
    re.IGNORECASE,
)
_TESTS = re.compile(
    r"\b(?:tests?|tested|testing|verif(?:y|ied|ication)|validation|qa|getestet|pruebas|testes|prove)\b|测试|テスト|테스트",
    re.IGNORECASE,
)
_NEITHER = re.compile(
    r"\b(?:types?|kind|breaking|check-?list|screenshots?|changelog|before|after|issues?|tickets?|reviewers?)\b",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"\W{0,4}(?:please|describe|briefly|provide|explain|include|summari[sz]e|tell us|a (?:clear|short|brief|concise)|"
    r"(?:add|write|give|put|insert) (?:a|an|your|the|some|any|details?|here)|what (?:does|did|is|are|has)\b|"
    r"why (?:is|are|do)\b|how (?:has|did|was|were|can|to)\b|(?:your )?(?:description|summary|text) (?:goes )?here|"
    r"todo|tbd)\b.*",
    re.IGNORECASE,
)
_KEYWORD = r"[*_]{0,2}\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b[*_]{0,2}"
_NUMBER = (
    r"(?:[ \t]?\((?:issue|ticket|link|number)[^()\n]{0,40}\)|\([^()\n]{0,40}\)|"
    r"\[[^\[\]\n]{0,40}\](?:\([^()\n]{0,80}\))?|<[^<>\n]{0,40}>|\{{1,2}[^{}\n]{0,40}\}{1,2}|"
    r"(?:issue|ticket)?[_-]?(?:number|id|nr|no)\b|(?:issue|ticket)\b|_+|\?+|\.{3}|[xn]{1,6}\b|\d+)?"
)
_PLACEHOLDER = re.compile(
    rf"{_KEYWORD}\s?:?[*_]{{0,2}}[ \t]*(?:(?:issue|bug)s?[ \t]*)?"
    rf"(?:[\w.-]{{1,80}}/[\w.-]{{1,100}})?(?:#|\bGH-){_NUMBER}"
    rf"|{_KEYWORD}\s?:?[*_]{{0,2}}[ \t]*(?:\[[^\[\]\n]*\]\([^()\n]*\)|<?https?://\S+)"
    rf"|^[-+ \t]*{_KEYWORD}[ \t]*:[*_]{{0,2}}[ \t]*(?:N/?A|none|_+|\?+|\.{{3}})?[ \t]*$"
    rf"|^[-+*_ \t]*(?:(?:related|linked|github)[ \t]+)?(?:issue|ticket)s?(?:[ \t]+(?:number|link))?"
    rf"[*_]{{0,2}}[ \t]*:?[*_]{{0,2}}[ \t]*#{_NUMBER}[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_LEFT_KEYWORD = re.compile(
    rf"({_KEYWORD}[*_:\s]{{0,6}}\S{{0,80}}?(?:#|\bGH-))(?=\d)|({_KEYWORD}[*_:\s]{{0,6}}\S{{0,80}}?:)(?=//)",
    re.IGNORECASE,
)
_BREAK = "\u200b"
_LINK = "\0"
"""Stands for our link while the template is filled in."""


@dataclass(frozen=True)
class PullText:
    """What a pull request's description says, as Markdown. `missing` is what a person has to do first, "" for nothing;
    `about` what changed, and why; `link` the one line that closes the issue; `tests` how it was checked; `rest`
    everything else."""

    missing: str
    about: str
    link: str
    tests: str
    rest: str

    def alone(self) -> str:
        """Without a template."""
        return _joined(self.missing, self.link, self.about, self.tests, self.rest)


def template_paths() -> tuple[str, ...]:
    """Where GitHub looks for one, first what it prefers. It compares names without regard to their case."""
    return tuple(f"{folder}{name}{end}" for folder in _FOLDERS for name in _NAMES for end in _EXTENSIONS)


def template_of(paths: Collection[str]) -> str:
    """Which of a repository's files is its template, "" for none. Those in a folder are chosen by the address with
    which a person opens a pull request, so only one that is alone there counts."""
    by_name = {path.lower(): path for path in sorted(paths, reverse=True)}
    for path in template_paths():
        if found := by_name.get(path.lower()):
            return found
    for folder in _FOLDERS:
        inside = f"{folder}{_NAMES[0]}/"
        found_in = [
            name for name in by_name if name.startswith(inside) and "/" not in name.removeprefix(inside)
            and name.endswith(_EXTENSIONS)
        ]  # fmt: skip
        if found_in:
            return by_name[found_in[0]] if len(found_in) == 1 else ""
    return ""


def filled(template: str, text: PullText) -> str:
    """The whole description. A template that nobody can read is left out."""
    if len(template) > _LARGEST or "\0" in template or "\ufffd" in template:
        return text.alone()
    own = _without_comments(template.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff"))
    own = _TICKED.sub(r"\1 \2", own).strip()
    if not own:
        return text.alone()
    own = _with_link(own)
    parts, linked = _parts(own), _LINK in own
    if not linked and (issue := _first(parts, "issue")):
        issue.body[:0], linked = ["", _LINK, ""], True
    about, tests = _first(parts, "about"), _first(parts, "tests")
    said = "" if linked else _LINK
    if tests:
        tests.fill(text.tests)
    if about:
        about.fill(_joined(said, text.about, "" if tests else text.tests))
    below = "\n".join(line for part in parts for line in (*part.heading, *part.body))
    if not about:
        below = _joined(said, text.about, "" if tests else text.tests, "---", below)
    return _joined(text.missing, below, text.rest).replace(_LINK, text.link)


@dataclass
class _TemplatePart:
    """A heading of the template, and what is below it. `kind` is `about`, `tests`, `issue` or ""."""

    kind: str
    heading: list[str]
    body: list[str]

    def fill(self, text: str) -> None:
        """Our text first; what only says how to write it goes."""
        kept = [one for one in _paragraphs(self.body) if _LINK in "".join(one) or not _INSTRUCTION.match(one[0])]
        rest = [line for one in kept for line in (*one, "")]
        self.body = ["", *text.split("\n"), "", *rest]


def _paragraphs(lines: Sequence[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [one for one in found if one]


def _parts(template: str) -> list[_TemplatePart]:
    """The first one is what is above the first heading."""
    parts, lines, at, fenced = [_TemplatePart("", [], [])], template.split("\n"), 0, False
    while at < len(lines):
        fenced ^= bool(_FENCE.match(lines[at]))
        heading = [] if fenced else _heading(lines[at : at + 2])
        if heading:
            parts.append(_TemplatePart(_kind(heading[0]), heading, []))
        else:
            parts[-1].body.append(lines[at])
        at += len(heading) or 1
    return parts


def _heading(lines: Sequence[str]) -> list[str]:
    """The one or two lines of a heading that begins here."""
    if _HEADING.fullmatch(lines[0]):
        return [lines[0]]
    if len(lines) == 2 and _UNDERLINE.fullmatch(lines[1]) and re.match(r" {0,3}[^\W_]", lines[0]):
        return list(lines)
    return []


def _kind(heading: str) -> str:
    heading = heading.replace("_", " ")
    if re.search(r"\b(?:issues?|tickets?)\b", heading, re.IGNORECASE):
        return "issue"
    if _NEITHER.search(heading):
        return ""
    return "tests" if _TESTS.search(heading) else "about" if _ABOUT.search(heading) else ""


def _first(parts: Sequence[_TemplatePart], kind: str) -> _TemplatePart | None:
    return next((part for part in parts if part.kind == kind), None)


def _without_comments(text: str) -> str:
    """Also those that are there only once others are gone; one without an end hides everything after it."""
    while (shorter := _COMMENT.sub("", text)) != text:
        text = shorter
    return text


def _with_link(template: str) -> str:
    """Our link in place of the first placeholder for one; nothing else in it closes an issue."""
    shown = _FENCED.sub(lambda block: _PLACEHOLDER.sub(_broken, block[0]), template)
    first, *more = _PLACEHOLDER.sub(_LINK, shown).split(_LINK)
    own = first + (f"{_LINK}{''.join(more)}" if more else "")
    return _LEFT_KEYWORD.sub(lambda found: f"{found[0]}{_BREAK}", own)


def _broken(placeholder: re.Match[str]) -> str:
    """One that is code, and no place for our link."""
    return placeholder[0].replace("#", f"{_BREAK}#{_BREAK}")


def _joined(*parts: str) -> str:
    """With one empty line between them."""
    whole = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    return re.sub(r"\n{3,}", "\n\n", whole)
