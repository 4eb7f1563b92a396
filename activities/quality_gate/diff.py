"""What a head changes: lines, names, and the tools' own configuration."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from activities.model import CheckResult
from activities.quality_gate import tool_config_changes
from activities.quality_gate.changed_lines import changed_lines
from activities.quality_gate.types import Workspace
from activities.workspace.mirror import Workspaces

_MOST_SHARED = 20


@dataclass(frozen=True)
class HeadDiff:
    """What a head changes: the lines it wrote, which files it renamed (old path → new path), all paths it touches,
    and (before, after) of those files among them that configure tools beside other things."""

    lines: Mapping[str, frozenset[int]]
    renamed: Mapping[str, str]
    paths: tuple[str, ...] = ()
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def told(self, judged: CheckResult) -> CheckResult:
        """The verdict, with a word about what the change does to the tools' own configuration."""
        said = tool_config_changes.sentence(judged.check.name, self.paths, lambda path: self.texts[path])
        reason = f"{judged.check.reason} {said}".strip()
        return replace(judged, check=replace(judged.check, reason=reason))


async def read_change(workspaces: Workspaces, workspace: Workspace) -> HeadDiff:
    """From the mirror. Without a base everything is new, and nothing was edited."""
    where = (workspace.repo, workspace.base_sha, workspace.head_sha)
    diff, renamed = await asyncio.gather(workspaces.diff(*where), workspaces.renamed(*where))
    lines = await asyncio.to_thread(changed_lines, diff)
    if not workspace.base_sha:
        return HeadDiff(lines, renamed)
    paths = await workspaces.touched(*where)
    shared = [path for path in paths if path.rpartition("/")[2] in tool_config_changes.SHARED]
    texts = {path: await _before_and_after(workspaces, workspace, path) for path in shared[:_MOST_SHARED]}
    return HeadDiff(lines, renamed, tuple(path for path in paths if path in texts or path not in shared), texts)


async def _before_and_after(workspaces: Workspaces, workspace: Workspace, path: str) -> tuple[str, str]:
    before, after = [
        await workspaces.show(workspace.repo, sha, path) or "" for sha in (workspace.base_sha, workspace.head_sha)
    ]
    return before, after
