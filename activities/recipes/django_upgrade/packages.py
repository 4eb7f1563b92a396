"""What a project requires of Django, its classifiers, and what else names older versions."""

import re
from collections.abc import Iterator

from activities.migration.python.places import Edit, Place, removals, renewed, replaced
from activities.migration.python.requirements import Requirement, change_ranges
from activities.migration.python.script_places import call_places
from activities.migration.python.toml_places import toml_places
from activities.migration.python.versions import raise_list
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover

_CLASSIFIER = re.compile(r"Framework :: Django :: (\d)\.(\d)")
_FACTOR = re.compile(r"\b(?:django|dj)[-_ ]?(?:version)?[^\r\n]{0,40}?(?<![\d.])(\d)\.?(\d)(?![\d.])", re.IGNORECASE)
_CLAUSE = re.compile(
    r"(~=|===|==|!=|>=|<=|>|<|\^|~|)\s*(\d{1,4}(?:\.\d{1,4}){0,3})(?:\.?(?:a|b|rc|dev|post)\d*)?(\.\*)?"
)


def lowest(text: str) -> tuple[int, int] | None:
    """The lowest version of a range, None where it names none."""
    for match in _CLAUSE.finditer(text):
        if match[1] in (">=", "==", "~=", "^", "~", "===", ">", ""):
            numbers = [int(part) for part in match[2].split(".")]
            return numbers[0], numbers[1] if len(numbers) > 1 else 0
    return None


def raise_requirements(tree: SourceTree, to: str) -> Iterator[Leftover]:
    major, minor = map(int, to.split("."))
    yield from change_ranges(tree, ("django",), lambda each: raised(each, major, minor))
    for path in tree.named("pyproject.toml", "setup.py", "setup.cfg"):
        text = tree.read(path)
        if text is not None and "Framework :: Django ::" in text:
            tree.write(path, replaced(text, _classifiers(path, text, major * 10 + minor)))
    for path in tree.named("tox.ini", "*.yml", "*.yaml"):
        if path.endswith("tox.ini") or ".github/workflows/" in path:
            yield from _rows(path, tree.read(path) or "", major * 10 + minor)


def raised(requirement: Requirement, major: int, minor: int) -> str | None:
    """The new range in the style of the old one; None where it is that high already."""
    old = requirement.range
    found = lowest(old)
    if found and found >= (major, minor):
        return None
    if not old.strip() or old.strip() == "*":
        return f">={major}.{minor}"
    clauses = [part for part in old.split(",") if not part.strip().startswith("!=")]
    new = [_clause(part, major, minor) for part in clauses]
    if not found:
        new.insert(0, f">={major}.{minor}")
    return ",".join(new) if None not in new else None


def _clause(text: str, major: int, minor: int) -> str:
    match = _CLAUSE.search(text)
    if not match:
        return text
    sign, numbers, star = match[1], [int(part) for part in match[2].split(".")], match[3] or ""
    if sign in ("<", "<="):
        if (numbers[0], numbers[1] if len(numbers) > 1 else 0) > (major, minor):
            return text
        of_minor = len(numbers) > 1 and numbers[1] != 0
        upper = f"{major}.{minor + 1}" if of_minor else f"{major + 1}.0" if len(numbers) > 1 else f"{major + 1}"
        return text[: match.start()] + f"<{upper}" + text[match.end() :]
    new = f"{major}.{minor}"
    if sign in ("==", "===", ""):
        sign, star = sign[:2], ".*"
    elif sign == ">":
        sign = ">="
    elif sign in ("~=", "~") and len(numbers) > 2:
        new += ".0"
    space = re.match(r"\s*", match[0][len(match[1]) :])
    return text[: match.start()] + sign + (space[0] if space else "") + new + star + text[match.end() :]


def _classifiers(path: str, text: str, wanted: int) -> list[Edit]:
    if path.endswith("setup.cfg"):
        places = [
            Place((), match.start(), match.end(), match[0])
            for match in re.finditer(r"Framework :: Django :: \d\.\d", text)
        ]
    else:
        found = (toml_places(text) if path.endswith(".toml") else call_places(text, "setup")) or []
        places = [each for each in found if "classifiers" in each.keys and each.kind == "text"]
    matches = [_CLASSIFIER.fullmatch(each.value.strip()) for each in places]
    raised_to = raise_list([int(match[1] + match[2]) if match else None for match in matches], wanted)
    edits: list[Edit] = []
    for index in raised_to.change:
        new = f"Framework :: Django :: {wanted // 10}.{wanted % 10}"
        in_ini = path.endswith("setup.cfg")
        place = places[index]
        edits.append((place.start, place.end, new) if in_ini else renewed(text, place, new))
    return [*edits, *removals(text, places, [places[index] for index in raised_to.drop])]


def _rows(path: str, text: str, wanted: int) -> Iterator[Leftover]:
    for number, line in enumerate(text.splitlines(), 1):
        if ("jango" not in line and "dj" not in line) or line.lstrip().startswith("#") or len(line) > 500:
            continue
        old = [found for found in _FACTOR.finditer(line) if 10 < int(found[1] + found[2]) < wanted]
        if old:
            version = f"{old[0][1]}.{old[0][2]}"
            fix = f"Name Django {wanted // 10}.{wanted % 10}, or remove it."
            yield Leftover(path, number, f"It still names Django {version}.", fix)
