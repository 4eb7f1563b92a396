"""A Python repository big enough that its tools take seconds: 150 modules, 600 tests, nothing to complain about."""

import subprocess
from pathlib import Path

MODULES = 150
TESTS_A_MODULE = 4

_PYPROJECT = """\
[project]
name = "shop"
version = "1.0"
requires-python = ">=3.11"

[tool.uv]
package = false

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]

[tool.mypy]
files = ["shop"]
strict = true

[tool.ruff]
line-length = 120
"""
# Advisories come over the network, whose speed is not ours.
_AUTOBUILD = "version: 1\nchecks:\n  dependencies:\n    enabled: false\n"
_MODULE = '''\
"""Shelf {number}."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
{imports}

@dataclass(frozen=True)
class Item{number}:
    """A thing on this shelf."""

    name: str
    price: int
    tags: tuple[str, ...] = ()

    def cheaper_than(self, other: "Item{number}") -> bool:
        return self.price < other.price


@dataclass
class Shelf{number}:
    """Items, kept by name."""

    items: dict[str, Item{number}] = field(default_factory=dict)

    def put(self, item: Item{number}) -> None:
        if item.name in self.items and self.items[item.name].cheaper_than(item):
            raise ValueError(f"{{item.name}} is cheaper already")
        self.items[item.name] = item

    def total(self, names: Iterable[str]) -> int:
        return sum(self.items[name].price for name in names)

    def tagged(self, tag: str) -> Iterator[Item{number}]:
        for item in self.items.values():
            if tag in item.tags:
                yield item


def busy{number}(rounds: int) -> int:
    """Something to do, most of it in the standard library, as in most programs."""
    state = {number}
    for _ in range(rounds):
        state = (state * 1103515245 + 12345) % 2147483648
        if state % 3 == 0:
            state += {number}
    written = json.dumps([{{"name": "an item", "price": state}}] * (20 * rounds))
    return {call} + len(json.loads(written))
'''
_TESTS = '''\
"""Tests of shelf {number}."""

import pytest

from shop.shelf{number} import Item{number}, Shelf{number}, busy{number}


def test_total() -> None:
    shelf = Shelf{number}()
    for name in ("a", "b", "c"):
        shelf.put(Item{number}(name, 5, ("new",)))
    assert shelf.total(["a", "b"]) == 10


def test_tagged() -> None:
    shelf = Shelf{number}()
    shelf.put(Item{number}("a", 1, ("new", "red")))
    assert [item.name for item in shelf.tagged("red")] == ["a"]


def test_never_dearer() -> None:
    shelf = Shelf{number}()
    shelf.put(Item{number}("a", 1))
    with pytest.raises(ValueError):
        shelf.put(Item{number}("a", 2))


def test_busy() -> None:
    assert busy{number}(300) == busy{number}(300)
'''


def files(modules: int = MODULES) -> dict[str, str]:
    """Path → text of the whole repository, or of a smaller one."""
    found = {"pyproject.toml": _PYPROJECT, ".github/autobuild.yml": _AUTOBUILD, "shop/__init__.py": '"""A shop."""\n'}
    for number in range(modules):
        found[f"shop/shelf{number}.py"] = _module(number)
        found[f"tests/test_shelf{number}.py"] = _TESTS.format(number=number)
    return found


def _module(number: int) -> str:
    """Every other module builds on the one before."""
    before = number - 1 if number % 2 else None
    imports = "" if before is None else f"\nfrom shop.shelf{before} import busy{before}\n"
    call = "state" if before is None else f"state + busy{before}(2)"
    return _MODULE.format(number=number, imports=imports, call=call)


def lay_out(folder: Path, modules: int = MODULES) -> None:
    """The repository as a git checkout: one commit on main, and a branch `change` on top of it."""
    folder.mkdir(parents=True)
    for path, text in files(modules).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    _git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "A shop")
    _git(folder, "switch", "--quiet", "--create", "change")


def change(folder: Path, number: int) -> None:
    """A new tree: one more function on a shelf, and its test."""
    with (folder / "shop/shelf0.py").open("a", encoding="utf-8") as file:
        file.write(f'\n\ndef more{number}() -> int:\n    """One more."""\n    return {number}\n')
    with (folder / "tests/test_shelf0.py").open("a", encoding="utf-8") as file:
        file.write(
            f"\n\ndef test_more{number}() -> None:\n    from shop.shelf0 import more{number}\n\n"
            f"    assert more{number}() == {number}\n"
        )
    commit(folder, f"More {number}")


def commit(folder: Path, message: str) -> None:
    """All files as they are."""
    _git(folder, "add", "--all")
    _git(folder, "-c", "user.name=octocat", "-c", "user.email=octocat@example.com", "commit", "--quiet", "-m", message)


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
