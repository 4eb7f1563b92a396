"""A repository's own settings of the bot, as far as workflows need them: `.github/autobuild.yml` in small."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from activities.github.types.pulls import MergeMethod
from activities.model import RepoRef


@dataclass(frozen=True)
class RepoSettingsInput:
    """The settings on a branch ("" is the default one), as they are now."""

    repo: RepoRef
    branch: str = ""


@dataclass(frozen=True)
class RepoSettings:
    """`labels` maps what is started (autobuild, incident) to the label that starts it; `commands` a slash command to
    the permission it needs, where the repository says so. `merge_method` "" is any that is allowed.

    `problem` is what is wrong with the file (`line` 1-based, 0 unknown); everything else is the default then.
    """

    labels: Mapping[str, str] = field(default_factory=lambda: {"autobuild": "autobuild", "incident": "incident"})
    commands: Mapping[str, str] = field(default_factory=dict)
    auto_merge: bool = False
    merge_method: MergeMethod = ""
    problem: str = ""
    line: int = 0
    default_branch: str = ""
