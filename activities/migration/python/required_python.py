"""Which versions of Python the manifests of a project take."""

import re
from collections.abc import Iterator

from activities.migration.python.places import Keys
from activities.migration.python.script_places import call_places
from activities.migration.python.toml_places import toml_places
from activities.migration.recipe import SourceTree

RANGES: tuple[Keys, ...] = (
    ("project", "requires-python"),
    ("tool", "poetry", "dependencies", "python"),
    ("tool", "poetry", "dependencies", "python", "version"),
)


def required_python(tree: SourceTree) -> Iterator[tuple[str, str]]:
    """(file, range) of each range of Python versions that a manifest requires."""
    for path in tree.named("pyproject.toml"):
        for place in toml_places(tree.read(path) or "") or ():
            if place.keys in RANGES and place.kind == "text":
                yield path, place.value
    for path in tree.named("setup.py"):
        for place in call_places(tree.read(path) or "", "setup") or ():
            if place.keys == ("python_requires",):
                yield path, place.value
    for path in tree.named("setup.cfg"):
        if match := re.search(r"^python_requires\s*[=:]\s*(\S.*?)\s*$", tree.read(path) or "", re.MULTILINE):
            yield path, match[1]
