"""What another version of the configuration changes, key by key."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from activities.model import ConfigChange
from activities.repo_config.models import RepoConfig
from activities.reporting.wording import shortened

_LONGEST = 120
_BEFORE = 20
"""So many characters of a long value are shown before its first difference."""


def changes(before: RepoConfig, after: RepoConfig) -> list[ConfigChange]:
    """In the order of the keys; nothing where only comments and the writing differ."""
    old, new = dict(_settings(before)), dict(_settings(after))
    keys = list(dict.fromkeys((*old, *new)))
    return [_change(key, old.get(key, ""), new.get(key, "")) for key in keys if old.get(key, "") != new.get(key, "")]


def _change(key: str, old: str, new: str) -> ConfigChange:
    """Of long values, the part where they begin to differ: what is cut off must not hide the change."""
    first = next((index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, first - _BEFORE) if max(len(old), len(new)) > _LONGEST else 0
    return ConfigChange(shortened(key, _LONGEST), _part(old, start), _part(new, start))


def _part(text: str, start: int) -> str:
    end = start + _LONGEST
    return f"{'…' if start and text else ''}{text[start:end]}{'…' if len(text) > end else ''}"


def _settings(config: RepoConfig) -> Iterator[tuple[str, str]]:
    """Every key with its value as text."""
    values = config.model_dump(mode="json")
    values["projects"] = {project["folder"]: project for project in values["projects"]}
    return _flat("", values)


def _flat(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", _text(value)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
