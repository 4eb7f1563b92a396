"""`.github/autobuild.yml` of a branch, read without a clone: what commands, labels and merges need of it."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from activities.github.activity_errors import github_activity
from activities.github.errors import NotFound
from activities.github.merging.branch_protection import MergeMethod
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.reporting import github_errors as texts

if TYPE_CHECKING:
    from activities.github.client import GitHub


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


class RepoConfigActivities:
    """Reads only."""

    def __init__(self, github: "GitHub") -> None:
        self._github = github

    @github_activity
    async def get_repo_settings(self, input: RepoSettingsInput) -> RepoSettings:
        """Reads the settings for commands, labels and merging from .github/autobuild.yml.

        As it is now: two conditional requests, free where nothing has changed. No file, and a file with a mistake,
        give the defaults.
        """
        from activities.repo_config import PATH

        api = await self._github.installation(input.repo, {"contents": "read"})
        branch = str((await api.getitem("/repos/{owner}/{repo}", url_values(input.repo)))["default_branch"])
        where = url_values(input.repo, ref=input.branch or branch)
        try:
            file = await api.getitem(f"/repos/{{owner}}/{{repo}}/contents/{PATH}{{?ref}}", where)
        except NotFound:
            return RepoSettings(default_branch=branch)
        return replace(await asyncio.to_thread(_settings, file), default_branch=branch)


def _settings(file: Any) -> RepoSettings:
    """`file` is GitHub's answer, a list for a folder."""
    from activities.repo_config import parse, validate
    from activities.repo_config.error_messages import first_and_number

    if not isinstance(file, Mapping) or file["type"] != "file":
        return RepoSettings(problem=texts.CONFIG_IS_NO_FILE)
    # Up to 1 MB GitHub gives the content, above it only says how large it is.
    if file.get("encoding") != "base64":
        return RepoSettings(problem=texts.CONFIG_TOO_LARGE)
    text = base64.b64decode(file["content"])
    if mistakes := validate(text):
        return RepoSettings(problem=first_and_number(mistakes), line=mistakes[0].line)
    config = parse(text)
    return RepoSettings(
        labels=config.labels.model_dump(),
        commands=dict(config.commands),
        auto_merge=config.auto_merge,
        merge_method="" if config.merge_method == "any" else config.merge_method,
    )
