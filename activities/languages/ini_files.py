"""Ini files that a repository wrote (setup.cfg, tox.ini), read on the host."""

import configparser
import re
from collections.abc import Mapping

_BLANKS = re.compile(r"[^\S\n]{200,}")
"""Python's parser takes the square of their number."""


def read_ini(text: str, *, allow_no_value: bool = False) -> Mapping[str, Mapping[str, str]] | None:
    """Section → its settings, None for what is no ini file. A section that comes twice is one."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=allow_no_value)
    try:
        parser.read_string(_BLANKS.sub(" ", text))
    except configparser.Error:
        return None
    return {name: {key: value or "" for key, value in parser.items(name)} for name in parser.sections()}
