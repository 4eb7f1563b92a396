"""pipenv's Pipfile and Pipfile.lock."""

import json
from collections.abc import Mapping

from activities.languages.python.config import toml
from activities.tooling import Project

_LARGEST = 5_000_000


def pipfile_requirements(project: Project, table: str) -> tuple[str, ...]:
    """`packages` or `dev-packages` as PEP 508 lines. What comes from a path or a repository has none."""
    listed = toml(project.read("Pipfile")).get(table)
    pairs = listed.items() if isinstance(listed, dict) else ()
    return tuple(line for name, value in pairs if (line := _requirement(name, value)))


def _requirement(name: str, value: object) -> str:
    extras, version, marker = "", value, ""
    if isinstance(value, dict):
        if not value.keys().isdisjoint(("path", "file", "git", "hg", "svn", "editable")):
            return ""
        names = value.get("extras")
        extras = f"[{','.join(map(str, names))}]" if isinstance(names, list) else ""
        version, marker = value.get("version", "*"), value.get("markers", "")
    if not isinstance(version, str):
        return ""
    specifier = "" if version.strip() == "*" else version
    return f"{name}{extras}{specifier}" + (f" ; {marker}" if isinstance(marker, str) and marker else "")


def pipfile_lock(project: Project) -> Mapping[str, str]:
    """Package → locked version, of both tables."""
    text = project.read("Pipfile.lock")
    try:
        tables = json.loads(text) if text and len(text) < _LARGEST else {}
    except (ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    for table in ("develop", "default"):
        listed = tables.get(table) if isinstance(tables, dict) else None
        for name, entry in (listed if isinstance(listed, dict) else {}).items():
            version = entry.get("version") if isinstance(entry, dict) else None
            if isinstance(version, str) and version.startswith("=="):
                found[name] = version.removeprefix("==")
    return found
