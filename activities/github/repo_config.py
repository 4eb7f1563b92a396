"""`.github/autobuild.yml` of a branch, read without a clone: what commands, labels and merges need of it."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from activities.github.client import GitHub
from activities.github.client.api import API
from activities.github.client.errors import NotFound
from activities.github.types.repo_config import RepoSettings, RepoSettingsInput
from activities.repo_config import PATH, parse, validate
from activities.repo_config.error_messages import first_and_number

_TOO_LARGE = "The file is larger than 1 MB: keep to what the gate needs."
_NO_FILE = "This is no plain file: put the configuration itself there."


async def read(github: GitHub, wanted: RepoSettingsInput) -> RepoSettings:
    """As they are now: two conditional requests, free where nothing has changed. No file, and a file with a mistake,
    give the defaults."""
    api = await github.installation(wanted.repo, {"contents": "read"})
    names = {"owner": wanted.repo.owner, "repo": wanted.repo.name}
    branch = str((await api.getitem("/repos/{owner}/{repo}", names))["default_branch"])
    file = await _file(api, names | {"ref": wanted.branch or branch})
    settings = RepoSettings() if file is None else await asyncio.to_thread(_settings, file)
    return replace(settings, default_branch=branch)


async def _file(api: API, names: Mapping[str, str]) -> Any:
    """GitHub's answer, a list for a folder; None where there is nothing."""
    try:
        return await api.getitem(f"/repos/{{owner}}/{{repo}}/contents/{PATH}{{?ref}}", names)
    except NotFound:
        return None


def _settings(file: Any) -> RepoSettings:
    if not isinstance(file, Mapping) or file["type"] != "file":
        return RepoSettings(problem=_NO_FILE)
    # Up to 1 MB GitHub gives the content, above it only says how large it is.
    if file.get("encoding") != "base64":
        return RepoSettings(problem=_TOO_LARGE)
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
