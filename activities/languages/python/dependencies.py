"""What a Python project declares that it needs: groups, extras, the tables of poetry, pdm and pipenv, requirements."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from activities.languages.python.config import has_table, section, toml_table
from activities.languages.python.layout import real_names
from activities.languages.python.pipfile import pipfile_requirements
from activities.languages.python.setup_script import setup_table, setup_texts
from activities.tooling import Project

_MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py", "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")
_PIPFILES = ("Pipfile", "Pipfile.lock")
_MOST_NAMES = 1000
_FOR_CHECKS = re.compile(
    r"dev|develop|development|tests?|testing|lint|linting|typing|types|typecheck|mypy|checks?|qa|ci|bench|benchmarks?"
    r"|coverage|cov"
)

_USUAL = re.compile(
    r"(?:requirements(?:[-_.](?:dev|develop|development|test|tests|testing|lint|ci))?"
    r"|(?:dev|test|tests|testing)[-_.]requirements)\.(?:txt|in)"
)
_FOLDERS = (".", "requirements", "tests", "test")
_IN_FOLDER = re.compile(r"(?:base|main|dev|develop|development|test|tests|testing|lint|ci)\.txt")
_INCLUDE = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]*(\S+)")
_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_MOST = 30


def for_checks(name: str) -> bool:
    """Whether a group or extra of this name is what tests and linters need."""
    return any(_FOR_CHECKS.fullmatch(part) for part in canonicalize_name(name).split("-"))


def group_names(project: Project) -> frozenset[str]:
    """The names of all groups that the project declares, whatever they are for."""
    return frozenset((*toml_table(project, "dependency-groups"), *groups(project)))


def groups(project: Project, also: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """PEP 735 groups that checks need, and those named in `also`, with their includes resolved, and poetry's, pdm's and
    uv's older tables of the same kind."""
    listed = toml_table(project, "dependency-groups")
    by_name = {canonicalize_name(name): entries for name, entries in listed.items()}
    found = {name: tuple(_group(by_name, name)) for name in listed if for_checks(name) or name in also}
    for name, entries in toml_table(project, "tool.pdm.dev-dependencies").items():
        found.setdefault(name, tuple(_texts(entries)))
    for name, part in toml_table(project, "tool.poetry.group").items():
        found.setdefault(name, tuple(_poetry(part.get("dependencies") if isinstance(part, dict) else None)))
    found.setdefault("dev", ())
    old = (
        *_poetry(toml_table(project, "tool.poetry").get("dev-dependencies")),
        *_texts(toml_table(project, "tool.uv").get("dev-dependencies")),
    )
    return {**found, "dev": (*found["dev"], *old)}


def extras(project: Project) -> dict[str, tuple[str, ...]]:
    """Extras of pyproject.toml, else of setup.cfg, else of setup.py."""
    listed = toml_table(project, "project").get("optional-dependencies") or toml_table(project, "tool.poetry.extras")
    if listed and isinstance(listed, dict):
        return {name: tuple(_texts(entries)) for name, entries in listed.items()}
    if found := section(project, "setup.cfg", "options.extras_require"):
        return {name: tuple(line for line in value.splitlines() if line.strip()) for name, value in found.items()}
    return setup_table(project, "extras_require")


def dependencies(project: Project) -> tuple[str, ...]:
    """What the project itself needs to run, as far as it says so without being built."""
    listed = tuple(_texts(toml_table(project, "project").get("dependencies")))
    poetry = tuple(_poetry(toml_table(project, "tool.poetry").get("dependencies")))
    return listed or poetry or _of_setuptools(project, "install_requires") or pipfile_requirements(project, "packages")


def required_by_tests(project: Project) -> tuple[str, ...]:
    """What setuptools' old key of that name asks for."""
    return _of_setuptools(project, "tests_require")


def _of_setuptools(project: Project, key: str) -> tuple[str, ...]:
    """The requirements of a key of setup.cfg, else of setup.py."""
    lines = (section(project, "setup.cfg", "options") or {}).get(key, "").splitlines()
    return tuple(line.strip() for line in lines if line.strip()) or setup_texts(project, key)


def needed_names(project: Project) -> frozenset[str]:
    """Canonical names of everything that the project declares: to run, for its extras, and in all its groups."""
    listed = toml_table(project, "dependency-groups")
    others = (pipfile_requirements(project, "dev-packages"), required_by_tests(project))
    parts = (dependencies(project), *extras(project).values(), *groups(project, tuple(listed)).values(), *others)
    parsed = (_parsed(line) for part in parts for line in part)
    return frozenset(canonicalize_name(requirement.name) for requirement in parsed if requirement)


def declared(project: Project) -> dict[str, str]:
    """Canonical name → where it is declared for development ("dependency group dev")."""
    found: dict[str, str] = {}
    for kind, parts in (("dependency group", groups(project)), ("extra", extras(project))):
        for name, lines in parts.items():
            if for_checks(name):
                _note(found, lines, f"{kind} {name}")
    _note(found, pipfile_requirements(project, "dev-packages"), "dev-packages of Pipfile")
    _note(found, required_by_tests(project), "tests_require")
    for file in with_includes(project, requirements_files(project)):
        names = (match[1] for line in project.read(file).splitlines() if (match := _NAME.match(line)))
        _note(found, tuple(islice(names, _MOST_NAMES)), file)
    return found


def requirements_files(project: Project) -> tuple[str, ...]:
    """The files that install what the project and its tests need, relative to it. `x.in` only without `x.txt`."""
    names = []
    for folder in _FOLDERS:
        for file in real_names(project, folder):
            usual = _USUAL.fullmatch(file) or (folder == "requirements" and _IN_FOLDER.fullmatch(file))
            if usual and project.has_file(f"{folder}/{file}"):
                names.append(posixpath.normpath(f"{folder}/{file}"))
    return tuple(sorted(name for name in names if not (name.endswith(".in") and name[:-3] + ".txt" in names)))


def with_includes(project: Project, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those files and all that they include by `-r` and `-c`, as far as it lies inside the project."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting and len(found) < _MOST:
        name = waiting.pop(0)
        if name in found or name.startswith(("../", "/")):
            continue
        found[name] = None
        matches = (_INCLUDE.match(line) for line in project.read(name).splitlines())
        folder = posixpath.dirname(name)
        waiting += [posixpath.normpath(posixpath.join(folder, match[1])) for match in matches if match]
    return tuple(found)


def named_in_manifests(project: Project, package: str) -> tuple[str, int]:
    """(file, line) that names a package first: requirements, then manifests, then lock files; the manifest's whole
    file (line 0) for a package that no file names."""
    files = (*with_includes(project, requirements_files(project)), *_MANIFESTS, *_PIPFILES)
    there = [name for name in files if project.has_file(name)]
    parts = re.split(r"[-_.]+", canonicalize_name(package))
    named = re.compile(rf"(?<![\w.-]){'[-_.]+'.join(map(re.escape, parts))}(?![\w-])", re.IGNORECASE)
    for name in there:
        text = project.read(name)
        if match := named.search(text):
            return name, text.count("\n", 0, match.start()) + 1
    return (there[0] if there else "pyproject.toml"), 0


def project_name(project: Project) -> str:
    """The canonical name of the project's own distribution, "" where it does not say."""
    listed = toml_table(project, "project").get("name") or toml_table(project, "tool.poetry").get("name")
    name = listed or (section(project, "setup.cfg", "metadata") or {}).get("name", "")
    name = name or next(iter(setup_texts(project, "name")), "")
    return canonicalize_name(name) if isinstance(name, str) else ""


def is_package(project: Project) -> bool:
    """Whether there is something to build and install besides dependencies."""
    if toml_table(project, "tool.uv").get("package") is False:
        return False
    if toml_table(project, "tool.poetry").get("package-mode") is False:
        return False
    names = ("project", "build-system")
    return (
        any(toml_table(project, name) for name in names)
        or has_table(project, "poetry.name")
        or project.has_file("setup.py")
        or section(project, "setup.cfg", "metadata") is not None
    )


def valid(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines that are PEP 508 requirements; an installer accepts no others."""
    return tuple(line for line in lines if _parsed(line))


def _group(by_name: Mapping[NormalizedName, Any], name: str) -> Iterator[str]:
    """Each group once, however often and in whatever circle groups include one another."""
    waiting, seen = [canonicalize_name(name)], set[str]()
    while waiting:
        key = waiting.pop(0)
        entries = by_name.get(key)
        if key in seen or not isinstance(entries, list):
            continue
        seen.add(key)
        for entry in entries:
            if isinstance(entry, str):
                yield entry
            elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
                waiting.append(canonicalize_name(entry["include-group"]))


def _poetry(part: object) -> Iterator[str]:
    """Poetry's `name = "^1.2"`: the name alone, since its constraints are its own language (its lock file decides)."""
    for name in part if isinstance(part, dict) else ():
        if name != "python":
            yield name


def _texts(entries: object) -> Iterator[str]:
    yield from (entry for entry in (entries if isinstance(entries, list) else ()) if isinstance(entry, str))


def _note(found: dict[str, str], lines: tuple[str, ...], where: str) -> None:
    for line in lines:
        if requirement := _parsed(line):
            found.setdefault(canonicalize_name(requirement.name), where)


def _parsed(line: str) -> Requirement | None:
    try:
        return Requirement(line.strip())
    except (ValueError, RecursionError):  # InvalidRequirement, a number too long for Python, endless parentheses
        return None
