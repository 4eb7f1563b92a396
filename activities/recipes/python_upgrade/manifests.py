"""What manifests and tools' configuration say of Python's versions, raised by ranges."""

import json
import re
from collections.abc import Iterator

from activities.migration.python.places import Edit, Keys, Place, line_of, removals, renewed, replaced
from activities.migration.python.required_python import RANGES, required_python
from activities.migration.python.script_places import call_places
from activities.migration.python.toml_places import toml_places
from activities.migration.python.versions import asked_minor, named_minor, raise_list, raise_range, with_minor
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover
from activities.recipes.python_upgrade.ini_text import raise_ini

_TOML = ("pyproject.toml", "ruff.toml", ".ruff.toml", "Pipfile", "hatch.toml", "ty.toml", "tox.toml")
_INI = ("setup.cfg", "mypy.ini", ".mypy.ini", ".pylintrc", "pylintrc", ".isort.cfg")
MANIFESTS = (*_TOML, *_INI, "setup.py", "pyrightconfig.json")

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (?:3\.(\d+)|2(?:\.\d+)?(?: :: Only)?)")
_TARGETS = frozenset(
    (
        "target-version",
        "python_version",
        "pythonVersion",
        "python-version",
        "py-version",
        "py_version",
        "python_full_version",
    )
)
_LISTS = frozenset(("target-version", "target-versions", "env_list", "envlist", "python"))
_TOOLS_OF_TARGETS = frozenset(
    ("ruff", "black", "mypy", "pyright", "basedpyright", "pylint", "isort", "ty", "pyrefly", "hatch", "tox")
)


def raise_manifests(tree: SourceTree, to: str) -> Iterator[Leftover]:
    minor = asked_minor(to) or 0
    for path in tree.named(*MANIFESTS):
        text = tree.read(path)
        if text is None:
            continue
        name = path.rpartition("/")[2]
        if name in _TOML:
            new, left = _raised_toml(tree, path, text, minor)
        elif name in _INI:
            new, left = raise_ini(path, text, minor)
        elif name == "setup.py":
            new, left = _raised_script(tree, path, text, minor)
        else:
            new, left = _raised_json(path, text, minor)
        if new != text:
            tree.write(path, new)
        yield from left


def _raised_toml(tree: SourceTree, path: str, text: str, minor: int) -> tuple[str, list[Leftover]]:
    places = toml_places(text)
    if places is None:
        return text, [
            Leftover(
                path,
                0,
                "It is not valid TOML, so nothing in it was changed.",
                "Repair it, and run the migration again.",
            )
        ]
    edits: list[Edit] = []
    left: list[Leftover] = []
    for place in places:
        if place.keys in RANGES and place.kind == "text":
            edit, rows = raised_range(path, text, place, minor)
            edits += edit
            left += rows
        elif _is_target(path, place.keys) and place.kind != "list":
            named = int(place.value[1:]) if re.fullmatch(r"3\d{1,2}", place.value) else named_minor(place.value)
            if named is not None and named < minor:
                bare = re.fullmatch(r"3\d{1,2}", place.value)
                edits.append(renewed(text, place, f"3{minor}" if bare else with_minor(place.value, minor)))
    for elements in _lists(places):
        keys = elements[0].keys[:-1]
        if keys[-1] == "classifiers":
            edits += raised_classifiers(text, elements, minor)
        elif keys[-1] in _LISTS and _is_tool(path, keys):
            edits += raised_elements(text, elements, minor)
    if path.endswith("pyproject.toml"):
        edits += _new_requirement(places, text, minor)
        left += _other_rows(path, text, places, minor)
    return replaced(text, edits), left


def _is_tool(path: str, keys: Keys) -> bool:
    own = not path.endswith("pyproject.toml")
    return own or (len(keys) > 2 and keys[0] == "tool" and keys[1] in _TOOLS_OF_TARGETS)


def _is_target(path: str, keys: Keys) -> bool:
    if path.endswith("Pipfile"):
        return keys in (("requires", "python_version"), ("requires", "python_full_version"))
    in_hatch = keys[:3] == ("tool", "hatch", "envs") and keys[-1] == "python"
    return in_hatch or (keys[-1] in _TARGETS and _is_tool(path, keys))


def _lists(places: list[Place]) -> Iterator[list[Place]]:
    """The texts of each list."""
    found: dict[Keys, list[Place]] = {}
    for place in places:
        if place.keys and isinstance(place.keys[-1], int) and len(place.keys) > 1 and place.kind == "text":
            found.setdefault(place.keys[:-1], []).append(place)
    yield from found.values()


def raised_range(path: str, text: str, place: Place, minor: int) -> tuple[list[Edit], list[Leftover]]:
    new = raise_range(place.value, minor)
    line = line_of(text, place.start)
    if new is None:
        fix = f"Write a range that starts at 3.{minor}."
        return [], [Leftover(path, line, f"The range of Python versions {place.value!r} is not understood.", fix)]
    left = []
    if new.lifted:
        reason = f"{new.lifted} excluded Python 3.{minor}, so that bound was removed."
        left.append(
            Leftover(path, line, reason, "See whether what stood behind the bound holds with the newer Python.")
        )
    return ([] if new.text == place.value else [renewed(text, place, new.text)]), left


def raised_classifiers(text: str, elements: list[Place], minor: int) -> list[Edit]:
    minors = []
    for each in elements:
        match = _CLASSIFIER.fullmatch(each.value.strip())
        minors.append((int(match[1]) if match[1] else -1) if match else None)
    raised = raise_list(minors, minor)
    only_old_majors = all(minors[index] == -1 for index in (*raised.drop, *raised.change))
    change = () if only_old_majors else raised.change
    gone = [elements[index] for index in (*raised.drop, *(() if change else raised.change))]
    new = [renewed(text, elements[index], f"Programming Language :: Python :: 3.{minor}") for index in change]
    return [*removals(text, elements, gone), *new]


def raised_elements(text: str, elements: list[Place], minor: int) -> list[Edit]:
    """A list of versions: `py38`, `3.8`."""
    raised = raise_list([named_minor(each.value) for each in elements], minor)
    gone = [elements[index] for index in raised.drop]
    new = [renewed(text, elements[index], with_minor(elements[index].value, minor)) for index in raised.change]
    return [*removals(text, elements, gone), *new]


def _new_requirement(places: list[Place], text: str, minor: int) -> list[Edit]:
    """`requires-python` for a project that does not say it."""
    by_keys = {place.keys: place for place in places}
    dynamic = [place.value for place in places if place.keys[:2] == ("project", "dynamic")]
    if ("project", "requires-python") in by_keys or "requires-python" in dynamic:
        return []
    after = by_keys.get(("project", "version")) or by_keys.get(("project", "name"))
    if after is None or after.kind != "text":
        return []
    end = re.compile(r"[^\r\n]*").match(text, after.end)
    at = end.end() if end else after.end
    newline = "\r\n" if text.startswith("\r\n", at) else "\n"
    return [(at, at, f'{newline}requires-python = ">=3.{minor}"')]


def _other_rows(path: str, text: str, places: list[Place], minor: int) -> Iterator[Leftover]:
    for place in places:
        inside = place.keys[:2] == ("tool", "cibuildwheel") or place.keys == ("tool", "tox", "legacy_tox_ini")
        old = [match for match in re.findall(r"(?:cp|py)3(\d{1,2})", place.value) if int(match) < minor]
        if inside and old and "skip" not in place.keys:
            reason = f"It names Python 3.{old[0]}, which is below 3.{minor}."
            yield Leftover(
                path, line_of(text, place.start), reason, "Name only the versions that the project takes now."
            )


def _raised_script(tree: SourceTree, path: str, text: str, minor: int) -> tuple[str, list[Leftover]]:
    places = call_places(text, "setup")
    if places is None:
        return text, [
            Leftover(
                path, 0, "It does not parse, so nothing in it was changed.", "Repair it, and run the migration again."
            )
        ]
    edits: list[Edit] = []
    left: list[Leftover] = []
    said = [place for place in places if place.keys == ("python_requires",)]
    for place in said:
        edit, rows = raised_range(path, text, place, minor)
        edits += edit
        left += rows
    for elements in _lists(places):
        if elements[0].keys[:-1] == ("classifiers",):
            edits += raised_classifiers(text, elements, minor)
    if not said and places:
        edit, rows = _new_keyword(tree, path, text, places, minor)
        edits += edit
        left += rows
    return replaced(text, edits), left


def _new_keyword(
    tree: SourceTree, path: str, text: str, places: list[Place], minor: int
) -> tuple[list[Edit], list[Leftover]]:
    """`python_requires` for a script that does not say it, where no other file of its folder does."""
    folder = path.rpartition("/")[0]
    if any(other.rpartition("/")[0] == folder for other, _ in required_python(tree)):
        return [], []
    manifest = tree.read(f"{folder}/pyproject.toml" if folder else "pyproject.toml") or ""
    if re.search(r"^\[project\]", manifest, re.MULTILINE):
        return [], []
    if "python_requires" not in text:
        for place in places:
            line = re.compile(r"([ \t]+)(?:version|name)([ \t]*=[ \t]*)").match(
                text, text.rfind("\n", 0, place.start) + 1
            )
            after = re.compile(r",[ \t]*(?=\r?\n)").match(text, place.end)
            if place.keys in (("version",), ("name",)) and line and line.end() == place.start and after:
                newline = "\r\n" if text.startswith("\r\n", after.end()) else "\n"
                quote = text[place.end - 1]
                new = f"{newline}{line[1]}python_requires{line[2]}{quote}>=3.{minor}{quote},"
                return [(after.end(), after.end(), new)], []
    fix = f'Give setup() `python_requires=">=3.{minor}"`.'
    return [], [Leftover(path, 0, "What it requires of Python is not written here as a plain text.", fix)]


def _raised_json(path: str, text: str, minor: int) -> tuple[str, list[Leftover]]:
    """pyrightconfig.json, which may have comments."""
    match = re.search(r'"pythonVersion"\s*:\s*("3\.(\d{1,2})")', text)
    if not match or int(match[2]) >= minor:
        return text, []
    return replaced(text, [(*match.span(1), json.dumps(f"3.{minor}"))]), []
