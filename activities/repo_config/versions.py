"""Versions of `.github/autobuild.yml` in a mirror: a commit's own, and the last valid one of a branch."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from activities.model import CONFIG_PATHS, Mistake
from activities.repo_config import validate
from activities.repo_config.error_messages import TWO_CONFIGS
from activities.repo_config.strict_yaml import LARGEST
from activities.reporting.github_errors import CONFIG_IS_NO_FILE
from activities.workspace.objects import PathEntry, commits_of, entry_at, read_blob

_MOST_VERSIONS = 50


@dataclass(frozen=True)
class ConfigVersion:
    """The file as a commit has it. `blob` is its id in git, "" without a file, and then `text` is None: the defaults.
    With `mistakes` the text must not be used."""

    blob: str = ""
    text: bytes | None = None
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True)
class ValidVersion:
    """The version that is used instead of a broken one. `commit` is where it comes from, "" for the defaults;
    `broken_since` the first commit that is broken."""

    version: ConfigVersion
    commit: str
    broken_since: str


async def version_of(mirror: Path, entry: PathEntry | None) -> ConfigVersion:
    """What is at the file's path; a link, a folder or a submodule is a mistake."""
    if entry is None:
        return ConfigVersion()
    if not entry.is_file:
        return ConfigVersion(entry.id, mistakes=(Mistake(1, CONFIG_IS_NO_FILE),))
    text = await read_blob(mirror, entry.id, LARGEST)
    if text is None:
        text = b" " * (LARGEST + 1)  # its beginning is not the file
    mistakes = await asyncio.to_thread(validate, text)
    return ConfigVersion(entry.id, text, tuple(mistakes))


async def version_at(mirror: Path, sha: str) -> ConfigVersion:
    """A commit's version. Two files, of both names, are a mistake: nobody knows which was meant."""
    first, other = [await entry_at(mirror, sha, path) for path in CONFIG_PATHS]
    if first and other:
        return ConfigVersion(first.id, mistakes=(Mistake(1, TWO_CONFIGS, CONFIG_PATHS[1]),))
    return await version_of(mirror, first or other)


async def last_valid(mirror: Path, tip: str) -> ValidVersion:
    """The last version of the branch with this tip that has no mistake. The defaults, where that is too long ago, or
    there never was one."""
    broken_since = tip
    for commit in await commits_of(mirror, tip, CONFIG_PATHS, _MOST_VERSIONS):
        version = await version_at(mirror, commit)
        if not version.mistakes:
            return ValidVersion(version, commit if version.blob else "", broken_since)
        broken_since = commit
    return ValidVersion(ConfigVersion(), "", broken_since)
