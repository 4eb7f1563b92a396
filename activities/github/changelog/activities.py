"""The activity that writes a changelog. The Markdown stays in the result store of the host that wrote it."""

import asyncio
import base64
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from activities.errors import UserError
from activities.github.activity_errors import github_activity
from activities.github.changelog.grouping import ReleaseFile, grouped, plain_title
from activities.github.changelog.release_file import PATHS, TOO_LARGE, read_release_file
from activities.github.changelog.types import ChangelogInput, ChangelogResult, ReleasedPull
from activities.github.errors import NotFound
from activities.github.urls import url_values
from activities.heartbeat import heartbeating
from activities.reporting.markdown import code, escape_markdown

if TYPE_CHECKING:
    from activities.github.client import API, GitHub
    from activities.result_store import ResultStore

Json = Mapping[str, Any]

_MOST_COMMITS = 10_000
_MOST_LISTED = 2_000
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")
NOTHING = "No pull request was merged between these versions."


class ChangelogActivities:
    """It may run again: the same versions give the same text."""

    def __init__(self, github: "GitHub", results: "ResultStore") -> None:
        self._github = github
        self._results = results

    @github_activity
    async def generate_changelog(self, input: ChangelogInput) -> ChangelogResult:
        """Writes what was merged between two versions as Markdown, grouped as `.github/release.yml` says."""
        from activities.result_store import digest

        async with heartbeating():
            api = await self._github.installation(
                input.repo, {"contents": "read", "metadata": "read", "pull_requests": "read"}
            )
            begin, shas = await _commits_between(api, input)
            pulls = await _merged_pulls(api, input, begin, shas)
            file = await _release_file(api, input)
            groups = grouped(pulls, file)
            shown = [pull for group in groups.values() for pull in group]
            people = sorted({pull.author for pull in shown if not pull.by_bot and _LOGIN.fullmatch(pull.author)})
            name = api.full_name(input.repo)
            text = _markdown(groups, people, f"{self._github.web_url}/{name}", input)
            key = digest("changelog", name, input.from_version, input.to_version, text)
            await asyncio.to_thread(self._results.put_facts, key, {"text": text})
        return ChangelogResult(key, len(shown), len(people), len(pulls) - len(shown), file.problem)


async def _commits_between(api: "API", input: ChangelogInput) -> tuple[str, frozenset[str]]:
    """When the older version was committed, as GitHub writes times, and the commits that only the newer one has."""
    values = url_values(input.repo, range=f"{input.from_version}...{input.to_version}")
    url = "/repos/{owner}/{repo}/compare/{range}?per_page=100"
    shas: set[str] = set()
    try:
        first = await api.getitem(url, values)
        async for each in api.getiter(url, values, iterable_key="commits"):
            shas.add(str(each["sha"]))
            if len(shas) >= _MOST_COMMITS:
                break
    except NotFound:
        versions = f"{code(input.from_version)} and {code(input.to_version)}"
        raise UserError(
            f"GitHub cannot compare {versions}. Both have to be tags, branches or commits of the repository."
        ) from None
    return str(first["merge_base_commit"]["commit"]["committer"]["date"]), frozenset(shas)


async def _merged_pulls(
    api: "API", input: ChangelogInput, begin: str, shas: frozenset[str]
) -> tuple[ReleasedPull, ...]:
    """Those whose merge is one of the commits, the first that was merged first."""
    found: list[tuple[str, ReleasedPull]] = []
    listed = 0
    url = "/repos/{owner}/{repo}/pulls?state=closed&sort=updated&direction=desc&per_page=100"
    async for each in api.getiter(url, url_values(input.repo)):
        listed += 1
        # A merge is an update, and both times are written alike.
        if listed > _MOST_LISTED or str(each["updated_at"]) < begin:
            break
        if not each.get("merged_at") or each.get("merge_commit_sha") not in shas:
            continue
        user = each.get("user") or {}
        labels = frozenset(str(label["name"]).casefold() for label in each.get("labels") or ())
        author, bot = str(user.get("login") or ""), user.get("type") == "Bot"
        pull = ReleasedPull(int(each["number"]), str(each["title"]), author, bot, labels)
        found.append((str(each["merged_at"]), pull))
    return tuple(pull for _, pull in sorted(found, key=lambda one: (one[0], one[1].number)))


async def _release_file(api: "API", input: ChangelogInput) -> ReleaseFile:
    """As it is in the newer version."""
    for path in PATHS:
        with suppress(NotFound):
            where = url_values(input.repo, ref=input.to_version)
            file = await api.getitem(f"/repos/{{owner}}/{{repo}}/contents/{path}{{?ref}}", where)
            if not isinstance(file, Mapping) or file.get("type") != "file":
                continue
            # Up to 1 MB GitHub gives the content, above it only says how large it is.
            if file.get("encoding") != "base64":
                return ReleaseFile(problem=TOO_LARGE)
            return await asyncio.to_thread(read_release_file, base64.b64decode(file["content"]))
    return ReleaseFile()


def _markdown(groups: Mapping[str, list[ReleasedPull]], people: list[str], web: str, input: ChangelogInput) -> str:
    from urllib.parse import quote

    lines = []
    for title, pulls in groups.items():
        lines += [f"## {escape_markdown(title, 100)}", ""]
        for pull in pulls:
            by = f" by @{pull.author}" if _LOGIN.fullmatch(pull.author) and not pull.by_bot else ""
            lines.append(f"- {escape_markdown(plain_title(pull), 200)} (#{pull.number}){by}")
        lines.append("")
    if not groups:
        lines += [NOTHING, ""]
    if people:
        lines += ["## Contributors", "", ", ".join(f"@{name}" for name in people), ""]
    both = f"{quote(input.from_version, safe='')}...{quote(input.to_version, safe='')}"
    return "\n".join([*lines, f"[All changes]({web}/compare/{both})", ""])
