"""Which file of the tree a report means: one written elsewhere names files below another root, in another spelling."""

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from activities.model import FileCoverage
from activities.reporting.tool_failures import matches_no_file
from activities.reports import Contents, valid_unicode
from activities.tooling import Workbench
from activities.untrusted_files import UntrustedFolder

_URL = re.compile(r"^file:(?://[^/]*)?(?=/)", re.IGNORECASE)
_DRIVE = re.compile(r"^(?://[?.]/)?[A-Za-z]:(?=/)|^//(?=[^/])")
_NOT_OURS = re.compile(
    r"(?:^|/)(?:node_modules|site-packages|dist-packages|\.cargo/registry|pkg/mod|\.m2|\.gradle)/"
    r"|^/(?:usr/(?:local/)?(?:include|lib|lib64|libexec|share)|nix/store|Library|System)/"
)
_MOST_CANDIDATES = 20
_MOST_ROOTS = 200
_MOST_NAMES_AND_ROOTS = 500_000
"""Names times roots; what lies below the others is found by its end, as without roots."""
_MOST_ALIKE = 100
"""Files that share most of a path's end; of more, which one is meant cannot be said."""


@dataclass(frozen=True)
class ResolvedPaths:
    """Of a report's paths: the file of the tree that each of them names; for those that may name several files,
    which; the rest names no file of the tree."""

    found: Mapping[str, str] = field(default_factory=dict)
    unclear: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class TreeFiles:
    """The files of a tree, to find the one that a path means."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = frozenset(map(valid_unicode, files))
        self._backwards = sorted(tuple(reversed(path.split("/"))) for path in self._files)

    def resolve(self, names: Iterable[str], folder: str, src: str, roots: Sequence[str] = ()) -> ResolvedPaths:
        """`folder` is the project's, `src` how the command saw the tree; `roots` as in `Contents`.

        A path is, first found: below one of the report's own roots, the project's folder or the tree's root; below the
        folder where most of the report's paths exist; the longest part of its end that one file has.
        """
        given = {name: _plain(name, src) for name in names if name}
        bases = list(dict.fromkeys(posixpath.normpath(posixpath.join(folder, _plain(root, src))) for root in roots))
        del bases[min(_MOST_ROOTS, _MOST_NAMES_AND_ROOTS // max(len(given), 1)) :]
        # A backslash may also stand for a byte that is no text, or be one.
        found = {name: full for name in given if "\\" in name and (full := _joined(folder, name)) in self._files}
        unclear: dict[str, tuple[str, ...]] = {}
        for name, path in given.items():
            below = {full for base in bases if (full := _joined(base, path)) in self._files}
            if len(below) > 1:
                unclear[name] = tuple(sorted(below)[:_MOST_CANDIDATES])
            elif below:
                found[name] = below.pop()
            elif bases:
                ends = self._with_longest_end([_joined(base, path) for base in bases], folder)
                if len(ends) == 1 and any(_shared_end(f"{base}/{path}", ends[0]) > len(_parts(path)) for base in bases):
                    found[name] = ends[0]
        left = {name: path for name, path in given.items() if name not in found and name not in unclear}
        for base in self._usual_bases(left.values(), folder):
            for name, path in left.items():
                if name not in found and (full := _joined(base, path)) in self._files:
                    found[name] = full
        left = {name: path for name, path in left.items() if name not in found and not _NOT_OURS.search(path)}
        common = _common_folder(left.values())
        for name, path in left.items():
            ends = self._with_longest_end([path], folder)
            if len(ends) == 1 and self._is_likely(path, ends[0], common):
                found[name] = ends[0]
            elif ends:
                unclear[name] = ends[:_MOST_CANDIDATES]
        named = set(found.values())
        return ResolvedPaths(
            found, {name: rest for name, ends in unclear.items() if (rest := tuple(e for e in ends if e not in named))}
        )

    def _usual_bases(self, paths: Collection[str], folder: str) -> list[str]:
        """The project's folder and the tree's root; before them another folder, where it has more of the relative
        paths than both: the command went there."""
        relative = [path for path in paths if not path.startswith("/")]
        usual = list(dict.fromkeys((folder, ".")))
        if all(any(_joined(base, path) in self._files for base in usual[:1]) for path in relative):
            return usual
        votes: Counter[str] = Counter()
        for path in relative:
            for full in self._ending(path.split("/")[::-1]):
                votes[full.removesuffix(path).rstrip("/") or "."] += 1
        best = max(votes, key=lambda base: (votes[base], base), default=".")
        tied = [base for base in votes if votes[base] == votes[best]]
        return usual if len(tied) > 1 or votes[best] < 2 or best in usual else [best, *usual]

    def _ending(self, end: Sequence[str]) -> list[str]:
        """The files whose paths end with these parts, which are given backwards; none where that are too many."""
        key, size = tuple(end), len(end)
        first, last = (
            bisect(self._backwards, key, key=lambda parts: parts[:size]) for bisect in (bisect_left, bisect_right)
        )
        few = self._backwards[first:last] if size and last - first <= _MOST_ALIKE else []
        return ["/".join(reversed(parts)) for parts in few]

    def _with_longest_end(self, paths: Sequence[str], folder: str) -> tuple[str, ...]:
        """The files that share most of the end of one of the paths, which are spellings of the same; of several files,
        the one at the root or in the project's folder."""
        shared: dict[tuple[str, ...], int] = {}
        for parts in (tuple(reversed(_parts(path))) for path in paths):
            at = bisect_left(self._backwards, parts)  # its neighbours share most of it
            most = max((_shared_start(parts, each) for each in self._backwards[max(at - 1, 0) : at + 1]), default=0)
            shared[parts[:most]] = most
        longest = max(shared.values(), default=0)
        ends = sorted({full for end, count in shared.items() if count == longest for full in self._ending(end)})
        at_root = [full for full in ends if full.count("/") == longest - 1]
        own = [full for full in ends if folder != "." and full.startswith(f"{folder}/")]
        for fewer in (own, at_root):
            if len(fewer) == 1:
                return tuple(fewer)
        return tuple(ends)

    @staticmethod
    def _is_likely(path: str, full: str, common: str) -> bool:
        """More than the file's name is the same, or one of the two is nothing but the other's end. A name at the root
        says little, unless the whole report lies in the folder that the path has before it."""
        parts = _parts(path)
        shared = _shared_end(path, full)
        if shared > 1 or shared == len(parts):
            return True
        before = "/".join(parts[:-shared])
        return "/" not in full and (f"{common}/").startswith(f"{before}/")


def _plain(name: str, src: str) -> str:
    """With forward slashes, without the scheme, the drive and the tree's own place."""
    path = posixpath.normpath(_DRIVE.sub("", _URL.sub("", name.replace("\\", "/"))))
    return posixpath.relpath(path, src) if path == src or path.startswith(f"{src}/") else path


def _joined(base: str, path: str) -> str:
    """An absolute path may also be one from the repository's root."""
    return posixpath.normpath(posixpath.join(base, path)).lstrip("/")


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".", "..")]


def _shared_start(parts: Sequence[str], others: Sequence[str]) -> int:
    """How many parts at the start of both are the same."""
    differing = (at for at, (one, other) in enumerate(zip(parts, others, strict=False)) if one != other)
    return next(differing, min(len(parts), len(others)))


def _shared_end(path: str, full: str) -> int:
    return _shared_start(_parts(path)[::-1], full.split("/")[::-1])


def _common_folder(paths: Collection[str]) -> str:
    folders = [_parts(path)[:-1] for path in paths]
    if not folders:
        return ""
    first, last = min(folders), max(folders)
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return "/".join(first[:same])


@lru_cache(maxsize=4)
def _tree_files(root: Path) -> TreeFiles:
    """Cached: a checkout never changes, and its checks' reports are read one after another."""
    return TreeFiles(UntrustedFolder(root).files(enter=lambda path: posixpath.basename(path) != "node_modules"))


def in_tree(bench: Workbench, contents: Contents) -> Contents:
    """What a report holds, with paths of the tree that the command worked with.

    A finding elsewhere keeps its path; a test elsewhere has none. Coverage of other files is left out, and the advice
    says so where that is all. Slow for the first report of a large tree.
    """
    folder, root = bench.project.folder, bench.project.root
    depth = 0 if folder == "." else len(Path(folder).parts)
    tree = _tree_files(root.parents[depth - 1] if depth else root)
    names = {one.path for one in contents.findings} | {one.path for one in contents.coverage}
    names |= {test.path for test in contents.tests}
    places = tree.resolve(names, folder, bench.paths.src, contents.roots)
    coverage = [replace(one, path=places.found[one.path]) for one in contents.coverage if one.path in places.found]
    coverage += (
        FileCoverage(path, frozenset(), frozenset(), unclear=one.path)
        for one in contents.coverage
        for path in places.unclear.get(one.path, ())
    )
    nowhere = contents.coverage[0].path if contents.coverage and not coverage else ""
    return replace(
        contents,
        findings=tuple(
            replace(one, path=places.found.get(one.path) or bench.relative(one.path)) if one.path else one
            for one in contents.findings
        ),
        tests=tuple(replace(one, path=places.found.get(one.path, "")) for one in contents.tests),
        coverage=tuple(coverage),
        advice=" ".join(filter(None, (contents.advice, matches_no_file(nowhere) if nowhere else ""))),
    )
