"""What a migration is: a `Recipe` with its steps as data, each with a `Transform` that changes files.

A transform sees a private copy of the files that git has. It changes them directly, as text (`SourceTree`), or by a
program in the sandbox (`StepBench.run`). Only files that git has are taken from the copy, and new and removed ones that
the transform names (`creates`, `removes`). It changes what it is sure of, and leaves everything else with a
`Leftover`: nothing is left without a word. A second run on its result changes nothing.
"""

import posixpath
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from activities.migration.types import Leftover, Risk
from activities.model import Finding
from activities.sandbox import ProcessResult, SandboxCommand, SandboxPaths
from activities.tooling import Project
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

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


@dataclass(frozen=True)
class SourceTree:
    """The files of a repository, in a private copy that a step may change. `paths` are those that git has and that the
    migration is about: below `scope`, and no copies of other people's code. With forward slashes, sorted."""

    files: UntrustedFolder
    paths: tuple[str, ...]
    scope: str = "."

    def named(self, *patterns: str) -> Iterator[str]:
        """The paths whose file name fits one of the patterns (`package.json`, `*.py`)."""
        for path in self.paths:
            name = posixpath.basename(path)
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                yield path

    def containing(self, paths: Iterable[str], *needles: bytes) -> Iterator[str]:
        """Those of the paths whose bytes hold one of the needles."""
        for path in paths:
            data = self.content(path)
            if data is not None and any(needle in data for needle in needles):
                yield path

    def content(self, path: str) -> bytes | None:
        """None where there is no regular file, or a larger one than anybody writes by hand."""
        try:
            return self.files.read_bytes(path, LARGEST_FILE)
        except UntrustedFileError:
            return None

    def read(self, path: str) -> str | None:
        """The text with its line ends and byte order mark as they are; None where that is no UTF-8."""
        data = self.content(path)
        try:
            return None if data is None else data.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def write(self, path: str, text: str) -> None:
        """Executable as it was."""
        entry = self.files.look(path)
        self.files.write(path, text.encode("utf-8"), executable=bool(entry and entry.executable))

    def project(self, folder: str, language: str) -> Project:
        """A folder of the tree as the gate sees projects."""
        return Project(folder or ".", self.files.root / folder, language)


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
    """How one step changes files. `creates` and `removes` are patterns of paths (`*` fits a slash too)."""

    creates: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()

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


class Recipe(ABC):
    """A migration: a plug-in of `activities/recipes/`, named by its file, with hyphens; the first line of the file's
    docstring is its help. `steps` in the order in which they are run. `to` is the version that it migrates to where a
    person names none, `takes_version` whether one can be named at all."""

    title: str
    steps: tuple[RecipeStep, ...]
    to: str = ""
    takes_version: bool = False

    @abstractmethod
    def why_not(self, tree: SourceTree, to: str) -> str:
        """The sentence why it does not apply to these files, "" where it does."""

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

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        named = tree.named(*self.patterns)
        return tree.containing(named, *self.needles) if self.needles else named

    async def apply(self, bench: StepBench) -> StepReport:
        return StepReport(tuple(self.edit(bench.tree, bench.to)))
