"""What commands, labels and merges need of `.github/autobuild.yml`: read without a clone, unless it is broken."""

import asyncio
import base64
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from activities.github.activity_errors import github_activity
from activities.github.errors import NotFound, Unavailable
from activities.github.merging.branch_protection import MergeMethod
from activities.github.protected_branches import default_branch, is_protected
from activities.github.pulls import pull_of
from activities.github.urls import url_values
from activities.model import CONFIG_PATHS, Head, RepoRef
from activities.reporting import github_errors as texts
from activities.workspace.git import GitError

if TYPE_CHECKING:
    from activities.github.client import API, GitHub
    from activities.workspace.mirror import Workspaces

_MOST_PULLS = 2000
"""More heads than these do not fit in a history."""


@dataclass(frozen=True)
class RepoSettingsInput:
    """The settings for a branch ("" is the default one), as they are now. One that is neither the default branch nor
    protected has no say: then they are the default branch's."""

    repo: RepoRef
    branch: str = ""


@dataclass(frozen=True)
class RepoSettings:
    """`labels` maps what is started (autobuild, incident) to the label that starts it; `commands` a slash command to
    the permission it needs, where the repository says so. `merge_method` "" is any that is allowed. `incident_alerts`
    is what of GitHub itself starts an incident: `deployments`, `red_branch`.

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
    incident_alerts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConfigFileInput:
    """The configuration's file at the commit `sha` of a branch, and at `before`, the one before it ("" none)."""

    repo: RepoRef
    branch: str
    sha: str
    before: str = ""


@dataclass(frozen=True)
class ConfigFileResult:
    """`judges`: pull requests are judged by this branch's file, it is the default or a protected one. `blob` is the
    file's id in git, "" where there is none, `before` what it was."""

    judges: bool = False
    blob: str = ""
    before: str = ""


@dataclass(frozen=True)
class JudgedPullsInput:
    """The pull requests that a branch's configuration judges."""

    repo: RepoRef
    branch: str


@dataclass(frozen=True)
class JudgedPullsResult:
    """Heads of open pull requests without their shas, the newest first."""

    heads: tuple[Head, ...] = ()


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
        api = await self._github.for_gate(input.repo, {"contents": "read"})
        default = await default_branch(api, input.repo)
        branch = input.branch or default
        if branch != default and not await is_protected(api, input.repo, branch):
            branch = default
        file = await _file(api, url_values(input.repo, ref=branch))
        if file is None:
            return RepoSettings(default_branch=default)
        settings = await asyncio.to_thread(_settings_of_file, file)
        if settings.problem and self._workspaces:
            settings = await _last_valid(self._workspaces, input.repo, branch, settings)
        return replace(settings, default_branch=default)

    @github_activity
    async def get_config_file(self, input: ConfigFileInput) -> ConfigFileResult:
        """Returns which file .github/autobuild.yml is on a branch, and whether it judges pull requests."""
        api = await self._github.for_gate(input.repo, {"contents": "read"})
        default = await default_branch(api, input.repo)
        if input.branch != default and not await is_protected(api, input.repo, input.branch):
            return ConfigFileResult()
        blob, before = await _blob(api, input.repo, input.sha), ""
        if input.before:
            try:
                before = await _blob(api, input.repo, input.before)
            except NotFound:  # forgotten after a force push, so nobody knows
                before = "unknown"
        return ConfigFileResult(True, blob, before)

    @github_activity
    async def list_judged_pulls(self, input: JudgedPullsInput) -> JudgedPullsResult:
        """Lists the open pull requests that a branch's configuration judges."""
        repo = input.repo
        api = await self._github.for_gate(repo, {"contents": "read", "pull_requests": "read"})
        default = await default_branch(api, repo)
        judged: dict[str, bool] = {}
        heads: list[Head] = []
        url = "/repos/{owner}/{repo}/pulls?state=open&per_page=100"
        async for data in api.getiter(url, url_values(repo)):
            pull = pull_of(data)
            base = pull.base_ref
            if base not in judged:
                own = base == default or await is_protected(api, repo, base)
                judged[base] = input.branch == (base if own else default)
            if judged[base] and len(heads) < _MOST_PULLS:
                heads.append(Head(repo, "", pull.head_ref, base, pull=pull.number, fork=pull.fork))
        return JudgedPullsResult(tuple(heads))


async def _file(api: "API", where: Mapping[str, str]) -> Any:
    """GitHub's answer for the file's path in a commit, None where there is nothing."""
    for path in CONFIG_PATHS:
        with suppress(NotFound):
            return await api.getitem(f"/repos/{{owner}}/{{repo}}/contents/{path}{{?ref}}", where)
    return None


async def _blob(api: "API", repo: RepoRef, sha: str) -> str:
    """The id of what is at the file's path in a commit, "" for nothing. `NotFound` for a commit that GitHub does not
    know, since an event may be quicker."""
    where = url_values(repo, sha=sha, ref=sha)
    file = await _file(api, where)
    if file is None:
        await api.getitem("/repos/{owner}/{repo}/git/commits/{sha}", where)
        return ""
    return str(file["sha"]) if isinstance(file, Mapping) else "folder"


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
        incident_alerts=config.incidents.alerts,
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
