"""The step that brings React 18: manifests, what has to move with them, and lock files."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from activities.languages.javascript.version_ranges import admits
from activities.migration.json_text import JsonPath, add_member, line_of, members, remove_member
from activities.migration.recipe import SourceTree, StepBench, StepReport, Transform
from activities.migration.transforms.lock_files import (
    LockResult,
    changed_manifests,
    manifest_contents,
    npm_conflicts,
    update_lock_files,
)
from activities.migration.types import Leftover
from activities.recipes.react18.blockers import brings_others, excluding, raise_blockers, way_out
from activities.recipes.react18.eslint_settings import raise_versions
from activities.recipes.react18.manifests import COMPANIONS, FAMILY, MANIFESTS, VERSIONS, asked_for, upgrade
from activities.reporting.markdown import code

HOOKS = "@testing-library/react-hooks"
LIBRARY = "@testing-library/react"
_MOST_ROUNDS = 4
"""npm names conflicts one after another."""


@dataclass(frozen=True)
class ReactPackages(Transform):
    """Every manifest, then every lock file. Tests of hooks move in the same commit where they can (`hooks`), since
    their old library keeps npm from installing React 18."""

    hooks: Transform

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        return tree.containing(tree.named(*MANIFESTS), b"react")

    async def apply(self, bench: StepBench) -> StepReport:
        before = manifest_contents(bench.tree)
        rows = await asyncio.to_thread(lambda: list(upgrade(bench.tree, bench.to)))
        await asyncio.to_thread(raise_blockers, bench.tree)
        await asyncio.to_thread(raise_versions, bench.tree)
        rows += await self._move_hooks(bench)
        changed = changed_manifests(bench.tree, before)
        results = await update_lock_files(bench, changed)
        for path in changed:
            if brings_others(bench.tree, path) and (unlocked := await npm_conflicts(bench, path)):
                results.append(unlocked)
        for result in {result.path: result for result in results}.values():
            rows += result.rows if not result.conflicts else await self._settle(bench, result)
        return StepReport(tuple(rows))

    async def _settle(self, bench: StepBench, result: LockResult) -> list[Leftover]:
        """npm found packages that take no React 18, so neither `npm install` nor `npm ci` works. `overrides` say that
        they get it all the same; where that is not enough, the lock file is written without their wishes."""
        tree, path = bench.tree, _manifest(result)
        before = tree.read(path)
        found: dict[str, list[str]] = {}
        for _ in range(_MOST_ROUNDS):
            named = _excluded(result)
            found |= named if not named.keys() <= found.keys() else excluding(tree, result.path)
            if before is None or path not in tree.paths or not _allow(tree, path, found):
                break
            result = await _again(bench, result)
            if not result.conflicts:
                return [*result.rows, *_allowed(tree, path, found)]
        if before is not None:
            tree.write(path, before)
        if result.exists:
            result = await _again(bench, result, lenient=True)
        return [*result.rows, *_forced(result, found)]

    async def _move_hooks(self, bench: StepBench) -> list[Leftover]:
        """What cannot move has its own rows from the step of tests."""
        asked = list(asked_for(bench.tree, HOOKS))
        if not asked:
            return []
        files = tuple(self.hooks.candidates(bench.tree, bench.to))
        if files:
            await self.hooks.apply(replace(bench, files=files))
        if left := list(self.hooks.candidates(bench.tree, bench.to)):
            reason = (
                f"`{HOOKS}` does not take React 18, and is still needed in {len(left)} files, such as {code(left[0])}."
            )
            return [Leftover(path, line, reason, way_out(HOOKS)) for path, line, _ in asked]
        _drop_hooks(bench.tree, bool(files))
        return []


async def _again(bench: StepBench, before: LockResult, lenient: bool = False) -> LockResult:
    """The same lock file once more."""
    path = _manifest(before)
    if not before.exists:
        return await npm_conflicts(bench, path) or before
    results = await update_lock_files(bench, [path], lenient)
    return next((result for result in results if result.path == before.path), before)


def _drop_hooks(tree: SourceTree, moved: bool) -> None:
    """Nothing imports the old library any more: where it was asked for, the other one is."""
    for path, _, member in list(asked_for(tree, HOOKS)):
        text = tree.read(path) or ""
        kinds = {found[0] for found in members(text) if len(found) == 2 and found[1] == LIBRARY}
        text = remove_member(text, member.path)
        if moved and not kinds and member.path[0] != "peerDependencies":
            text = add_member(text, (member.path[0], LIBRARY), f"^{COMPANIONS[LIBRARY]}")
        tree.write(path, text)


def _manifest(result: LockResult) -> str:
    folder = result.path.rpartition("/")[0]
    return f"{folder}/package.json" if folder else "package.json"


def _excluded(result: LockResult) -> dict[str, list[str]]:
    """Package → those of our packages that it does not take in their new versions."""
    found: dict[str, list[str]] = {}
    for peer, wanted, package in sorted(result.conflicts):
        if peer in FAMILY and package not in VERSIONS and admits(wanted, _numbers(peer)) is False:
            found.setdefault(package, []).append(peer)
    return found


def _allow(tree: SourceTree, path: str, found: Mapping[str, Sequence[str]]) -> bool:
    """Whether something was added to the overrides."""
    text = before = tree.read(path) or ""
    for package, peers in found.items():
        for peer in peers:
            known = members(text)
            held = known.get(("overrides", package))
            if ("overrides", package, peer) not in known and (held is None or held.value is None):
                text = add_member(text, ("overrides", package, peer), _reference(known, peer))
    if text != before:
        tree.write(path, text)
    return text != before


def _reference(known: Iterable[JsonPath], peer: str) -> str:
    """npm's way to say "what the root asks for"."""
    is_asked = any((kind, peer) in known for kind in ("dependencies", "devDependencies", "optionalDependencies"))
    return f"${peer}" if is_asked else f"^{VERSIONS[peer]}"


def _numbers(peer: str) -> tuple[int, ...]:
    return tuple(map(int, VERSIONS[peer].split(".")))


def _allowed(tree: SourceTree, path: str, found: Iterable[str]) -> Iterator[Leftover]:
    text = tree.read(path) or ""
    for package in found:
        if member := members(text).get(("overrides", package)):
            reason = f"npm installs `{package}` beside React 18, which it does not take, only since `overrides` say so."
            yield Leftover(path, line_of(text, member), reason, f"{way_out(package)} Then remove the entry.")


def _forced(result: LockResult, found: Iterable[str]) -> Iterator[Leftover]:
    names = ", ".join(f"`{name}`" for name in found) or "some packages"
    if not result.exists:
        reason = f"npm refuses to install the packages, since {names} want other versions of their peers."
        yield Leftover(
            _manifest(result), 0, reason, "Install with `npm install --legacy-peer-deps`, or replace them.", True
        )
    elif not result.problem:
        reason = f"The lock file was written with --legacy-peer-deps, since {names} want other versions of their peers."
        fix = "Install with `npm ci --legacy-peer-deps` until they are replaced."
        yield Leftover(result.path, 0, reason, fix, True)
