"""Versions of Python in YAML: workflows of GitHub, pre-commit, Read the Docs, Travis. Changed by ranges."""

import re
from collections.abc import Iterator, Sequence

import yaml

from activities.migration.python.places import Edit, Place, line_of, removals, replaced
from activities.migration.python.versions import named_minor, raise_list, with_minor
from activities.migration.types import Leftover

_LARGEST = 300_000
_KEY = re.compile(r"python|py|(?:python|py)[-_.]?ver(?:sion)?s?|languageversion|language_version|versionspec", re.I)
_PYPY = re.compile(r"pypy-?3\.?(\d{1,2})(?:-.*)?", re.I)
_FLAG = re.compile(r"--py3(\d{1,2})-plus|--(?:target-version|py-version|python-version)[= ](?:py)?3\.?(\d{1,2})")
_OLD = re.compile(r"(?<![\d.])3\.(\d{1,2})(?![\d])|\bpy3(\d{1,2})\b")


def raise_yaml(path: str, text: str, minor: int) -> tuple[str, list[Leftover]]:
    """The text with higher versions, and rows."""
    if len(text) > _LARGEST:
        return text, [Leftover(path, 0, "It is too large to be changed here.", f"Name Python 3.{minor} in it.")]
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return text, [
            Leftover(
                path,
                0,
                "It is not valid YAML, so nothing in it was changed.",
                "Repair it, and run the migration again.",
            )
        ]
    reader = _YamlVersions(path, text, minor)
    if root is not None:
        reader.look(root, "")
    new = replaced(text, reader.edits)
    return new, [*reader.left, *_rows(path, new, minor)]


class _YamlVersions:
    def __init__(self, path: str, text: str, minor: int) -> None:
        self.edits: list[Edit] = []
        self.left: list[Leftover] = []
        self._path, self._text, self._minor = path, text, minor
        self._seen: set[int] = set()

    def look(self, node: yaml.Node, key: str, depth: int = 0) -> None:
        if id(node) in self._seen or depth > 100:
            return
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            matrix = {name.value: value for name, value in node.value if isinstance(name, yaml.ScalarNode)}
            for name, value in node.value:
                named = name.value if isinstance(name, yaml.ScalarNode) else ""
                of_python = bool(_KEY.fullmatch(named)) or (named == "version" and key == "python")
                if of_python and isinstance(value, yaml.ScalarNode):
                    self._scalar(value)
                elif of_python and isinstance(value, yaml.SequenceNode):
                    self._list(value)
                elif named in ("include", "exclude") and isinstance(value, yaml.SequenceNode):
                    listed = any(
                        _KEY.fullmatch(one) and isinstance(each, yaml.SequenceNode) for one, each in matrix.items()
                    )
                    self._entries(name, value, removes=named == "exclude" or listed)
                self.look(value, named, depth + 1)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                if isinstance(value, yaml.ScalarNode):
                    self._flag(value)
                self.look(value, key, depth + 1)

    def _scalar(self, node: yaml.ScalarNode) -> None:
        if node.style in ("|", ">"):
            return
        found = named_minor(node.value)
        if found is not None and found < self._minor:
            self.edits.append(self._renewed(node, with_minor(node.value, self._minor)))

    def _flag(self, node: yaml.ScalarNode) -> None:
        match = _FLAG.fullmatch(node.value)
        old = match and (match[1] or match[2])
        if match and old and int(old) < self._minor and node.style not in ("|", ">"):
            new = re.sub(rf"3(\.?){old}", rf"3\g<1>{self._minor}", node.value)
            self.edits.append(self._renewed(node, new))

    def _renewed(self, node: yaml.ScalarNode, new: str) -> Edit:
        start, end = node.start_mark.index, node.end_mark.index
        if node.style in ("'", '"'):
            return start + 1, end - 1, new
        is_number = bool(re.fullmatch(r"[\d.]+", new)) and new.endswith("0")  # 3.10 is the number 3.1
        return start, end, f'"{new}"' if is_number else new

    def _list(self, node: yaml.SequenceNode) -> None:
        scalars = [each for each in node.value if isinstance(each, yaml.ScalarNode)]
        if len(scalars) != len(node.value):
            return
        minors = [named_minor(each.value) for each in scalars]
        raised = raise_list(minors, self._minor)
        other = [index for index, each in enumerate(scalars) if self._is_old_pypy(each)]
        for index in raised.change:
            self.edits.append(self._renewed(scalars[index], with_minor(scalars[index].value, self._minor)))
        gone = [*raised.drop, *other]
        if len(gone) < len(scalars):
            self._remove(node, scalars, gone)

    def _is_old_pypy(self, node: yaml.ScalarNode) -> bool:
        match = _PYPY.fullmatch(node.value)
        return bool(match and int(match[1]) < self._minor)

    def _remove(self, node: yaml.SequenceNode, scalars: Sequence[yaml.ScalarNode], gone: Sequence[int]) -> None:
        if node.flow_style:
            places = [
                Place((index,), each.start_mark.index, each.end_mark.index, each.value)
                for index, each in enumerate(scalars)
            ]
            self.edits += removals(self._text, places, [places[index] for index in gone])
        else:
            for index in gone:
                self.edits.append(self._lines(scalars[index], scalars[index]))

    def _lines(self, first: yaml.Node, last: yaml.Node) -> Edit:
        """All lines of these nodes."""
        start = self._text.rfind("\n", 0, first.start_mark.index) + 1
        end = self._text.find("\n", max(last.end_mark.index - 1, 0))
        return start, len(self._text) if end < 0 else end + 1, ""

    def _entries(self, name: yaml.Node, node: yaml.SequenceNode, *, removes: bool) -> None:
        """Entries of `include` and `exclude`, which are mappings with a version each."""
        versions = [self._version(each) for each in node.value]
        minors = [named_minor(each.value) if each else None for each in versions]
        raised = raise_list([*minors, self._minor] if removes else minors, self._minor)
        old_pypy = [index for index, each in enumerate(versions) if each and self._is_old_pypy(each)]
        gone = sorted({*raised.drop, *old_pypy})
        if node.flow_style or not gone:
            return
        if len(gone) == len(node.value):
            self.edits.append(self._lines(name, _last(node)))
        else:
            for index in gone:
                self.edits.append(self._lines(node.value[index], _last(node.value[index])))
        for index in gone:  # nothing inside of them is changed
            self._seen.add(id(node.value[index]))

    def _version(self, node: yaml.Node) -> yaml.ScalarNode | None:
        for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(name, yaml.ScalarNode) and _KEY.fullmatch(name.value) and isinstance(value, yaml.ScalarNode):
                return value
        return None


def _last(node: yaml.Node) -> yaml.Node:
    """The last scalar of a node: a block's own end is where the next thing begins."""
    for _ in range(100):
        if not isinstance(node, yaml.MappingNode | yaml.SequenceNode) or not node.value or node.flow_style:
            break
        node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    return node


def _rows(path: str, text: str, minor: int) -> Iterator[Leftover]:
    """What still names an older version."""
    at = 0
    for line in text.splitlines(keepends=True):
        code = line.partition(" #")[0]
        start, at = at, at + len(line)
        if code.lstrip().startswith("#") or "py" not in code.lower():
            continue
        for match in _OLD.finditer(code):
            old = int(match[1] or match[2])
            if old < minor:
                reason = f"It still names Python 3.{old}."
                yield Leftover(path, line_of(text, start), reason, f"Name Python 3.{minor}, or remove it.")
                break
