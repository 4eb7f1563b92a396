"""Releases: found by their tag, drafts too; created once; edited when their text changes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.github.client import GitHub
from activities.github.releases import CreateReleaseInput, CreateReleaseResult
from activities.github_activities import ReleaseActivities
from activities.model import RepoRef
from simulator.github import git
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked, done
from tests.openapi import assert_valid


@pytest.fixture(autouse=True)
def conforms_to_githubs_description(simulated: SimulatedGitHub) -> Iterator[None]:
    yield
    assert_valid(simulated.requests)


@pytest.fixture
def wanted(repo: RepoRef) -> CreateReleaseInput:
    return CreateReleaseInput(repo, "v1.0", "One", "- first\n- second\n")


async def there(github: GitHub, repo: RepoRef) -> list[Any]:
    api = await github.installation(repo, {"contents": "write"})
    return [each async for each in api.getiter(f"/repos/{repo.full_name}/releases")]


async def tip(simulated: SimulatedGitHub, ref: str) -> str:
    return (await git.refs(simulated.store.repository(NAME).path, "refs")).get(ref, "")


async def test_release_is_created_once(
    simulated: SimulatedGitHub, github: GitHub, releases: ReleaseActivities, repo: RepoRef, wanted: CreateReleaseInput
) -> None:
    made = await done(releases.create_release, wanted)
    assert made.changed
    assert made.url == f"{simulated.url}/{NAME}/releases/tag/v1.0"
    assert await tip(simulated, "refs/tags/v1.0") == await tip(simulated, "refs/heads/main")
    assert await done(releases.create_release, wanted) == CreateReleaseResult(made.id, made.url, changed=False)
    (release,) = await there(github, repo)
    assert (release["name"], release["body"].rstrip()) == ("One", "- first\n- second")


async def test_lost_answer_creates_no_second_release(
    simulated: SimulatedGitHub, github: GitHub, releases: ReleaseActivities, repo: RepoRef, wanted: CreateReleaseInput
) -> None:
    simulated.faults.add("POST", f"/repos/{NAME}/releases", "half", after=True)
    with pytest.raises(ApplicationError):
        await done(releases.create_release, wanted)
    assert not (await done(releases.create_release, wanted)).changed
    assert len(await there(github, repo)) == 1


async def test_new_text_edits_the_release(
    github: GitHub, releases: ReleaseActivities, repo: RepoRef, wanted: CreateReleaseInput
) -> None:
    made = await done(releases.create_release, wanted)
    edited = await done(releases.create_release, replace(wanted, name="The first", prerelease=True))
    assert edited == replace(made, changed=True)
    (release,) = await there(github, repo)
    assert (release["name"], release["prerelease"]) == ("The first", True)


async def test_draft_is_published_and_never_unpublished(
    github: GitHub, releases: ReleaseActivities, repo: RepoRef, wanted: CreateReleaseInput
) -> None:
    draft = replace(wanted, draft=True)
    made = await done(releases.create_release, draft)
    assert not (await done(releases.create_release, draft)).changed
    assert (await done(releases.create_release, wanted)).id == made.id
    assert not (await done(releases.create_release, draft)).changed
    (release,) = await there(github, repo)
    assert not release["draft"]


async def test_release_of_an_existing_tag(
    simulated: SimulatedGitHub, releases: ReleaseActivities, head: str, wanted: CreateReleaseInput
) -> None:
    await git.update_ref(simulated.store.repository(NAME).path, "refs/tags/v1.0", head)
    assert (await done(releases.create_release, wanted)).changed
    assert await tip(simulated, "refs/tags/v1.0") == head


async def test_new_tag_points_to_the_target(
    simulated: SimulatedGitHub, releases: ReleaseActivities, head: str, wanted: CreateReleaseInput
) -> None:
    await done(releases.create_release, replace(wanted, target=head))
    assert await tip(simulated, "refs/tags/v1.0") == head


async def test_long_body_is_cut_before_it_is_compared(
    simulated: SimulatedGitHub, github: GitHub, releases: ReleaseActivities, repo: RepoRef, wanted: CreateReleaseInput
) -> None:
    long = replace(wanted, body="word " * 40_000)
    await done(releases.create_release, long)
    assert not (await done(releases.create_release, long)).changed
    (release,) = await there(github, repo)
    assert len(release["body"]) <= 125_000
    assert release["body"].endswith("GitHub accepts 125,000 characters.")
    assert asked(simulated, "PATCH", f"/releases/{release['id']}") == 0


@pytest.mark.parametrize("tag", ["", "a b", "x..y", "v1.lock"])
async def test_invalid_tag_is_refused(releases: ReleaseActivities, wanted: CreateReleaseInput, tag: str) -> None:
    with pytest.raises(ApplicationError) as caught:
        await done(releases.create_release, replace(wanted, tag=tag))
    assert caught.value.type == "Validation"


async def test_missing_target_is_refused(releases: ReleaseActivities, wanted: CreateReleaseInput) -> None:
    with pytest.raises(ApplicationError, match=r"target\\_commitish") as caught:
        await done(releases.create_release, replace(wanted, target="nowhere"))
    assert caught.value.type == "Validation"
