"""What a head changes: the lines it wrote, renamed files, and the tools' own configuration."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from activities import tools
from activities.quality_gate.diff_headers import diff_headers
from activities.quality_gate.old_lines import moved_lines
from activities.quality_gate.shared_files import Texts, is_shared
from activities.quality_gate.types import Workspace
from activities.quality_gate.weakened_checks import Suppression, added_suppressions, removed_tests
from activities.workspace.mirror import Workspaces

_MOST_LINES = 500_000
"""A change of more lines counts as none: what covers it would tell nothing."""
_MOST_SHARED = 20


@dataclass(frozen=True)
class HeadDiff:
    """What a head changes: the lines it wrote, which files it renamed (old path → new path), all paths it touches and
    those that are new, (before, after) of those files among them that configure tools beside other things, the names of
    tests whose definition it removes, those of its lines that it only moved, and the comments it adds that silence
    tools."""

    lines: Mapping[str, frozenset[int]]
    renamed: Mapping[str, str]
    paths: tuple[str, ...] = ()
    added: frozenset[str] = frozenset()
    texts: Texts = field(default_factory=dict)
    removed_tests: tuple[str, ...] = ()
    moved: Mapping[str, frozenset[int]] = field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()


async def read_change(workspaces: Workspaces, workspace: Workspace) -> HeadDiff:
    """From the mirror. Without a base everything is new, and nothing was edited."""
    repo, base, head = workspace.repo, workspace.base_sha, workspace.head_sha
    diff, renamed = await asyncio.gather(workspaces.diff(repo, base, head), workspaces.renamed_paths(repo, base, head))
    lines = await asyncio.to_thread(changed_lines, diff)
    if not base:
        return HeadDiff(lines, renamed)
    changed = await workspaces.changed_paths(repo, base, head)
    paths, added = tuple(changed), frozenset(path for path, status in changed.items() if status == "A")
    shared = [path for path in paths if is_shared(path)]
    texts = {}
    for path in sorted(shared, key=lambda path: (path.count("/"), path))[:_MOST_SHARED]:
        before, after = [await workspaces.read_file(repo, sha, path) or "" for sha in (base, head)]
        texts[path] = (before, after)
    removed, moved = await asyncio.to_thread(lambda: (removed_tests(diff), moved_lines(diff) if lines else {}))
    silenced = await asyncio.to_thread(added_suppressions, diff, tools.registry().values())
    return HeadDiff(lines, renamed, paths, added, texts, removed, moved, silenced)


def changed_lines(diff: bytes) -> Mapping[str, frozenset[int]]:
    """Path in the head → the 1-based lines that the change wrote; files without one are left out. `diff` is git's,
    made with `DIFF_MARKS` and without context."""
    found: dict[str, list[range]] = {}
    left = _MOST_LINES
    for path, start, count, _ in diff_headers(diff):
        left -= count
        if left < 0:
            return {}
        if count:
            found.setdefault(path, []).append(range(start, start + count))
    return {path: frozenset(line for lines in ranges for line in lines) for path, ranges in found.items()}
