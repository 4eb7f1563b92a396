"""The profile of `go test -coverprofile` as lines: a line that any block reached is covered."""

import re
from collections import defaultdict
from collections.abc import Iterator

from activities.languages.go.modules import package_folder
from activities.model import FileCoverage
from activities.tooling import Project

_BLOCK = re.compile(
    r"(?P<file>[^:\s]+\.go):(?P<first>\d{1,7})\.\d{1,7},(?P<last>\d{1,7})\.\d{1,7} (?P<count>\d{1,9}) (?P<ran>\d{1,18})"
)
_LONGEST_BLOCK = 20_000
_LONGEST_LINE = 2000


def read_profile(project: Project, text: str) -> tuple[FileCoverage, ...]:
    """Of the module's own files; a block of nothing and one of absurd length are left out."""
    covered: defaultdict[str, set[int]] = defaultdict(set)
    missing: defaultdict[str, set[int]] = defaultdict(set)
    for path, first, last, ran in set(_blocks(project, text)):
        (covered if ran else missing)[path].update(range(first, last + 1))
    return tuple(
        FileCoverage(path, frozenset(covered[path]), frozenset(missing[path] - covered[path]))
        for path in sorted({*covered, *missing})
    )


def _blocks(project: Project, text: str) -> Iterator[tuple[str, int, int, bool]]:
    for line in text.splitlines():
        found = _BLOCK.fullmatch(line) if len(line) < _LONGEST_LINE else None
        if found and int(found["count"]):
            package, _, name = found["file"].rpartition("/")
            folder = package_folder(project, package)
            first, last = int(found["first"]), int(found["last"])
            if folder and 0 <= last - first < _LONGEST_BLOCK:
                path = name if folder == "." else f"{folder}/{name}"
                yield project.inside_repository(path), first, last, found["ran"] != "0"
