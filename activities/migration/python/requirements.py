"""Every place where a Python project says which versions of a package it takes, and edits of them."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from activities.migration.python.compiled import COMPILED, HEAD, compiled_files, stale
from activities.migration.python.places import Edit, Place, line_of, replaced
from activities.migration.python.script_places import call_places
from activities.migration.python.toml_places import toml_places
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover

MANIFESTS = (
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "Pipfile",
    "tox.ini",
    "*requirement*.txt",
    "*requirement*.in",
    "*constraint*.txt",
    "*.txt",
    "*.in",
)
"""Names of files that may hold requirements."""

_NAME = r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
_REQUIREMENT = re.compile(
    rf"\s*{_NAME}(?P<extras>\s*\[[^\]]*\])?\s*"
    r"(?P<range>\(?(?:(?:~=|===?|!=|<=|>=|<|>)\s*[^;#\s,()]+[ \t]*,?[ \t]*)*\)?)"
    r"(?P<rest>[ \t]*(?:;[^\r\n]*|\\|#[^\r\n]*|--hash[^\r\n]*)?)\s*"
)
_FACTOR = re.compile(r"\s*[\w{},.!-]+:\s+")
"""What tox installs for one environment is about that one's versions."""
_LINES = ("install_requires", "tests_require", "setup_requires", "requires", "deps")


@dataclass(frozen=True)
class Requirement:
    """One requirement: the range of its version in the file (empty where it has none), and that of the name."""

    file: str
    name: str
    start: int
    end: int
    range: str
    style: str
    rest: str = ""
    name_end: int = 0


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(tree: SourceTree, *names: str) -> Iterator[Requirement]:
    """Those of these packages, in all manifests."""
    wanted = {canonical(name) for name in names}
    for path in tree.named(*MANIFESTS):
        text = None if ".egg-info/" in path else tree.read(path)
        if text is not None and any(re.search(re.escape(name).replace("\\-", "[-_.]"), text, re.I) for name in wanted):
            yield from (each for each in _of_file(path, text) if canonical(each.name) in wanted)


def _of_file(path: str, text: str) -> Iterator[Requirement]:
    name = path.rpartition("/")[2]
    if name in ("pyproject.toml", "Pipfile"):
        yield from _of_toml(path, text)
    elif name == "setup.py":
        for place in call_places(text, "setup") or ():
            if place.keys[0] in ("install_requires", "extras_require", "tests_require", "setup_requires"):
                yield from _in_place(path, text, place)
    elif name in ("setup.cfg", "tox.ini"):
        yield from _of_ini(path, text)
    elif re.search(r"require|constraint|deps", name, re.I) or re.search(r"(^|/)(requirements|requires|deps)/", path):
        yield from _of_lines(path, text)


def _of_toml(path: str, text: str) -> Iterator[Requirement]:
    for place in toml_places(text) or ():
        match place.keys:
            case ("project", "dependencies", int()) | ("project", "optional-dependencies", str(), int()):
                yield from _in_place(path, text, place)
            case ("dependency-groups", str(), int()) | ("tool", "pdm", "dev-dependencies", str(), int()):
                yield from _in_place(path, text, place)
            case ("tool", "uv", "dev-dependencies" | "constraint-dependencies", int()):
                yield from _in_place(path, text, place)
            case ("tool", "hatch", "envs", str(), "dependencies" | "extra-dependencies", int()):
                yield from _in_place(path, text, place)
            case (
                ("tool", "poetry", "dependencies" | "dev-dependencies", str(package))
                | ("tool", "poetry", "dependencies" | "dev-dependencies", str(package), "version")
                | ("tool", "poetry", "group", str(), "dependencies", str(package))
                | ("tool", "poetry", "group", str(), "dependencies", str(package), "version")
            ) if place.kind == "text":
                yield Requirement(path, package, place.start + 1, place.end - 1, place.value, "poetry")
            case ("packages" | "dev-packages", str(package)) | (
                "packages" | "dev-packages",
                str(package),
                "version",
            ) if place.kind == "text" and path.endswith("Pipfile"):
                yield Requirement(path, package, place.start + 1, place.end - 1, place.value, "pipenv")


def _in_place(path: str, text: str, place: Place) -> Iterator[Requirement]:
    if place.kind != "text":
        return
    literal = text[place.start : place.end]
    body = place.start + (3 if literal[:3] in ('"""', "'''") else 1)
    if "\n" in literal:
        yield from _of_lines(path, text, body, place.end - 1)
    elif text[body : body + len(place.value)] == place.value:
        yield from _requirement(path, text, body, body + len(place.value))


def _of_ini(path: str, text: str) -> Iterator[Requirement]:
    """Lines below `install_requires =`, `deps =` and below the extras' section."""
    key, extras, at = "", False, 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        start, at = at, at + len(line)
        if stripped.startswith("["):
            key, extras = "", stripped == "[options.extras_require]"
        elif line[:1] not in " \t" and (match := re.match(r"([A-Za-z0-9_.-]+)\s*[=:]", line)):
            key = match[1] if extras or match[1] in _LINES else ""
            if key:
                yield from _requirement(path, text, start + match.end(), start + len(line.rstrip()))
        elif key and stripped and not stripped.startswith("#") and not _FACTOR.match(line):
            inner = start + len(line) - len(line.lstrip())
            yield from _requirement(path, text, inner, start + len(line.rstrip()))


def _of_lines(path: str, text: str, start: int = 0, end: int | None = None) -> Iterator[Requirement]:
    at = start
    for line in text[start : len(text) if end is None else end].splitlines(keepends=True):
        stripped = line.strip()
        if stripped and not stripped.startswith(("#", "-")):
            yield from _requirement(path, text, at, at + len(line.rstrip()))
        at += len(line)


def _requirement(path: str, text: str, start: int, end: int) -> Iterator[Requirement]:
    part = text[start:end]
    if len(part) > 1000:
        return
    match = _REQUIREMENT.fullmatch(part.lstrip("\ufeff"))
    if match:
        start += len(part) - len(part.lstrip("\ufeff"))
        found = match["range"].rstrip()
        first = start + match.start("range")
        yield Requirement(
            path, match["name"], first, first + len(found), found, "pep508", match["rest"], start + match.end("name")
        )


def change_ranges(
    tree: SourceTree, names: Iterable[str], new: Callable[[Requirement], str | None]
) -> Iterator[Leftover]:
    """Gives the requirements of these packages new ranges (None: as it is). What another program wrote is a row, unless
    it is compiled from a changed file: that is done as lock files are."""
    edits: dict[str, list[Edit]] = {}
    compiled: list[Leftover] = []
    for each in requirements(tree, *names):
        wanted = new(each)
        if wanted is None or wanted == each.range:
            continue
        text = tree.read(each.file) or ""
        if "--hash" in each.rest or each.rest.strip() == "\\" or COMPILED.search(text[:HEAD]):
            reason = f"{each.name} is pinned here by a program that compiles the requirements."
            fix = f"Compile this file again, so that it has {each.name} {wanted}."
            compiled.append(Leftover(each.file, line_of(text, each.start), reason, fix, breaks_build=True))
            continue
        edits.setdefault(each.file, []).append((each.start, each.end, wanted))
    renewed = {file.path for file in stale(compiled_files(tree), edits)} if compiled else set()
    for path, changes in edits.items():
        tree.write(path, replaced(tree.read(path) or "", changes))
    yield from (row for row in compiled if row.file not in renewed)
