"""Which configuration judges a head, and what is to be said of it: what is broken, and what the head changes."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cachetools import LRUCache

from activities.model import CONFIG_PATHS, ConfigChange, ConfigNotes, Mistake
from activities.quality_gate.types import Workspace
from activities.repo_config import parse, unknown_commands
from activities.repo_config.changes import changes
from activities.repo_config.error_messages import NOT_READ
from activities.repo_config.versions import ConfigVersion, ValidVersion, last_valid, version_at
from activities.reporting.github_errors import CONFIG_IS_NO_FILE
from activities.workspace.mirror import Workspaces
from activities.workspace.objects import ChangedEntry, changed_entries

_MOST_CHANGES = 40
_KEPT = 64
# In any case of letters, these are what a person may take for the file's name.
_LOOK_ALIKES = tuple(
    f"{folder}{dot}autobuild.{ending}" for folder in (".github/", "") for dot in ("", ".") for ending in ("yml", "yaml")
)
_PATHSPECS = tuple(f":(icase){path}" for path in _LOOK_ALIKES)


@dataclass(frozen=True)
class JudgingConfiguration:
    """`version` judges: it has no mistake."""

    version: ConfigVersion
    notes: ConfigNotes


class Configurations:
    """The configurations of a host's repositories. What a commit holds never changes, so the last tips are kept.
    `commands` are those that a change of a configuration may name; one that judges already may have others."""

    def __init__(self, workspaces: Workspaces, commands: Collection[str] = ()) -> None:
        self._workspaces = workspaces
        self._commands = commands
        self._tips: LRUCache[tuple[str, str], tuple[ConfigVersion, ValidVersion]] = LRUCache(_KEPT)

    async def judging(self, workspace: Workspace) -> JudgingConfiguration:
        """The version at the tip of the branch whose file judges. Where that is broken it is the last valid one, so
        that the pull request that repairs the file can pass."""
        mirror, head = self._workspaces.mirror(workspace.repo), workspace.head
        (tip, valid), edited = await asyncio.gather(
            self._tip(mirror, workspace), changed_entries(mirror, workspace.base_sha, head.sha, *_PATHSPECS)
        )
        notes = ConfigNotes(
            branch=workspace.config_branch,
            blob=tip.blob,
            unprotected=head.base_ref if head.pull and not workspace.protected_base else "",
            broken=tip.mistakes,
            broken_since=valid.broken_since,
            judged_by=valid.commit if tip.mistakes else "",
            in_effect=not head.pull and head.branch == workspace.config_branch,
        )
        if edited is None:  # a folder of the file's name, with more files than anybody needs
            notes = replace(notes, edited=True, mistakes=(Mistake(1, CONFIG_IS_NO_FILE),))
        elif edited:
            notes = await self._with_changes(mirror, workspace, notes, edited, valid.version)
        return JudgingConfiguration(valid.version, notes)

    async def _tip(self, mirror: Path, workspace: Workspace) -> tuple[ConfigVersion, ValidVersion]:
        key = (workspace.repo.full_name, workspace.config_sha)
        if key not in self._tips:
            tip = await version_at(mirror, workspace.config_sha)
            valid = ValidVersion(tip, workspace.config_sha, "")
            if tip.mistakes:
                valid = await last_valid(mirror, workspace.config_sha)
            self._tips[key] = (tip, valid)
        return self._tips[key]

    async def _with_changes(
        self,
        mirror: Path,
        workspace: Workspace,
        notes: ConfigNotes,
        edited: Sequence[ChangedEntry],
        judging: ConfigVersion,
    ) -> ConfigNotes:
        """With what the head changes in the file, and the files that it adds or edits beside it."""
        own = any(each.path in CONFIG_PATHS for each in edited)
        there = [each.path for each in edited if each.after and each.path not in CONFIG_PATHS]
        beside = [path for path in there if path.lower() in _LOOK_ALIKES]
        wrong = tuple(Mistake(1, NOT_READ, path) for path in beside if "/" in path)
        notes = replace(notes, mistakes=wrong, unread=tuple(path for path in beside if "/" not in path))
        if any(path.startswith(tuple(f"{name}/" for name in CONFIG_PATHS)) for path in there):
            return replace(notes, edited=True, mistakes=(Mistake(1, CONFIG_IS_NO_FILE), *wrong))
        if not own:
            return notes
        after = await version_at(mirror, workspace.head_sha)
        mistakes = after.mistakes or tuple(unknown_commands(after.text or b"", self._commands))
        if mistakes:
            return replace(notes, edited=True, mistakes=(*mistakes, *wrong))
        # A file that was broken before is repaired: what changes is what judges until then.
        before = await version_at(mirror, workspace.base_sha) if workspace.base_sha else judging
        found = await asyncio.to_thread(_changes, judging if before.mistakes else before, after)
        return replace(
            notes, edited=True, changes=tuple(found[:_MOST_CHANGES]), more=max(0, len(found) - _MOST_CHANGES)
        )


def _changes(before: ConfigVersion, after: ConfigVersion) -> list[ConfigChange]:
    return changes(parse(before.text or b""), parse(after.text or b""))
