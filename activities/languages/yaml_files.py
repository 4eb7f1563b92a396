"""YAML that a repository wrote, as CI and pre-commit have it."""

from functools import lru_cache

import yaml

_LARGEST = 100_000
"""Characters; YAML in Python is slow, and an honest file is short."""


class _Lenient(yaml.SafeLoader):
    """Tags of CI's own (`!reference`) stand for nothing."""


_Lenient.add_constructor(None, lambda loader, node: None)


@lru_cache(maxsize=64)
def read_yaml(text: str) -> object:
    """What it holds, None for what is no YAML. To be read, never changed; with aliases a short text can hold millions
    of entries."""
    try:
        return yaml.load(text, _Lenient) if len(text) < _LARGEST else None  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError):
        return None  # PyYAML leaves `!!bool x` or `!!timestamp x` to whatever Python raises
