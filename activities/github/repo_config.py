"""What commands, labels and merges need of `.github/autobuild.yml`: read without a clone, unless it is broken."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from activities.github.activity_errors import github_activity
from activities.github.errors import NotFound, Unavailable
from activities.github.merging.branch_protection import MergeMethod
from activities.github.protected_branches import default_branch, is_protected
from activities.github.urls import url_values
from activities.model import RepoRef
from activities.reporting import github_errors as texts
from activities.workspace.git import GitError

if TYPE_CHECKING:
    from activities.github.client import GitHub
    from activities.workspace.mirror import Workspaces


@dataclass(frozen=True)
class RepoSettingsInput:
    """The settings for a branch ("" is the default one), as they are now. One that is neither the default branch nor
    protected has no say: then they are the default branch's."""

    repo: RepoRef
    branch: str = ""


@dataclass(frozen=True)
class RepoSettings:
    """`labels` maps what is started (autobuild, incident) to the label that starts it; `commands` a slash command to
    the permission it needs, where the repository says so. `merge_method` "" is any that is allowed.

    `problem` is what is wrong with the file (`line` 1-based, 0 unknown); everything else is then that of its last valid
    version, of the commit `judged_by`, or the default where that is "".
    """

    labels: Mapping[str, str] = field(default_factory=lambda: {"autobuild": "autobuild", "incident": "incident"})
    commands: Mapping[str, str] = field(default_factory=dict)
    auto_merge: bool = False
    merge_method: MergeMethod = ""
    problem: str = ""
    line: int = 0
    default_branch: str = ""
    judged_by: str = ""


class RepoConfigActivities:
    """Reads only. Without `workspaces` a broken file is replaced by the defaults."""

    def __init__(self, github: "GitHub", workspaces: "Workspaces | None" = None) -> None:
        self._github = github
        self._workspaces = workspaces

    @github_activity
    async def get_repo_settings(self, input: RepoSettingsInput) -> RepoSettings:
        """Reads the settings for commands, labels and merging from .github/autobuild.yml.

        As it is now, by conditional requests, free where nothing has changed. Of the default or a protected branch
        only. No file gives the defaults; a broken one is replaced by its last valid version.
        """
        from activities.repo_config import PATH

        api = await self._github.installation(input.repo, {"contents": "read"})
        default = await default_branch(api, input.repo)
        branch = input.branch or default
        if branch != default and not await is_protected(api, input.repo, branch):
            branch = default
        try:
            where = url_values(input.repo, ref=branch)
            file = await api.getitem(f"/repos/{{owner}}/{{repo}}/contents/{PATH}{{?ref}}", where)
        except NotFound:
            return RepoSettings(default_branch=default)
        settings = await asyncio.to_thread(_settings_of_file, file)
        if settings.problem and self._workspaces:
            settings = await _last_valid(self._workspaces, input.repo, branch, settings)
        return replace(settings, default_branch=default)


def _settings_of_file(file: Any) -> RepoSettings:
    """`file` is GitHub's answer, a list for a folder."""
    from activities.repo_config import validate
    from activities.repo_config.error_messages import first_and_number

    if not isinstance(file, Mapping) or file["type"] != "file":
        return RepoSettings(problem=texts.CONFIG_IS_NO_FILE)
    # Up to 1 MB GitHub gives the content, above it only says how large it is.
    if file.get("encoding") != "base64":
        return RepoSettings(problem=texts.CONFIG_TOO_LARGE)
    text = base64.b64decode(file["content"])
    if mistakes := validate(text):
        return RepoSettings(problem=first_and_number(mistakes), line=mistakes[0].line)
    return _settings(text)


def _settings(text: bytes) -> RepoSettings:
    from activities.repo_config import parse

    config = parse(text)
    return RepoSettings(
        labels=config.labels.model_dump(),
        commands=dict(config.commands),
        auto_merge=config.auto_merge,
        merge_method="" if config.merge_method == "any" else config.merge_method,
    )


async def _last_valid(workspaces: "Workspaces", repo: RepoRef, branch: str, broken: RepoSettings) -> RepoSettings:
    """The settings of the last valid version, from the mirror: GitHub's API does not say which commits were the
    branch's own."""
    from activities.repo_config.versions import last_valid

    try:
        if not (tip := await workspaces.fetch_branch(repo, branch)):
            return broken
        valid = await last_valid(workspaces.mirror(repo), tip)
    except GitError as error:
        raise Unavailable(str(error)) from None
    settings = await asyncio.to_thread(_settings, valid.version.text or b"")
    return replace(settings, problem=broken.problem, line=broken.line, judged_by=valid.commit)
