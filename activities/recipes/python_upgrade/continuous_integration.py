"""What tests and environments run with: workflows, tox, nox, `.python-version`; images are left with a row."""

import re
from collections.abc import Iterator

from activities.migration.python.places import Edit, Place, line_of, replaced
from activities.migration.python.script_places import call_places
from activities.migration.python.versions import asked_minor, named_minor, raise_list, with_minor
from activities.migration.recipe import SourceTree
from activities.migration.types import Leftover
from activities.recipes.python_upgrade.manifests import raised_elements
from activities.recipes.python_upgrade.tox_text import raise_tox
from activities.recipes.python_upgrade.yaml_text import raise_yaml

CONFIGURATION = (
    "*.yml",
    "*.yaml",
    "tox.ini",
    "noxfile.py",
    ".python-version",
    "runtime.txt",
    "*Dockerfile*",
    "*.dockerfile",
    "Containerfile",
    "README*",
)
_YAML = re.compile(
    r"(?:.*/)?(?:\.github/(?:workflows/[^/]+|actions/(?:[^/]+/)*action)\.ya?ml"
    r"|\.pre-commit-config\.ya?ml|\.?readthedocs\.ya?ml|\.travis\.ya?ml|\.appveyor\.ya?ml|appveyor\.ya?ml"
    r"|\.gitlab-ci\.ya?ml|azure-pipelines\.ya?ml|\.circleci/config\.ya?ml)"
)
_IMAGE = re.compile(r"\b((?:cimg/|circleci/)?(?:python|pypy)):3\.(\d{1,2})(?![\d])")
_CONDA = re.compile(r"^\s*-\s*python\s*[=<>~!]+\s*3\.(\d{1,2})", re.MULTILINE)
_SAID = re.compile(r"\bPython\s*(?:\(?\s*(?:version\s*)?[>=≥]*\s*)3\.(\d{1,2})(?!\d)", re.IGNORECASE)
_NEEDED = re.compile(
    r"requir|need|support|works (?:on|with)|tested|compatib|[>≥]=?|\d\+|or (?:newer|later|above|higher)", re.IGNORECASE
)
"""In a line that says what is needed, not what was once."""


def raise_ci(tree: SourceTree, to: str) -> Iterator[Leftover]:
    minor = asked_minor(to) or 0
    for path in tree.named(*CONFIGURATION):
        text = tree.read(path)
        if text is None:
            continue
        new, left = _raised(path, text, minor)
        if new != text:
            tree.write(path, new)
        yield from left


def _raised(path: str, text: str, minor: int) -> tuple[str, list[Leftover]]:
    name = path.rpartition("/")[2]
    if name == "tox.ini":
        return raise_tox(path, text, minor)
    if _YAML.fullmatch(path):
        return raise_yaml(path, text, minor)
    if name == "noxfile.py":
        return _raised_nox(text, minor), []
    if name == ".python-version":
        return _raised_versions(text, minor), []
    return text, list(_rows(path, name, text, minor))


def _raised_nox(text: str, minor: int) -> str:
    edits: list[Edit] = []
    lists: dict[int, list[Place]] = {}
    for place in call_places(text, "session") or ():
        if place.keys[0] != "python" or place.kind != "text":
            continue
        if len(place.keys) == 1:
            edits += raised_elements(text, [place], minor)
        else:  # sessions may share one list
            start = text.rfind("[", 0, place.start) if "[" in text[: place.start] else place.start
            elements = lists.setdefault(start, [])
            elements += [] if place in elements else [place]
    for elements in lists.values():
        unique = list({place.start: place for place in elements}.values())
        edits += raised_elements(text, unique, minor)
    return replaced(text, dict.fromkeys(edits))


def _raised_versions(text: str, minor: int) -> str:
    """A version a line."""
    lines = text.splitlines(keepends=True)
    raised = raise_list([named_minor(line) for line in lines], minor)
    kept = []
    for index, line in enumerate(lines):
        if index in raised.change:
            kept.append(line.replace(line.strip(), with_minor(line, minor), 1))
        elif index not in raised.drop:
            kept.append(line)
    return "".join(kept)


def _rows(path: str, name: str, text: str, minor: int) -> Iterator[Leftover]:
    if name == "runtime.txt":
        found = named_minor(text)
        if found is not None and found < minor:
            fix = f"Name the newest python-3.{minor} that the host has."
            yield Leftover(path, 1, f"It names {text.strip()[:40]}, which is below 3.{minor}.", fix)
    elif name.startswith("README"):
        for match in _SAID.finditer(text):
            line = text[text.rfind("\n", 0, match.start()) + 1 :].partition("\n")[0]
            if int(match[1]) < minor and _NEEDED.search(line):
                fix = f"Say that Python 3.{minor} or newer is needed."
                yield Leftover(path, line_of(text, match.start()), f"It names Python 3.{match[1]}.", fix)
    else:
        for match in (*_IMAGE.finditer(text), *_CONDA.finditer(text)):
            old = match[match.lastindex or 0]
            if int(old) < minor:
                fix = f"Take an image with Python 3.{minor}, and see whether what is installed in it still fits."
                said = match[0].strip().removeprefix("- ")
                yield Leftover(
                    path, line_of(text, match.start(match.lastindex or 0)), f"It starts from {said[:60]}.", fix
                )
