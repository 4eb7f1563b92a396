"""What a project requires of pydantic, and of the packages that parts of it moved to."""

import re
from collections.abc import Iterator

from activities.migration.python.places import Edit, line_of, replaced
from activities.migration.python.requirements import Requirement, requirements
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover

_PIN = "2.12.5"
_COMPANIONS = {
    "pydantic-settings": ("2", re.compile(rb"\bBaseSettings\b")),
    "pydantic-extra-types": (
        "2",
        re.compile(rb"from pydantic(?:\.\w+)? import [^\n]*\b(?:Color|PaymentCardNumber)\b|pydantic_extra_types"),
    ),
}
"""Package → its lowest version, and what in code needs it."""


def upgrade_range(requirement: Requirement) -> str | None:
    """pydantic's new range in the style of the old one; None where it is 2 already."""
    old = requirement.range.strip()
    if re.search(r"(?:>=|==|~=|\^)\s*2", old):
        return None
    return _range(requirement, "2", _PIN)


def _range(requirement: Requirement, major: str, pin: str) -> str:
    old = requirement.range.strip()
    if requirement.style == "poetry" or old.startswith("^"):
        return pin if re.fullmatch(r"=*\d[\d.]*", old) else f"^{major}.0"
    if re.fullmatch(r"={2,3}\s*[\d.]+", old):
        return f"=={pin}"
    if old in ("", "*"):
        return f">={major}"
    comma = ", " if ", " in old else ","
    return f">={major}{comma}<{int(major) + 1}"


def add_companions(tree: SourceTree) -> Iterator[Leftover]:
    """pydantic-settings and pydantic-extra-types beside pydantic, where code needs them."""
    code = [data for path in tree.named("*.py") if (data := tree.content(path)) and b"pydantic" in data]
    for name, (major, needed) in _COMPANIONS.items():
        if not any(needed.search(data) for data in code):
            continue
        if any(True for _ in requirements(tree, name)):
            continue
        places = [each for each in requirements(tree, "pydantic") if "constraint" not in each.file]
        if not places:
            fix = f"Require {name}>={major}."
            yield Leftover(
                ".", 0, f"The code needs {name} now, and no manifest was found that requires pydantic.", fix, True
            )
        edits: dict[str, list[Edit]] = {}
        for each in places:
            some = _beside(tree.read(each.file) or "", each, name, major)
            if not some:
                line = line_of(tree.read(each.file) or "", each.start)
                yield Leftover(each.file, line, f"The code needs {name} now.", f"Require {name}>={major} here.", True)
            else:
                edits.setdefault(each.file, []).extend(some)
        for path, changes in edits.items():
            tree.write(path, replaced(tree.read(path) or "", changes))


def _beside(text: str, each: Requirement, name: str, major: str) -> list[Edit]:
    """A line or an element like pydantic's own, after it; nothing where that is not seen."""
    start = max(text.rfind("\n", 0, each.start), text.rfind("\r", 0, each.start)) + 1
    match = re.compile(r"[^\r\n]*").match(text, each.end)
    end = match.end() if match else each.end
    line = text[start:end]
    newline = "\r\n" if text.startswith("\r\n", end) else "\n"
    indent = line[: len(line) - len(line.lstrip())]
    if each.style in ("poetry", "pipenv"):
        value = f"^{major}.0" if each.style == "poetry" else f">={major}"
        simple = re.match(r"\s*pydantic\s*=", line)
        return [(end, end, f'{newline}{indent}{name} = "{value}"')] if simple else []
    if re.fullmatch(r"\s*pydantic\b[^\"'\[]*(?:\[[^\]\"']*\])?[^\"']*", line):  # a line of requirements, of setup.cfg
        return [(end, end, f"{newline}{indent}{name}>={major}")]
    quoted = re.fullmatch(r"\s*([\"'])pydantic[^\"']*\1(\s*,?)\s*(?:#.*)?", line)
    if quoted:
        new = f"{newline}{indent}{quoted[1]}{name}>={major}{quoted[1]}"
        if quoted[2].strip():
            return [(end, end, f"{new},")]
        close = text.index(quoted[1], each.end) + 1
        return [(close, close, ","), (end, end, new)]
    quote = text[text.rfind("pydantic", 0, each.start + 1) - 1] if each.start else ""
    if quote in ("'", '"') and (close := text.find(quote, each.end)) >= 0:
        return [(close + 1, close + 1, f", {quote}{name}>={major}{quote}")]
    return []
