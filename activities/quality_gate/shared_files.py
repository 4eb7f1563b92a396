"""Which parts of a file that configures several tools differ between two versions of it."""

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from activities.languages.ini_files import read_ini
from activities.languages.yaml_files import read_yaml

PYPROJECT, PACKAGE_JSON, HOOKS = "pyproject.toml", "package.json", ".pre-commit-config.yaml"
SHARED = (PYPROJECT, "setup.cfg", "tox.ini", PACKAGE_JSON, HOOKS)
"""Files in which a tool's configuration is one part among others."""

UNREADABLE = "(unreadable)"
"""The one part of a file that cannot be read: another parser may read it."""

_DEEPEST_TABLE = 3

Texts = Mapping[str, tuple[str, str]]
"""Path of a shared file that a change touches → its text before and after, "" where it is not there."""


def is_shared(path: str) -> bool:
    return PurePosixPath(path).name in SHARED


def changed_sections(path: str, texts: Texts) -> set[str]:
    """The names of the parts that differ: tables of pyproject.toml (dotted, three levels), sections of an ini file,
    keys of package.json, ids of pre-commit hooks. A file without texts counts as unreadable."""
    if path not in texts:
        return {UNREADABLE}
    before, after = (_sections(PurePosixPath(path).name, text) for text in texts[path])
    return {section for section in {*before, *after} if before.get(section) != after.get(section)}


def _sections(name: str, text: str) -> Mapping[str, object]:
    try:
        if name == PYPROJECT:
            return dict(_tables(tomllib.loads(text)))
        if name == PACKAGE_JSON:
            body = json.loads(text.removeprefix("\ufeff") or "{}")
            return body if isinstance(body, dict) else {UNREADABLE: text}
        if name == HOOKS:
            return _hooks(text)
        sections = read_ini(text)
        return {UNREADABLE: text} if sections is None else sections
    except (ValueError, RecursionError):
        return {UNREADABLE: text}


def _tables(table: Mapping[str, object], prefix: str = "", depth: int = _DEEPEST_TABLE) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        yield prefix + name, value
        if isinstance(value, dict) and depth > 1:
            yield from _tables(value, f"{prefix}{name}.", depth - 1)


def _hooks(text: str) -> Mapping[str, object]:
    """Hook id → its settings with those of its repository, the revision above all."""
    config = read_yaml(text)
    repos = config.get("repos") if isinstance(config, dict) else None
    if not isinstance(repos, list):
        return {UNREADABLE: text} if text.strip() else {}
    found: defaultdict[str, list[object]] = defaultdict(list)
    for repo in repos:
        hooks = repo.get("hooks") if isinstance(repo, dict) else None
        for hook in hooks if isinstance(hooks, list) else ():
            if isinstance(hook, dict):
                found[str(hook.get("id"))].append((repo.get("repo"), repo.get("rev"), hook))
    return found
