"""Which heading of a changelog a pull request belongs to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from activities.github.changelog.types import ReleasedPull

OTHER = "Other changes"
BREAKING = "Breaking changes"
_FEATURES, _FIXES, _SPEED = "Features", "Fixes", "Performance"
_DOCS, _PACKAGES, _INSIDE = "Documentation", "Dependencies", "Internal changes"
_ORDER = (BREAKING, _FEATURES, _FIXES, _SPEED, _DOCS, _PACKAGES, OTHER, _INSIDE)
_CONVENTIONAL = re.compile(r"(?P<type>[a-z]+)(?:\((?P<scope>[^()]{1,50})\))?(?P<breaking>!)?:\s+(?P<text>\S.*)", re.I)
_OF_TYPE = {
    "feat": _FEATURES, "feature": _FEATURES, "fix": _FIXES, "bugfix": _FIXES, "hotfix": _FIXES, "revert": _FIXES,
    "perf": _SPEED, "docs": _DOCS, "doc": _DOCS, "deps": _PACKAGES, "build": _INSIDE, "chore": _INSIDE, "ci": _INSIDE,
    "refactor": _INSIDE, "style": _INSIDE, "test": _INSIDE, "tests": _INSIDE,
}  # fmt: skip
_OF_LABEL = {
    "breaking": BREAKING, "breaking change": BREAKING, "breaking-change": BREAKING, "semver-major": BREAKING,
    "enhancement": _FEATURES, "feature": _FEATURES, "bug": _FIXES, "fix": _FIXES, "performance": _SPEED,
    "documentation": _DOCS, "docs": _DOCS, "dependencies": _PACKAGES, "internal": _INSIDE, "chore": _INSIDE,
}  # fmt: skip
_DEPENDENCY_SCOPES = ("deps", "deps-dev", "dependencies")


@dataclass(frozen=True)
class ReleaseExclusion:
    """Pull requests with one of these labels, or by one of these authors (in lower case)."""

    labels: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()

    def covers(self, pull: ReleasedPull) -> bool:
        """Whether the pull request is left out. An App's author is named with or without `[bot]`."""
        author = pull.author.casefold()
        names = {author, author.removesuffix("[bot]")}
        return "*" in self.labels or bool(self.labels & pull.labels) or bool(self.authors & names)


@dataclass(frozen=True)
class ReleaseCategory:
    """`*` among the labels: every pull request that no earlier category has."""

    title: str
    labels: frozenset[str]
    exclude: ReleaseExclusion = ReleaseExclusion()

    def takes(self, pull: ReleasedPull) -> bool:
        """Whether the pull request belongs here."""
        return ("*" in self.labels or bool(self.labels & pull.labels)) and not self.exclude.covers(pull)


@dataclass(frozen=True)
class ReleaseFile:
    """What `.github/release.yml` says; without categories, labels and prefixes group."""

    exclude: ReleaseExclusion = ReleaseExclusion()
    categories: tuple[ReleaseCategory, ...] = ()
    problem: str = ""


def grouped(pulls: Iterable[ReleasedPull], file: ReleaseFile) -> Mapping[str, list[ReleasedPull]]:
    """Heading → its pull requests, in the order in which both are shown; without those that are excluded."""
    if not file.categories:
        order: tuple[str, ...] = _ORDER
    else:
        order = (*(one.title for one in file.categories), OTHER)
    groups: dict[str, list[ReleasedPull]] = {title: [] for title in order}
    for pull in pulls:
        if file.exclude.covers(pull):
            continue
        title = next((one.title for one in file.categories if one.takes(pull)), OTHER)
        groups[title if file.categories else _heading(pull)].append(pull)
    return {title: found for title, found in groups.items() if found}


def plain_title(pull: ReleasedPull) -> str:
    """The title without the prefix, which the heading says already; a scope stays."""
    found = _CONVENTIONAL.fullmatch(pull.title.strip())
    if not found or found["type"].lower() not in _OF_TYPE:
        return pull.title.strip()
    text = found["text"][:1].upper() + found["text"][1:]
    return f"{found['scope']}: {text}" if found["scope"] else text


def _heading(pull: ReleasedPull) -> str:
    """A label, which a person chose, counts before the prefix; what breaks comes before both."""
    found = _CONVENTIONAL.fullmatch(pull.title.strip())
    type = found["type"].lower() if found else ""
    by_label = {_OF_LABEL[label] for label in pull.labels if label in _OF_LABEL}
    if BREAKING in by_label or (found and found["breaking"] and type in _OF_TYPE):
        return BREAKING
    if by_label:
        return min(by_label, key=_ORDER.index)
    if found and (found["scope"] or "").lower() in _DEPENDENCY_SCOPES:
        return _PACKAGES
    return _OF_TYPE.get(type, OTHER)
