"""`autobuild protect`: the gate's check run becomes required, beside what is there, and each refusal is a sentence."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from activities.errors import UserError
from activities.workspace.git import git_environment
from bot.required_check import CHECK, protect
from simulator.github.git import GitCommandError
from simulator.github.rest.faults import Kind
from simulator.github.server import SimulatedGitHub
from tests.openapi import assert_valid

REPO = "octocat/hello"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Making one takes a while."""
    return SimulatedGitHub(tmp_path_factory.mktemp("key")).private_key_pem


@pytest.fixture
async def github(tmp_path: Path, key: str) -> AsyncIterator[SimulatedGitHub]:
    (tmp_path / "app.pem").write_text(key)
    async with SimulatedGitHub(tmp_path) as server:
        await server.repositories.add_repository(REPO, {"a.py": "x = 1\n"})
        await server.pushes.push_commit(REPO, "release", {"a.py": "x = 2\n"})
        yield server
        assert_valid(server.requests)


def environ_of(github: SimulatedGitHub, login: str = "octocat", **more: str) -> dict[str, str]:
    return {
        "AUTOBUILD_APP_ID": str(github.app_id),
        "AUTOBUILD_PRIVATE_KEY": github.private_key_pem,
        "AUTOBUILD_GITHUB_URL": github.url,
        "AUTOBUILD_GITHUB_API_URL": github.api_url,
        "GITHUB_TOKEN": github.store.add_user(login).token if login else "",
        **more,
    }


async def said(environ: Mapping[str, str], repository: str = REPO, branch: str = "", *, yes: bool = True) -> str:
    lines: list[str] = []
    await protect(environ, repository, branch, lines.append, lambda: yes)
    return "\n".join(lines)


async def refused(environ: Mapping[str, str], repository: str = REPO, branch: str = "") -> str:
    with pytest.raises(UserError) as error:
        await said(environ, repository, branch)
    return str(error.value)


def writes(github: SimulatedGitHub) -> list[str]:
    return [each.method for each in github.requests if "/rulesets" in each.path and each.method != "GET"]


async def test_check_becomes_required_once_and_all_other_rules_stay(github: SimulatedGitHub) -> None:
    environ = environ_of(github)
    github.protection.protect(REPO, "main", checks=["ci"], reviews=1)
    before = github.store.repository(REPO).own_rules_of("main")
    with pytest.raises(UserError, match="Nothing was changed"):
        await said(environ, yes=False)
    assert writes(github) == []

    text = await said(environ)
    assert "branch: main, the default branch" in text
    assert f"requires: the check run {CHECK} of the App {github.app_id}" in text
    repo = github.store.repository(REPO)
    assert repo.own_rules_of("main") == before
    assert repo.rules_of("main").checks == ("ci", CHECK)
    assert repo.rules_of("release").checks == ()
    github.protection.protect(REPO, "main", False)
    with pytest.raises(GitCommandError, match=CHECK):
        await github.pushes.push_commit(REPO, "main", {"b.py": "y = 1\n"})
    assert "required already" in await said(environ)
    assert writes(github) == ["POST"]

    await said(environ, branch="release")
    [ruleset] = repo.rulesets.values()
    assert ruleset.include == ["~DEFAULT_BRANCH", "refs/heads/release"]
    ruleset.enforcement, ruleset.exclude = "disabled", ["refs/heads/release"]
    ruleset.rules.append({"type": "deletion"})
    assert "active, was disabled" in await said(environ, branch="release")
    assert repo.rules_of("main").checks == repo.rules_of("release").checks == (CHECK,)
    assert {rule["type"] for rule in ruleset.rules} == {"deletion", "required_status_checks"}
    assert writes(github) == ["POST", "PUT", "PUT"]


async def test_check_of_our_own_app_alone_counts_as_required(github: SimulatedGitHub) -> None:
    """A classic rule that names the check and no App is met by anybody's status."""
    github.protection.protect(REPO, "main", checks=[CHECK])
    assert "created" in await said(environ_of(github))


async def test_app_with_the_permission_needs_no_token(github: SimulatedGitHub) -> None:
    github.apps.set_app_permissions({**github.store.app.permissions, "administration": "write"})
    github.installations.accept_permissions(next(iter(github.store.installations)))
    assert "Done." in await said(environ_of(github, ""))


async def test_each_refusal_says_what_to_do(github: SimulatedGitHub) -> None:
    await github.repositories.add_repository("example/other", {"a": "a"}, install=False)
    await github.repositories.add_repository("octocat/paid", {"a": "a"}, private=True)
    await github.repositories.add_repository("octocat/old", {"a": "a"})
    await github.repositories.add_repository("octocat/former", {"a": "a"})
    github.repositories.set_rulesets("octocat/paid", False)
    github.repositories.archive_repository("octocat/old")
    github.repositories.set_permission(REPO, "writer", "write")
    github.repositories.rename_repository("octocat/former", "renamed")
    own = environ_of(github)
    for environ, repository, branch, words in (
        (environ_of(github, ""), REPO, "", "Set GITHUB_TOKEN"),
        ({**own, "GITHUB_TOKEN": "gho_wrong"}, REPO, "", "does not accept GITHUB_TOKEN"),
        (environ_of(github, "", GH_TOKEN="gho_wrong"), REPO, "", "does not accept GH_TOKEN"),
        (environ_of(github, "writer"), REPO, "", "may not change the rules"),
        (environ_of(github, "friend"), REPO, "", "may not change the rules"),
        (environ_of(github, "friend"), "octocat/paid", "", "GitHub has no octocat/paid"),
        (own, "example/other", "", "is not installed on example/other. Install it: http"),
        (own, "octocat/none", "", "is not installed on octocat/none"),
        (own, "octocat/paid", "", "Upgrade to GitHub Pro"),
        (own, "octocat/old", "", "is archived"),
        (own, "octocat/former", "", "renamed"),
        (own, REPO, "none", "octocat/hello has no branch none."),
        (own, "hello", "", "Write OWNER/REPO"),
        (own, "octocat/..", "", "Write OWNER/REPO"),
        (own, "octocat/a?b", "", "Write OWNER/REPO"),
        ({**own, "AUTOBUILD_APP_ID": "7"}, REPO, "", "key"),
        ({**own, "AUTOBUILD_GITHUB_API_URL": "http://127.0.0.1:9/api/v3"}, REPO, "", "cannot be reached"),
    ):
        assert words in await refused(environ, repository, branch), (repository, words)
    faults: tuple[tuple[Kind, str], ...] = (("primary", "again in"), ("secondary", "again in"), ("status", "later"))
    for kind, words in faults:
        github.faults.add("POST", ".*/rulesets", kind, times=1)
        assert words in await refused(own)
    assert not github.store.repository(REPO).rulesets


async def test_command_without_a_terminal_shows_and_changes_nothing(github: SimulatedGitHub) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "protect", REPO, env={**git_environment(), **environ_of(github)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 2
    assert CHECK in out.decode()
    assert "Add --yes" in err.decode()
    assert writes(github) == []
