"""What a configuration file says, as rows: path of keys → value, lists as sets of short texts. Pure."""

import contextlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final

from activities.languages.ini_files import read_ini
from activities.languages.yaml_files import read_yaml
from activities.patch_checks.masks import masked

Value = str | int | float | bool | frozenset[str] | None
Rows = Mapping[str, Value]

_LARGEST: Final = 500_000
_MOST_ROWS: Final = 5_000
_DEEPEST: Final = 12
_INI: Final = (
    "setup.cfg",
    "tox.ini",
    ".flake8",
    ".coveragerc",
    ".pylintrc",
    "pylintrc",
    ".bandit",
    ".isort.cfg",
    ".pycodestyle",
)
_JSON: Final = (".eslintrc", ".nycrc", ".c8rc", ".babelrc", ".mocharc", ".prettierrc", ".jshintrc")
_LINES: Final = (
    ".eslintignore",
    ".prettierignore",
    ".stylelintignore",
    ".gitleaksignore",
    ".trivyignore",
    ".dockerignore",
)


def rows_of(path: str, text: str) -> Rows | None:
    """None for what cannot be read, or is code."""
    name = PurePosixPath(path).name
    if len(text) > _LARGEST:
        return None
    if not text.strip():
        return {}
    try:
        body = _body(name, text)
    except (ValueError, RecursionError):
        return None
    if body is None:
        return None
    found: dict[str, Value] = {}
    for key, value in _rows(body, "", _DEEPEST):
        found[key] = value
        if len(found) > _MOST_ROWS:
            return None
    return found


def _body(name: str, text: str) -> object:
    plain = text.removeprefix("\ufeff")
    if name in _LINES:
        return {"ignored": [line.strip() for line in plain.splitlines() if line.strip() and not line.startswith("#")]}
    if name.endswith(".toml") or name == "Pipfile":
        return tomllib.loads(plain)
    if name.endswith((".ini", ".cfg", ".properties")) or name in _INI:
        return read_ini(plain, allow_no_value=True)
    if name.endswith((".yml", ".yaml")):
        return read_yaml(plain)
    if name.endswith((".json", ".json5", ".jsonc", ".baseline")) or name in _JSON:
        return _lenient(plain)
    return None


def _lenient(text: str) -> object:
    """JSON, also with comments and commas at the ends; YAML is what is left for a file without an ending."""
    with contextlib.suppress(ValueError):
        return json.loads(text)
    mask = masked(text, "javascript")
    plain = "".join(char if kept != " " or char.isspace() else " " for char, kept in zip(text, mask, strict=True))
    try:
        return json.loads(re.sub(r",(?=\s*[}\]])", "", plain))
    except ValueError:
        return read_yaml(text)


def _rows(value: object, prefix: str, depth: int) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Mapping) and depth:
        for key, inside in value.items():
            yield from _rows(inside, f"{prefix}.{key}" if prefix else str(key), depth - 1)
    elif isinstance(value, list):
        if prefix.rpartition(".")[0].endswith("rules") and value and not isinstance(value[0], Mapping | list):
            yield prefix, str(value[0])  # a rule of ESLint: its severity comes first
            return
        yield prefix, frozenset(_item(each) for each in value)
        for each in value:
            if isinstance(each, Mapping) and depth:
                named = (
                    each.get("id")
                    or each.get("repo")
                    or each.get("name")
                    or each.get("module")
                    or each.get("files")
                    or ""
                )
                yield from _rows(each, f"{prefix}[{str(named)[:80]}]", depth - 1)
    elif isinstance(value, str) and "\n" in value.strip():
        yield prefix, frozenset(line.strip() for line in value.splitlines() if line.strip())
    elif isinstance(value, str | int | float | bool) or value is None:
        yield prefix, value
    else:
        yield prefix, str(value)


def _item(value: object) -> str:
    if isinstance(value, Mapping):
        named = value.get("id") or value.get("repo") or value.get("name") or value.get("module")
        if named:
            return str(named)[:200]
    return json.dumps(value, sort_keys=True, default=str)[:300] if isinstance(value, Mapping | list) else str(value)
