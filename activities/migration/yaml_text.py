"""Changes of a YAML text by the ranges of its values: format, comments and order outside of them stay byte for byte."""

import json
from collections.abc import Iterator, Mapping

import yaml

from activities.migration.json_text import JsonMember, JsonPath

_LARGEST = 100_000
"""Characters; YAML in Python is slow, and an honest manifest is short."""
_DEEPEST = 50


def yaml_members(text: str) -> dict[JsonPath, JsonMember]:
    """All members of all mappings, by the keys to them; what an alias stands for is at the anchor only. Raises
    ValueError for what is no mapping."""
    if len(text) > _LARGEST:
        raise ValueError("it is too large")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        raise ValueError("it is no YAML") from None
    if not isinstance(root, yaml.MappingNode):
        raise ValueError("it is no mapping")
    return {member.path: member for member in _members(root, (), set())}


def replace_yaml_values(text: str, values: Mapping[JsonPath, str]) -> str:
    """With other strings as the values of members that there are, quoted as they were."""
    known = yaml_members(text)
    for member in sorted((known[path] for path in values), key=lambda member: -member.value_start):
        written = _written(values[member.path], text[member.value_start])
        text = text[: member.value_start] + written + text[member.end :]
    return text


def _written(value: str, was: str) -> str:
    """As a scalar in the quotes of the old one, which began with `was`; in others where it needs them."""
    if was == '"':
        return json.dumps(value, ensure_ascii=False)
    if was != "'":
        try:
            is_plain = isinstance(yaml.safe_load(value), (str, int, float))
        except yaml.YAMLError:
            is_plain = False
        if is_plain:
            return value
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def _members(node: yaml.MappingNode, path: JsonPath, seen: set[int]) -> Iterator[JsonMember]:
    if len(path) > _DEEPEST or id(node) in seen:
        return
    seen.add(id(node))
    for key, value in node.value:
        here = (*path, str(key.value))
        if isinstance(value, yaml.MappingNode):
            yield from _members(value, here, seen)
        elif isinstance(value, yaml.ScalarNode) and id(value) not in seen:
            seen.add(id(value))
            yield JsonMember(here, value.value, key.start_mark.index, value.start_mark.index, value.end_mark.index)
