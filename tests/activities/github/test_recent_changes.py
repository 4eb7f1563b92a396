"""What was changed before an incident, read from the simulated GitHub and from a folder."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from activities.github.client import GitHub
from activities.github.recent_changes.activities import NO_BRANCH, NO_REPOSITORY, WINDOW_S, RecentChangeActivities
from activities.github.recent_changes.types import FetchChangesInput
from activities.incidents.store import IncidentStore
from activities.incidents.types import Alert, FetchResult, IncidentScope, RecentChange
from activities.model import RepoRef
from activities.workspace.mirror import Workspaces
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, done
from tests.activities.incident_engine.history import make_incident_site
from tests.openapi import assert_valid

HOUR = 3600.0


class Changes:
    """The repository, and the activity."""

    def __init__(self, github: SimulatedGitHub, activities: RecentChangeActivities, repo: RepoRef) -> None:
        self.github, self.activities, self.repo = github, activities, repo
        self.store = IncidentStore(Path())
        self.paths: tuple[str, ...] = ()
        self.environment = ""

    @property
    def scope(self) -> IncidentScope:
        onset = self.github.store.time()
        return IncidentScope("i", "hello", ("hello",), onset, onset - HOUR, onset, self.repo)

    async def merged(self, name: str, *files: Mapping[str, str], method: str = "merge") -> str:
        """A pull request with a commit for each of these files."""
        for number, each in enumerate(files):
            await self.github.pushes.push_commit(NAME, name, each, f"{name} {number}")
        pull = await self.github.pulls.open_pull(NAME, name, "main", f"Bring {name}", "")
        self.github.store.advance(HOUR)
        return await self.github.merging.merge_pull(NAME, pull.number, method=method)

    def kept(self) -> tuple[RecentChange, ...]:
        return self.store.data(self.scope, Alert("generic", "g", "a")).changes or ()

    async def fetch(self) -> tuple[FetchResult, dict[str, RecentChange]]:
        """The result, and each change by its title."""
        scope = self.scope
        result = await done(self.activities.fetch_changes, FetchChangesInput(scope, self.paths, self.environment))
        found = self.store.data(scope, Alert("generic", "g", "a")).changes
        return result, {one.title: one for one in found or ()}


@pytest.fixture
def changes(
    simulated: SimulatedGitHub, github: GitHub, workspaces: Workspaces, incidents: IncidentStore, repo: RepoRef
) -> Changes:
    simulated.store.repository(NAME).protected.clear()
    made = Changes(simulated, RecentChangeActivities(github, incidents, workspaces), repo)
    made.store = incidents
    return made


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
async def test_a_pull_request_is_one_change(changes: Changes, method: str) -> None:
    before = changes.github.store.time()
    sha = await changes.merged("topic", {"a.py": "1\n2\n"}, {"b.py": "x = 1\ny = 2\n"}, method=method)
    result, found = await changes.fetch()
    change = found["Bring topic"]
    assert (change.sha, change.id, change.pull, change.sort) == (sha, sha, 1, "merge")
    assert change.paths == ("a.py", "b.py")
    assert change.hunks["b.py"] == ((2, 2),)
    assert (change.additions, change.deletions) == (3, 1)
    assert change.at >= before + HOUR - 1
    assert change.service == "hello"
    assert (result.problem, result.sources) == ("", ("git", "GitHub"))
    assert not [title for title in found if title.startswith("topic")]
    assert await changes.fetch() == (result, found)  # once more, it is the same
    assert_valid(changes.github.requests)


async def test_commits_are_of_the_sort_that_their_files_give(changes: Changes) -> None:
    push = changes.github.pushes.push_commit
    await push(NAME, "main", {"config/app.yaml": "a: 1\n"}, "Set a")
    await push(NAME, "main", {"requirements.txt": "x==1\n", "README.md": "x\n"}, "Bump x")
    await push(NAME, "main", {"svc/a.py": "1\n"}, "Code")
    changes.paths = ("svc/**",)
    _, found = await changes.fetch()
    assert {title: (one.sort, one.service) for title, one in found.items() if title != "Begin"} == {
        "Set a": ("configuration", ""), "Bump x": ("dependency", ""), "Code": ("commit", "hello"),
    }  # fmt: skip


async def test_a_deployment_gives_its_commits_their_time(changes: Changes) -> None:
    github = changes.github
    first = await github.pushes.push_commit(NAME, "main", {"a.py": "1\n"}, "One")
    await github.pushes.push_commit(NAME, "main", {"b.py": "2\n"}, "Two")
    old = await github.deployments.add_deployment(NAME, first)
    github.deployments.add_status(NAME, old.id, "success")
    github.store.advance(5 * HOUR)
    await github.deployments.add_deployment(NAME, "main", "staging")
    made = await github.deployments.add_deployment(NAME, "main")
    github.store.advance(HOUR)  # it waits for an approval
    started = github.store.time()
    github.deployments.add_status(NAME, made.id, "in_progress")
    github.store.advance(60)
    github.deployments.add_status(NAME, made.id, "success")
    await github.pushes.push_commit(NAME, "main", {"c.py": "3\n"}, "Three")
    back = await github.deployments.add_deployment(NAME, first)
    _, found = await changes.fetch()
    assert found["Two"].deployment == f"deployment:{made.id}"
    assert abs(found["Two"].at - started) < 3
    assert found["One"].deployment == f"deployment:{old.id}"
    assert found["Three"].deployment == ""
    listed = {one.id: one.paths for one in changes.kept() if one.sort == "deployment"}
    assert listed == {
        f"deployment:{old.id}": (), f"deployment:{made.id}": ("b.py",), f"deployment:{back.id}": ("b.py",),
    }  # fmt: skip
    changes.environment = "staging"
    _, found = await changes.fetch()
    assert found["Deployment to staging"].at < started
    assert_valid(github.requests)


async def test_releases_are_changes_too(changes: Changes) -> None:
    await changes.github.releases.add_release(NAME, "v1", "One")
    await changes.github.releases.add_release(NAME, "v2", "Two", draft=True)
    _, found = await changes.fetch()
    assert found["v1"].id == "release:v1"
    assert "v2" not in found


async def test_only_what_came_in_the_days_before_counts(changes: Changes) -> None:
    await changes.github.pushes.push_commit(NAME, "main", {"a.py": "1\n"}, "Old")
    changes.github.store.advance(WINDOW_S + HOUR)
    await changes.github.pushes.push_commit(NAME, "main", {"b.py": "2\n"}, "New")
    scope = changes.scope
    changes.github.store.advance(HOUR)
    await changes.github.pushes.push_commit(NAME, "main", {"c.py": "3\n"}, "Later")
    await done(changes.activities.fetch_changes, FetchChangesInput(scope))
    kept = changes.store.data(scope, Alert("generic", "g", "a")).changes
    assert [one.title for one in kept or ()] == ["New"]


async def test_without_the_permission_deployments_are_lacking(changes: Changes) -> None:
    del changes.github.store.app.permissions["deployments"]
    for installation in changes.github.store.installations.values():
        installation.permissions.pop("deployments", None)
    await changes.github.pushes.push_commit(NAME, "main", {"b.py": "2\n"}, "New")
    result, found = await changes.fetch()
    assert "New" in found
    assert result.problem == "Deployments could not be read: the App may not read them."
    assert changes.store.data(changes.scope, Alert("generic", "g", "a")).problems["changes"] == result.problem


async def test_many_changes_are_cut(changes: Changes) -> None:
    tip = await changes.github.pushes.push_commit(NAME, "main", {"b.py": "2\n"}, "New")
    repository = changes.github.store.repository(NAME)
    author = changes.github.store.author(changes.github.store.add_user("octocat"))
    from simulator.github import git
    from simulator.github.git import fast_import

    for number in range(205):
        tip = await fast_import.commit(repository.path, {"n.py": f"{number}\n"}, f"Commit {number}", author, tip)
    await git.update_ref(repository.path, "refs/heads/main", tip)
    result, found = await changes.fetch()
    assert (result.items, len(found)) == (200, 200)
    assert "the newest 200 count" in result.problem
    assert "Commit 204" in found


async def test_without_a_repository_there_is_a_sentence(changes: Changes, tmp_path: Path) -> None:
    nowhere = replace(changes.scope, repo=None)
    assert await done(changes.activities.fetch_changes, FetchChangesInput(nowhere)) == FetchResult(
        problem=NO_REPOSITORY
    )
    assert changes.store.data(nowhere, Alert("generic", "g", "a")).changes is None
    folder = replace(changes.scope, repo=RepoRef("octocat", "x", path=str(tmp_path)))
    assert (await done(changes.activities.fetch_changes, FetchChangesInput(folder))).problem == NO_BRANCH


async def test_a_folder_has_its_commits(tmp_path: Path) -> None:
    site = await make_incident_site(tmp_path, {"a.py": "1\n"})
    await site.commit("Old", {"a.py": "2\n"}, after=0)
    site.now += int(WINDOW_S)
    await site.commit("Break it", {"a.py": "3\n", "docs/x.md": "x\n"})
    activities = RecentChangeActivities(None, site.store, site.site.host.workspaces)
    result = await done(activities.fetch_changes, FetchChangesInput(site.scope))
    (change,) = site.store.data(site.scope, Alert("laptop", "g", "a")).changes or ()
    assert (change.title, change.paths, change.hunks["a.py"]) == ("Break it", ("a.py", "docs/x.md"), ((1, 1),))
    assert (change.at, result.sources) == (float(site.now), ("git",))
