"""Edits of the dependencies that a package.json or a pyproject.toml declares; everything else keeps its bytes.

Every function gives the whole new text and raises ValueError where the text cannot be read. A name means the same
package however it is written (`Foo_Bar` is `foo-bar` to Python).
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from activities.languages.javascript.package_json import DEPENDENCIES
from activities.migration.json_text import (
    JsonPath,
    add_member,
    members,
    remove_member,
    rename_member,
    replace_values,
)

Change = Callable[[str, str], tuple[str, str] | None]
"""A declared dependency's name and range → what stands there afterwards, None to remove it."""


def change_npm(text: str, change: Change) -> str:
    """`change` is asked for every dependency of every kind of a package.json."""
    for path, member in members(text).items():
        if len(path) != 2 or path[0] not in DEPENDENCIES or not isinstance(member.value, str):
            continue
        after = change(path[1], member.value)
        if after is None:
            text = _remove_npm(text, path)
        elif after[0] != path[1] and (path[0], after[0]) in members(text):
            text = _remove_npm(replace_values(text, {(path[0], after[0]): after[1]}), path)
        elif after != (path[1], member.value):
            text = rename_member(replace_values(text, {path: after[1]}), path, after[0])
    return text


def _remove_npm(text: str, path: JsonPath) -> str:
    """With its section, where that would be empty."""
    text = remove_member(text, path)
    return text if any(other[:-1] == path[:1] for other in members(text)) else remove_member(text, path[:1])


def add_npm(text: str, name: str, wanted: str, kind: str = "devDependencies") -> str:
    """A package.json with the dependency in its place in the alphabet, unless one of any kind has it already."""
    known = members(text)
    return text if any((each, name) in known for each in DEPENDENCIES) else add_member(text, (kind, name), wanted)


_REQUIREMENT = re.compile(
    r"(?P<before>\s*)(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\s*\[[^\]]*\])?(?P<space>\s*)"
    r"(?P<range>[^;\s](?:[^;]*[^;\s])?)?(?P<rest>\s*(?:;.*)?)",
    re.DOTALL,
)


_LONGEST = 1000


def normalized(name: str) -> str:
    """A Python package's name in its one spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def change_python(text: str, change: Change) -> str:
    """The same for a pyproject.toml: `[project]` with its extras, dependency groups, and Poetry's and uv's tables.
    Names are given in their one spelling, ranges as they are written."""
    document = _toml(text)
    for holder in _python_lists(document):
        for index in range(len(holder) - 1, -1, -1):
            entry = holder[index]
            found = _REQUIREMENT.fullmatch(entry) if isinstance(entry, str) and len(entry) < _LONGEST else None
            if not found or "@" in (found["range"] or ""):
                continue
            before = (normalized(found["name"]), found["range"] or "")
            after = change(*before)
            if after is None:
                del holder[index]
            elif after != before:
                name = found["name"] if after[0] == before[0] else after[0]
                kept = f"{name}{found['extras'] or ''}{found['space']}"
                holder[index] = f"{found['before']}{kept}{_as_pep508(after[1])}{found['rest']}"
    for table in _poetry_tables(document):
        for key in list(table):
            wanted = table[key]["version"] if isinstance(table[key], dict) and "version" in table[key] else table[key]
            if key == "python" or not isinstance(wanted, str):
                continue
            before = (normalized(key), str(wanted))
            after = change(*before)
            if after is None:
                table.remove(key)
            elif after != before:
                _set_poetry(table, key, after, after[0] != before[0])
    return _written(text, document)


def add_python(text: str, name: str, wanted: str, group: str = "") -> str:
    """A pyproject.toml with the requirement at the end of `[project]`'s list (or of a dependency group's), unless it is
    declared anywhere already."""
    known: list[str] = []
    change_python(text, lambda declared, was: known.append(declared) or (declared, was))  # type: ignore[func-returns-value]
    if normalized(name) in known:
        return text
    document = _toml(text)
    poetry = _poetry_tables(document)
    project = document.get("project", {})
    if "dependencies" not in project and poetry:
        next(iter(poetry)).append(name, wanted or "*")
    elif group:
        import tomlkit

        groups = document.setdefault("dependency-groups", tomlkit.table())
        groups.setdefault(group, tomlkit.array()).append(f"{name}{_as_pep508(wanted)}")
    elif "project" in document:
        import tomlkit

        listed = project.setdefault("dependencies", tomlkit.array())
        listed.append(f"{name}{_as_pep508(wanted)}")
    else:
        raise ValueError("it has no [project] table")
    return _written(text, document)


def _as_pep508(wanted: str) -> str:
    """`1.2` is written as `==1.2`."""
    return f"=={wanted}" if re.match(r"\d", wanted) else wanted


def _toml(text: str) -> Any:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text.removeprefix("\ufeff"))
    except (TOMLKitError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())[:200]) from error
    if tomlkit.dumps(document) != text.removeprefix("\ufeff"):
        raise ValueError("it cannot be written again without changing more of it")
    return document


def _written(text: str, document: Any) -> str:
    import tomlkit

    after = tomlkit.dumps(document)
    if "\r\n" in text and not re.search(r"(?<!\r)\n", text):
        after = re.sub(r"(?<!\r)\n", "\r\n", after)
    return ("\ufeff" if text.startswith("\ufeff") else "") + after


def _python_lists(document: Any) -> Iterator[Any]:
    """Every list of requirements."""
    project = _table(document.get("project"))
    uv = _table(_table(document.get("tool")).get("uv"))
    holders = [
        project.get("dependencies"), uv.get("dev-dependencies"),
        *_table(project.get("optional-dependencies")).values(), *_table(document.get("dependency-groups")).values(),
    ]  # fmt: skip
    yield from (holder for holder in holders if isinstance(holder, list))


def _poetry_tables(document: Any) -> list[Any]:
    poetry = _table(_table(document.get("tool")).get("poetry"))
    groups = [_table(group).get("dependencies") for group in _table(poetry.get("group")).values()]
    tables = (poetry.get("dependencies"), poetry.get("dev-dependencies"), *groups)
    return [table for table in tables if isinstance(table, dict)]


def _table(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


def _set_poetry(table: Any, key: str, after: tuple[str, str], renamed: bool) -> None:
    if isinstance(table[key], dict):
        table[key]["version"] = after[1]
    else:
        table[key] = after[1]
    if renamed:
        table.value._replace(key, after[0], table[key])  # keeps its place and its comment
