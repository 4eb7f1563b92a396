"""A changelog of what was merged, read from the simulated GitHub."""

from dataclasses import dataclass

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.changelog.activities import NOTHING, ChangelogActivities
from activities.github.changelog.release_file import NOT_KNOWN, NOT_READABLE
from activities.github.changelog.types import ChangelogInput, ChangelogResult
from activities.github.client import GitHub
from activities.model import RepoRef
from activities.result_store import ResultStore
from simulator.github import git
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, done
from tests.openapi import assert_valid


@dataclass
class Changelog:
    """The repository, and the activity; `v1` is the tag before everything that is merged here."""

    github: SimulatedGitHub
    activities: ChangelogActivities
    results: ResultStore
    repo: RepoRef

    async def tag(self, name: str) -> None:
        path = self.github.store.repository(NAME).path
        await git.update_ref(path, f"refs/tags/{name}", (await git.refs(path, "refs/heads/main"))["refs/heads/main"])

    async def merged(self, title: str, *labels: str, login: str = "octocat", method: str = "squash") -> None:
        branch = f"topic-{len(self.github.store.repository(NAME).issues)}"
        await self.github.pushes.push_commit(NAME, branch, {f"{branch}.py": "x = 1\n"}, title)
        pull = await self.github.pulls.open_pull(NAME, branch, "main", title, "", login=login)
        for label in labels:
            self.github.issues.add_label(NAME, pull.number, label)
        self.github.store.advance(60)
        await self.github.merging.merge_pull(NAME, pull.number, method=method)

    async def release_file(self, text: str) -> None:
        await self.github.pushes.push_commit(NAME, "main", {".github/release.yml": text}, "Group the changes")

    async def between(self, one: str = "v1", other: str = "main") -> tuple[ChangelogResult, list[str]]:
        """The result, and the lines of its text."""
        found = await done(self.activities.generate_changelog, ChangelogInput(self.repo, one, other))
        return found, str((self.results.facts(found.text_id) or {})["text"]).splitlines()


@pytest.fixture
async def changelog(simulated: SimulatedGitHub, github: GitHub, results: ResultStore, repo: RepoRef) -> Changelog:
    simulated.store.repository(NAME).protected.clear()
    made = Changelog(simulated, ChangelogActivities(github, results), results, repo)
    await made.merged("feat: what is in v1 already")
    await made.tag("v1")
    return made


async def test_labels_and_prefixes_group(changelog: Changelog) -> None:
    await changelog.merged("fix(lists): empty lists fail", method="merge")
    await changelog.merged("feat!: drop the old format", method="rebase")
    await changelog.merged("Show *totals*", "Enhancement", login="hubot")
    await changelog.merged("chore: tidy")
    await changelog.merged("Something else")
    await changelog.tag("v2")
    await changelog.merged("feat: after v2")
    found, lines = await changelog.between("v1", "v2")
    assert (found.pulls, found.contributors, found.left_out, found.problem) == (5, 2, 0, "")
    assert [line for line in lines if line and not line.startswith("[")] == [
        "## Breaking changes", "- Drop the old format (#3) by @octocat",
        "## Features", "- Show \\*totals\\* (#4) by @hubot",
        "## Fixes", "- lists: Empty lists fail (#2) by @octocat",
        "## Other changes", "- Something else (#6) by @octocat",
        "## Internal changes", "- Tidy (#5) by @octocat",
        "## Contributors", "@hubot, @octocat",
    ]  # fmt: skip
    assert lines[-1].endswith("/octocat/hello/compare/v1...v2)")
    assert await changelog.between("v1", "v2") == (found, lines)
    assert_valid(changelog.github.requests)


async def test_the_repositorys_release_file_groups(changelog: Changelog) -> None:
    await changelog.release_file(
        "changelog:\n"
        "  exclude: {labels: [skip], authors: [hubot]}\n"
        "  categories:\n"
        "    - {title: 'New :tada:', labels: [enhancement], exclude: {labels: [small]}}\n"
        "    - {title: The rest, labels: ['*']}\n"
    )
    await changelog.merged("One", "enhancement")
    await changelog.merged("Two", "enhancement", "small")
    await changelog.merged("Three", "skip")
    await changelog.merged("Four", login="hubot")
    found, lines = await changelog.between()
    assert (found.pulls, found.left_out) == (2, 2)
    text = "\n".join(lines)
    assert text.index("New") < text.index("One") < text.index("The rest") < text.index("Two")
    assert "Three" not in text
    assert "hubot" not in text


@pytest.mark.parametrize(("text", "problem"), [("a: [", NOT_READABLE), ("- 1", NOT_KNOWN), ("changelog: 3", NOT_KNOWN)])
async def test_a_release_file_that_cannot_be_used_is_named(changelog: Changelog, text: str, problem: str) -> None:
    await changelog.release_file(text)
    await changelog.merged("fix: one")
    found, lines = await changelog.between()
    assert (found.pulls, found.problem) == (1, problem)
    assert "## Fixes" in lines


async def test_nothing_that_was_merged_is_said(changelog: Changelog) -> None:
    found, lines = await changelog.between("v1", "v1")
    assert (found.pulls, lines[0]) == (0, NOTHING)


async def test_an_unknown_version_is_said(changelog: Changelog) -> None:
    with pytest.raises(ApplicationError, match="Both have to be tags, branches or commits"):
        await changelog.between("v0")
