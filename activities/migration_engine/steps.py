"""One step on one commit: its transform on a private copy of the files, and what of it becomes the next commit.

The copy may hold anything afterwards, since a transform runs programs of the repository's tools. Only contents of
regular files are taken: those that git has, and new ones that the transform names.
"""

import asyncio
import contextlib
import os
import posixpath
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from activities import toolchains
from activities.migration.recipe import (
    FileLayer,
    FilesSeen,
    RecipeStep,
    SourceTree,
    StepBench,
    StepReport,
    is_vendored,
)
from activities.migration_engine.node_packages import node_packages
from activities.model import Finding
from activities.reporting.migration import too_large
from activities.reports import valid_unicode
from activities.sandbox import ProcessResult, Runner, SandboxCommand, SandboxSpec
from activities.sandbox.ownership import scratch_of
from activities.tooling import OUR_TOOLS
from activities.untrusted_files import FoundEntry, UntrustedFileError, UntrustedFolder, remove_tree
from activities.workspace.commits import EXECUTABLE, FILE, CommittedFile

OUR_PROGRAMS = Path(__file__).parents[1]
"""What steps start of ours lies below it."""
_LARGEST_FILE = 20 * 1024**2
_LARGEST_COMMIT = 200 * 1024**2
_MOST_NEW_FILES = 1000
_NEVER_ENTERED = frozenset((".git", "node_modules", "__pycache__", ".venv"))

AskFindings = Callable[[str], Awaitable[tuple[Sequence[Finding], Sequence[Finding]]]]


@dataclass(frozen=True)
class StepSite:
    """Where steps run: `data` is the host's data folder."""

    runner: Runner
    data: Path

    @property
    def interpreters(self) -> tuple[Path, ...]:
        """What every command has to see of the host."""
        chains = toolchains.registry().values()
        return tuple(dict.fromkeys((OUR_TOOLS, OUR_PROGRAMS, *(path for chain in chains for path in chain.paths()))))


@dataclass(frozen=True)
class SteppedFiles:
    """What a step did: path → new content, and what it removed. `executable` are the changed paths that are."""

    report: StepReport
    changed: Mapping[str, bytes] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    executable: frozenset[str] = frozenset()


def source_tree(
    folder: UntrustedFolder, committed: Mapping[str, CommittedFile], scope: str = ".",
    layer: FileLayer | None = None, seen: FilesSeen | None = None,
) -> SourceTree:  # fmt: skip
    """The files of a checkout, or of a copy of it, that a migration is about. A checkout never changes: it needs a
    layer."""
    inside = "" if scope in (".", "") else f"{scope}/"
    paths = (
        path
        for path, file in committed.items()
        if file.mode in (FILE, EXECUTABLE) and path.startswith(inside) and valid_unicode(path) == path
    )
    found = tuple(sorted(path for path in paths if not is_vendored(path)))
    if seen:
        seen.total = len(found)
    return SourceTree(folder, found, scope or ".", layer, seen)


async def run_step(
    site: StepSite,
    checkout: Path,
    committed: Mapping[str, CommittedFile],
    step: RecipeStep,
    *,
    scope: str,
    to: str,
    findings: AskFindings,
    seen: FilesSeen | None = None,
) -> SteppedFiles:
    """The step on the checkout, which is never written to: on a copy of it, or on a layer."""
    original, layer = UntrustedFolder(checkout), FileLayer()
    tree = source_tree(original, committed, scope, layer, seen)
    files = tuple(await asyncio.to_thread(_candidates, step, tree, to))
    if not files:
        return SteppedFiles(StepReport())
    async with step_home(site) as home:
        spec = SandboxSpec(checkout, home / "out")
        if not step.transform.writes_text:
            copy = UntrustedFolder(home / "tree")
            await asyncio.to_thread(original.copy_tree, copy)
            tree = source_tree(copy, committed, scope, seen=seen)
            spec = replace(spec, tree=copy.root, keep_writes=True)
        report = await step.transform.apply(_bench(site, spec, tree, files, to, findings))
        if report.problem:
            return SteppedFiles(report)
        if step.transform.writes_text:
            return await asyncio.to_thread(_written, report, step, tree, layer)
        return await asyncio.to_thread(_stepped, report, step, original, copy, tree)


def _candidates(step: RecipeStep, tree: SourceTree, to: str) -> list[str]:
    return sorted(set(step.transform.candidates(tree, to)))


@contextlib.asynccontextmanager
async def step_home(site: StepSite) -> AsyncIterator[Path]:
    """A fresh folder with the folders `tree` and `out` of a run."""
    scratch = scratch_of(site.data)
    scratch.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="step.", dir=scratch))
    try:
        for name in ("tree", "out"):
            (home / name).mkdir()
        yield home
    finally:
        await asyncio.to_thread(remove_tree, home)


def _bench(
    site: StepSite, spec: SandboxSpec, tree: SourceTree, files: tuple[str, ...], to: str, findings: AskFindings
) -> StepBench:
    shown = [*site.interpreters]

    async def packages(lock: Path) -> Path:
        folder = await node_packages(site.runner, site.data, lock)
        shown.append(folder)
        return folder

    async def run(command: SandboxCommand) -> ProcessResult:
        if spec.keep_writes:  # what we wrote since the last command is given to the next one's user with the folder
            os.chown(spec.tree, os.geteuid(), -1)
        return await site.runner.run(replace(spec, read_only=tuple(shown)), command)

    return StepBench(tree, files, spec.out, site.runner.paths(spec), run, packages, findings, to)


def _stepped(
    report: StepReport, step: RecipeStep, original: UntrustedFolder, copy: UntrustedFolder, tree: SourceTree
) -> SteppedFiles:
    changed: dict[str, bytes] = {}
    removed = []
    before = {path: original.look(path) for path in tree.paths}
    for path, was in before.items():
        now = copy.look(path)
        if now is None:
            if _fits(path, step.transform.removes):
                removed.append(path)
        elif was and _differs(was, now):
            data = _content(copy, path)
            if data not in (None, _content(original, path)):
                changed[path] = data
    for path in _new_files(copy, step.transform.creates, tree, original):
        if (data := _content(copy, path)) is not None:
            changed[path] = data
    executable = frozenset(path for path, was in before.items() if path in changed and was and was.executable)
    return _limited(SteppedFiles(report, changed, tuple(removed), executable))


def _written(report: StepReport, step: RecipeStep, tree: SourceTree, layer: FileLayer) -> SteppedFiles:
    """What a transform wrote that writes text alone."""
    original, known = tree.files, frozenset(tree.paths)
    changed: dict[str, bytes] = {}
    removed, executable, new = [], set(), 0
    for path in sorted(layer.written):
        was, data = original.look(path), layer.found[path]
        if data is None:
            if path in known and _fits(path, step.transform.removes):
                removed.append(path)
        elif path in known:
            if was and was.kind == "file" and data != _content(original, path):
                changed[path] = data
                if was.executable:
                    executable.add(path)
        elif was is None and new < _MOST_NEW_FILES and _is_new(path, step, tree, known):
            changed[path] = data
            new += 1
    return _limited(SteppedFiles(report, changed, tuple(removed), frozenset(executable)))


def _limited(stepped: SteppedFiles) -> SteppedFiles:
    if sum(map(len, stepped.changed.values())) > _LARGEST_COMMIT:
        return SteppedFiles(StepReport(problem=too_large(_LARGEST_COMMIT // 1024**2)))
    return stepped


def _differs(was: FoundEntry, now: FoundEntry) -> bool:
    """A copy has the size and the time of its original."""
    if now.kind != "file" or was.kind != "file":
        return False
    return any(getattr(now.facts, name) != getattr(was.facts, name) for name in ("st_size", "st_mtime_ns"))


def _content(folder: UntrustedFolder, path: str) -> bytes | None:
    try:
        return folder.read_bytes(path, _LARGEST_FILE)
    except UntrustedFileError:
        return None


def _new_files(
    copy: UntrustedFolder, patterns: Sequence[str], tree: SourceTree, original: UntrustedFolder
) -> Iterable[str]:
    if not patterns:
        return []
    files = copy.files(enter=lambda folder: folder.rpartition("/")[2] not in _NEVER_ENTERED)
    known = frozenset(tree.paths)
    new = (path for path in files if _is_inside(path, tree) and path not in known and original.look(path) is None)
    named = (path for path in new if _fits(path, patterns) and valid_unicode(path) == path)
    return [path for path, _ in zip(named, range(_MOST_NEW_FILES), strict=False)]


def _is_inside(path: str, tree: SourceTree) -> bool:
    return tree.scope == "." or path.startswith(f"{tree.scope}/")


def _is_new(path: str, step: RecipeStep, tree: SourceTree, known: frozenset[str]) -> bool:
    """Whether the step may add this path, and git could have it beside the others."""
    above = {str(folder) for folder in PurePosixPath(path).parents}
    plain = posixpath.normpath(path) == path == valid_unicode(path) and not path.startswith(("/", "../"))
    beside = known.isdisjoint(above) and _NEVER_ENTERED.isdisjoint(path.split("/"))
    return plain and beside and _is_inside(path, tree) and _fits(path, step.transform.creates)


def _fits(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
