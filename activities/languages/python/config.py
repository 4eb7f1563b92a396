"""What a Python project's own files say about the tools it uses; read on the host, without running anything.

Every file here is untrusted: one that cannot be read counts as empty, since the tool itself reports it better.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from activities.languages.ini_files import read_ini
from activities.languages.yaml_files import read_yaml
from activities.tooling import Project

_LARGEST_TOML = 2_000_000
_LARGEST_INI = 500_000
_FROZEN = re.compile(r"""^\s*(?:-\s+)?rev:\s*["']?([0-9a-f]{40})["']?\s+#\s*(?:frozen:\s*)?(v?\d\S*)""", re.MULTILINE)
_MOST_HOOKS = 200
"""Hooks of one repository, and repositories: with aliases a short file can list millions."""


def pyproject(project: Project) -> dict[str, Any]:
    """pyproject.toml, {} where it is missing, broken or absurdly large. To be read, never changed."""
    return toml(project.read("pyproject.toml"))


@lru_cache(maxsize=64)
def toml(text: str) -> dict[str, Any]:
    """A TOML file's tables, {} for what is none. Kept, since every tool asks for the same few files."""
    try:
        return tomllib.loads(text) if len(text) < _LARGEST_TOML else {}
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return {}


def broken(project: Project) -> str:
    """A sentence when pyproject.toml is there and cannot be parsed, "" otherwise."""
    try:
        tomllib.loads(project.read("pyproject.toml")[:_LARGEST_TOML])
    except (RecursionError, ValueError) as error:
        return f"pyproject.toml is not valid TOML: {str(error)[:200]}."
    return ""


def has_table(project: Project, name: str) -> bool:
    """`name` is below `tool` and may be dotted: `coverage.run`."""
    found: object = pyproject(project).get("tool")
    for part in name.split("."):
        if not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return True


def toml_table(project: Project, name: str) -> dict[str, Any]:
    """A dotted table of pyproject.toml from its root (`tool.pytest.ini_options`), {} where there is none."""
    found: object = pyproject(project)
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def section(project: Project, file: str, name: str) -> Mapping[str, str] | None:
    """A section of an ini file (setup.cfg, tox.ini, .flake8), None where there is none."""
    text = project.read(file)
    if f"[{name}" not in text or len(text) > _LARGEST_INI:
        return None
    return (read_ini(text) or {}).get(name)


def hooks(project: Project) -> dict[str, str]:
    """Hook id → the revision of its repository, of .pre-commit-config.yaml; of a commit the tag that the comment
    behind it names, as `pre-commit autoupdate --freeze` writes it."""
    return _hooks(project.read(".pre-commit-config.yaml"))


@lru_cache(maxsize=64)
def _hooks(text: str) -> dict[str, str]:
    config = read_yaml(text)
    found: dict[str, str] = {}
    tags = dict(_FROZEN.findall(text))
    for repo in _list(config, "repos")[:_MOST_HOOKS]:
        revision = repo.get("rev") if isinstance(repo, dict) else ""
        for hook in _list(repo, "hooks")[:_MOST_HOOKS]:
            if isinstance(hook, dict) and isinstance(hook.get("id"), str):
                found[hook["id"]] = tags.get(revision, revision) if isinstance(revision, str) else ""
    return found


def _list(value: object, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
