"""What a migration is: a `Recipe` with its steps as data, each with a `Transform` that changes files.

A transform sees a private copy of the files that git has. It changes them directly, as text (`SourceTree`), or by a
program in the sandbox (`StepBench.run`). Only files that git has are taken from the copy, and new and removed ones that
the transform names (`creates`, `removes`). It changes what it is sure of, and leaves everything else with a
`Leftover`: nothing is left without a word. A second run on its result changes nothing.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cache
from itertools import groupby
from pathlib import Path

from activities.migration.types import Leftover, Risk
from activities.model import Finding
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths
from activities.tooling import Project
from activities.untrusted_files import UntrustedFolder

LARGEST_FILE = 5 * 1024**2

_VENDORED = frozenset(
    (
        "node_modules",
        "bower_components",
        "vendor",
        "third_party",
        "thirdparty",
        ".yarn",
        "flow-typed",
        "site-packages",
        "_vendor",
        "_vendored",
    )
)
_MINIFIED = re.compile(r"[.-]min\.[cm]?js$|\.bundle\.js$")


@dataclass
class FileLayer:
    """Over files that never change: what was read of them, as far as there is `room` for it, and what was written
    instead. `found` is path → content of both, None for what was removed."""

    room: int = 32 * 1024**2
    found: dict[str, bytes | None] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)

    def keep(self, read: tuple[str, bytes | None]) -> tuple[str, bytes | None]:
        path, data = read
        if path in self.written:
            return path, self.found[path]
        if data is not None and len(data) <= self.room:
            self.room -= len(data)
            self.found[path] = data
        return read

    def write(self, path: str, data: bytes | None) -> None:
        self.found[path] = data
        self.written.add(path)


@dataclass
class FilesSeen:
    """How far the work on a tree is: the paths that were looked at, of all."""

    paths: set[str] = field(default_factory=set)
    total: int = 0

    def counts(self) -> tuple[int, int]:
        return len(self.paths), self.total


@dataclass(frozen=True)
class SourceTree:
    """The files of a repository, in a private copy that a step may change. `paths` are those that git has and that the
    migration is about: below `scope`, and no copies of other people's code. With forward slashes, sorted. With `layer`
    the files themselves never change: what is written is there. So `files` is only for reading."""

    files: UntrustedFolder
    paths: tuple[str, ...]
    scope: str = "."
    layer: FileLayer | None = field(default=None, compare=False)
    seen: FilesSeen | None = field(default=None, compare=False)

    def named(self, *patterns: str) -> Iterator[str]:
        """The paths whose file name fits one of the patterns (`package.json`, `*.py`)."""
        fits = _any_of(patterns).match
        for path in self.paths:
            if fits(path, path.rfind("/") + 1):
                yield path

    def containing(self, paths: Iterable[str], *needles: bytes) -> Iterator[str]:
        """Those of the paths whose bytes hold one of the needles."""
        for path, data in self.contents(paths):
            if data is not None and any(needle in data for needle in needles):
                yield path

    def content(self, path: str) -> bytes | None:
        """None where there is no regular file, or a larger one than anybody writes by hand."""
        return next(data for _, data in self.contents((path,)))

    def contents(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """(path, content) of each; much quicker than one after another."""
        for path, data in self._contents(paths):
            if self.seen:
                self.seen.paths.add(path)
            yield path, data

    def _contents(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        layer = self.layer
        if layer is None:
            yield from self.files.read_each(paths, LARGEST_FILE)
            return
        for known, group in groupby(paths, layer.found.__contains__):
            if known:
                yield from ((path, layer.found[path]) for path in group)
            else:
                yield from map(layer.keep, self.files.read_each(group, LARGEST_FILE))

    def read(self, path: str) -> str | None:
        """The text with its line ends and byte order mark as they are; None where that is no UTF-8."""
        data = self.content(path)
        try:
            return None if data is None else data.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def write(self, path: str, text: str) -> None:
        """Executable as it was."""
        data = text.encode("utf-8")
        if self.layer:
            self.layer.write(path, data)
            return
        entry = self.files.look(path)
        self.files.write(path, data, executable=bool(entry and entry.executable))

    def remove(self, path: str) -> None:
        """Nothing is done where nothing is."""
        if self.layer:
            self.layer.write(path, None)
        else:
            self.files.remove(path)

    def project(self, folder: str, language: str) -> Project:
        """A folder of the tree as the gate sees projects."""
        return Project(folder or ".", self.files.root / folder, language)


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")


def is_vendored(path: str) -> bool:
    """Whether a path is that of other people's code, or of what a program wrote: nobody migrates it by hand."""
    return not _VENDORED.isdisjoint(path.split("/")[:-1]) or bool(_MINIFIED.search(path))


@dataclass(frozen=True)
class StepReport:
    """What a transform has to say beside the files that it changed. `problem`: a sentence why it could not do its work
    (a registry that is unreachable); then nothing of it is kept. `notes` are sentences for the commit's message."""

    leftovers: tuple[Leftover, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class StepBench:
    """What a transform works with.

    `files` are its candidates. `to` is the version that a person asked for, or the recipe's default. `out` is a fresh
    folder for reports, `paths` how the sandbox sees the folders (`paths.src` is the tree's root). `run` starts a
    command in it; what that writes to the tree stays. `node_packages` installs the packages of a `package-lock.json` of
    ours, once for each host, and gives their folder, which every command sees. `findings` gives what a tool of the gate
    ("tsc", "mypy") says of the files (before the migration, as they are at this step's start), and raises UserError
    where it cannot look at them.
    """

    tree: SourceTree
    files: tuple[str, ...]
    out: Path
    paths: SandboxPaths
    run: Callable[[SandboxCommand], Awaitable[ProcessResult]]
    node_packages: Callable[[Path], Awaitable[Path]]
    findings: Callable[[str], Awaitable[tuple[Sequence[Finding], Sequence[Finding]]]]
    to: str = ""


class Transform(ABC):
    """How one step changes files. `creates` and `removes` are patterns of paths (`*` fits a slash too). `writes_text`:
    it changes files by `SourceTree.write` and `remove` alone, and its programs read the files as they were: nothing is
    copied."""

    creates: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    writes_text: bool = False

    @abstractmethod
    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        """The files that it may have something to do with, seen quickly: by their names, then by strings in them."""

    @abstractmethod
    async def apply(self, bench: StepBench) -> StepReport:
        """Changes the files of `bench.tree`. What the repository's files are like is never an error: it is a leftover,
        or a problem."""


@dataclass(frozen=True)
class RecipeStep:
    """One commit of a migration. `title` is the commit's subject. `needs` are the steps that it builds on: where one of
    them is taken back, so is it. `essential`: the migration is nothing without it, so what it breaks is a leftover for
    a person; any other step that breaks something is taken back. `optional`: only run where a person names it."""

    name: str
    title: str
    transform: Transform
    needs: tuple[str, ...] = ()
    risk: Risk = "low"
    reversible: bool = True
    essential: bool = False
    optional: bool = False


class AlreadyMigrated(str):
    """A sentence that says that these files are migrated: a second run is no mistake."""

    __slots__ = ()


class Recipe(ABC):
    """A migration: a plug-in of `activities/recipes/`, named by its file, with hyphens; the first line of the file's
    docstring is its help. `steps` in the order in which they are run. `to` is the version that it migrates to where a
    person names none, `takes_version` whether one can be named at all. What checks in `tolerates` find new in a step,
    beyond what the repository's tools fix by themselves, is a leftover; the step is kept."""

    title: str
    steps: tuple[RecipeStep, ...]
    to: str = ""
    takes_version: bool = False
    tolerates: tuple[str, ...] = ("linting",)

    @abstractmethod
    def why_not(self, tree: SourceTree, to: str) -> str:
        """The sentence why it does not apply to these files, "" where it does; an AlreadyMigrated where nothing is left
        to do."""

    def blockers(self, tree: SourceTree, to: str) -> Iterable[Leftover]:
        """What will not migrate and why, seen before anything is changed: dependencies that exclude the new version
        come first."""
        return ()


@dataclass(frozen=True)
class ManifestEdit(Transform):
    """A step by a function of ours that reads and writes text: manifests, configuration. `patterns` are names of files
    that it looks at; `edit` changes the tree and gives what it left."""

    patterns: tuple[str, ...]
    edit: Callable[[SourceTree, str], Iterable[Leftover]]
    creates: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()
    needles: tuple[bytes, ...] = field(default=())
    writes_text = True

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        named = tree.named(*self.patterns)
        return tree.containing(named, *self.needles) if self.needles else named

    async def apply(self, bench: StepBench) -> StepReport:
        return StepReport(tuple(self.edit(bench.tree, bench.to)))
