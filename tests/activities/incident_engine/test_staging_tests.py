"""The commands of staging: at the fix's commit, in the sandbox, each time anew."""

from pathlib import Path

import pytest

from activities.errors import CommitsLost
from activities.incident_engine.staging_tests import StagingTarget, StagingTests
from activities.incidents.acting import StagingTestsInput, StagingTestsResult
from tests.activities.incident_engine.history import IncidentSite, make_incident_site


async def outcome_of(site: IncidentSite, command: str, sha: str = "", url: str = "") -> StagingTestsResult:
    workspace = await site.workspace()
    wanted = StagingTestsInput(workspace, sha or workspace.head_sha, command, "staging", url)
    return await StagingTests(site.site.host, site.gate).run(wanted, "Smoke tests")


@pytest.fixture
async def site(tmp_path: Path) -> IncidentSite:
    return await make_incident_site(tmp_path, {"a.txt": "one\n"})


async def test_the_command_runs_at_the_fix_for_the_environment(site: IncidentSite) -> None:
    fix = await site.commit("Fix", {"a.txt": "two\n"})
    await site.commit("Go on", {"a.txt": "three\n"})
    found = await outcome_of(site, 'grep -q two a.txt && test "$AUTOBUILD_ENVIRONMENT" = staging', fix)
    assert found == StagingTestsResult(True, "Smoke tests passed.")


async def test_a_failure_is_told_by_its_last_line(site: IncidentSite) -> None:
    found = await outcome_of(site, "echo begins; echo the page is empty >&2; exit 3")
    assert found == StagingTestsResult(False, "Smoke tests exited with code 3: the page is empty")


async def test_nothing_that_ran_before_counts(site: IncidentSite) -> None:
    command = 'test "$(date +%N)" != x && echo "$AUTOBUILD_ENVIRONMENT_URL" | grep -q example'
    assert (await outcome_of(site, command, url="https://staging.example.com/a")).passed
    assert not (await outcome_of(site, command)).passed


async def test_a_commit_that_is_not_here_is_lost(site: IncidentSite) -> None:
    with pytest.raises(CommitsLost):
        await outcome_of(site, "true", "f" * 40)


@pytest.mark.parametrize(
    ("url", "reaches"),
    [
        ("https://staging.example.com/a", "staging.example.com:443"),
        ("http://staging.example.com:8080", "staging.example.com:8080"),
        ("https://[2001:db8::1]/", "[2001:db8::1]:443"),
        ("", ""),
        ("staging.example.com", ""),
        ("ftp://staging.example.com", ""),
        ("https://staging.example.com:99999", ""),
        ("https://*.example.com", ""),
        ("https://10.0.0.0%2f8/", ""),
        ("https://", ""),
    ],
)
def test_only_a_web_address_can_be_reached(url: str, reaches: str) -> None:
    assert StagingTarget.of("staging", url).reaches == reaches
