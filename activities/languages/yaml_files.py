"""YAML that a repository wrote, as CI and pre-commit have it, read on the host: an answer comes soon."""

from functools import lru_cache

import yaml

_LARGEST = 100_000
"""Characters; YAML in Python is slow, and an honest file is short."""
_LARGEST_EXPANDED = 10 * _LARGEST
_LONGEST_NUMBER = 100


class _Lenient(yaml.SafeLoader):
    """Tags of CI's own (`!reference`) stand for nothing. What is in each value is counted, with what its aliases stand
    for: of a few lines they make gigabytes as soon as somebody walks through them."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._sizes: dict[yaml.Node, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        alias = self.check_event(yaml.AliasEvent)
        node = super().compose_node(parent, index)
        if node is None:
            return None
        if not alias:
            self._sizes[node] = 1 + self._inside(node)
        if self._sizes.get(node, _LARGEST_EXPANDED) >= _LARGEST_EXPANDED:  # a value that is in itself has no size yet
            raise yaml.YAMLError("aliases make this too large")
        return node

    def _inside(self, node: yaml.Node) -> int:
        if isinstance(node, yaml.ScalarNode):
            return len(node.value)
        parts = node.value if isinstance(node, yaml.SequenceNode) else [each for pair in node.value for each in pair]
        return sum(self._sizes[each] for each in parts)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        if len(node.value) > _LONGEST_NUMBER:
            raise ValueError("no number of a configuration is that long")
        number: int = super().construct_yaml_int(node)
        return number


_Lenient.add_constructor(None, lambda loader, node: None)
_Lenient.add_constructor("tag:yaml.org,2002:int", _Lenient.construct_yaml_int)


@lru_cache(maxsize=64)
def read_yaml(text: str) -> object:
    """What it holds, None for what is no YAML. To be read, never changed."""
    try:
        return yaml.load(text, _Lenient) if len(text) < _LARGEST else None  # noqa: S506 - a SafeLoader
    except Exception:  # PyYAML leaves `!!bool x` or `!!timestamp x` to whatever Python raises
        return None
