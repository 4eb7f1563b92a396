"""The App as GitHub knows it: what is wrong with its key, its permissions, its installations."""

import asyncio
from pathlib import Path

import pytest

from bot.app_setup.manifest import app_manifest
from bot.doctor.results import DoctorResult
from bot.settings.credentials import AppCredentials, store
from simulator.github.services.keys import AppKey
from tests.bot.doctor.conftest import Deployment

WANTED = dict(app_manifest()["default_permissions"])


def marks(lines: list[DoctorResult]) -> list[str]:
    return [line.mark for line in lines]


# --- settings and where the App comes from


async def test_every_mistake_is_named_and_the_rest_looked_at(here: Deployment) -> None:
    changed = {"AUTOBUILD_PORT": "x", "LOG_LEVEL": "LOUD", "AUTOBUILD_GITHUB_API_URL": "ftp://example.com"}
    lines = await here.lines("settings", "App", "data folder", **changed)
    assert marks(lines) == ["wrong"] * 3 + ["right"] * 2
    assert [line.what.split()[0] for line in lines[:3]] == ["AUTOBUILD_GITHUB_API_URL", "AUTOBUILD_PORT", "LOG_LEVEL"]


@pytest.mark.parametrize(
    ("missing", "mark", "words"),
    [
        (("AUTOBUILD_WEBHOOK_SECRET",), "look", "enough for `autobuild worker`"),
        (("AUTOBUILD_PRIVATE_KEY",), "look", "enough for `autobuild serve`"),
        (("AUTOBUILD_WEBHOOK_SECRET", "AUTOBUILD_PRIVATE_KEY"), "wrong", "neither"),
        (("AUTOBUILD_APP_ID",), "wrong", "AUTOBUILD_APP_ID is missing"),
    ],
)
async def test_half_an_app(here: Deployment, missing: tuple[str, ...], mark: str, words: str) -> None:
    line = await here.one("App", **dict.fromkeys(missing, ""))
    assert line.mark == mark
    assert words in line.what
    assert "autobuild up" not in line.mend  # it registers none where something of one is set


async def test_half_an_app_hides_the_stored_one(here: Deployment, tmp_path: Path) -> None:
    app = AppCredentials(here.github.app_id, "autobuild", "x", "y", here.github.url, "key", "secret")
    await asyncio.to_thread(store, tmp_path / "data", app)
    for missing in ("AUTOBUILD_WEBHOOK_SECRET", "AUTOBUILD_PRIVATE_KEY", "AUTOBUILD_APP_ID"):
        line = await here.one("App", **{missing: ""})
        assert "The stored App is not mixed with what is set." in line.what


async def test_a_place_for_crashes_that_is_none(here: Deployment) -> None:
    """A web process and a worker do not start with it."""
    line = await here.one("settings", SENTRY_DSN="swordfish")
    assert line.mark == "wrong"
    assert line.what.startswith("SENTRY_DSN is not an address that Sentry gives")


# --- the key


async def test_the_key_of_another_app(here: Deployment) -> None:
    other = await asyncio.to_thread(AppKey.make)
    line, *rest = await here.lines("key", "permissions", "hook", "deliveries", AUTOBUILD_PRIVATE_KEY=other.pem)
    assert (line.mark, line.what) == (
        "wrong",
        f"GitHub does not take the key for one of App {here.github.app_id}: A JSON web token could not be decoded",
    )
    assert marks(rest) == ["left out"] * 3


async def test_the_id_of_another_app(here: Deployment) -> None:
    line = await here.one("key", AUTOBUILD_APP_ID="99")
    assert line.mark == "wrong"
    assert "App 99" in line.what


async def test_a_key_that_is_none(here: Deployment) -> None:
    pem = "-----BEGIN RSA PRIVATE KEY-----\nnonsense\n-----END RSA PRIVATE KEY-----"
    line = await here.one("key", AUTOBUILD_PRIVATE_KEY=pem)
    assert (line.mark, line.what) == ("wrong", "AUTOBUILD_PRIVATE_KEY is not the private key of an App.")


async def test_another_name(here: Deployment) -> None:
    line = await here.one("key", AUTOBUILD_APP_SLUG="renamed")
    assert line.mark == "wrong"
    assert line.mend == "Set AUTOBUILD_APP_SLUG=autobuild."


async def test_githubs_clock_is_elsewhere(here: Deployment) -> None:
    here.github.advance(3600)
    line = await here.one("key")
    assert line.mark == "wrong"
    assert line.mend == "Mend this machine's clock."


# --- what it asks for


async def test_a_permission_too_few_and_one_too_many(here: Deployment) -> None:
    here.github.set_app_permissions(
        {**WANTED, "checks": "read", "deployments": "read"}, app_manifest()["default_events"]
    )
    missing, more, installed = await here.lines("permissions", "events")
    assert (missing.mark, missing.what) == ("wrong", "The App lacks checks: write.")
    assert f"{here.github.url}/organizations/example/settings/apps/autobuild/permissions" in missing.mend
    assert (more.mark, more.what) == ("look", "The App has more than it needs: deployments: read.")
    assert installed.mark == "right"


async def test_an_event_too_few_and_one_too_many(here: Deployment) -> None:
    events = {*app_manifest()["default_events"], "star"} - {"push"}
    here.github.set_app_permissions(WANTED, sorted(events))
    missing, more = await here.lines("events")
    assert (missing.mark, missing.what) == ("wrong", "The App does not hear push.")
    assert (more.mark, more.what) == ("look", "The App hears more than it needs: star.")


# --- installations


async def test_installed_nowhere(here: Deployment) -> None:
    here.github.installations.clear()
    nowhere, rate = await here.lines("installations", "rate limit")
    assert nowhere.mark == "wrong"
    assert nowhere.mend.endswith("/apps/autobuild/installations/new")
    assert rate.mark == "left out"


async def test_one_is_suspended(here: Deployment) -> None:
    (installation,) = here.github.installations
    here.github.suspend(installation)
    count, suspended, rate = await here.lines("installations", "rate limit")
    assert (count.mark, count.what) == ("right", "1: octocat.")
    assert (suspended.mark, suspended.what) == ("wrong", "All are suspended: octocat.")
    assert rate.mark == "left out"
    here.github.add_installation("example")
    _, suspended, rate = await here.lines("installations", "rate limit")
    assert (suspended.mark, suspended.what) == ("look", "Suspended: octocat.")
    assert rate.mark == "right"


async def test_one_did_not_accept(here: Deployment) -> None:
    (installation,) = here.github.installations.values()
    installation.permissions = {**WANTED, "checks": "read"}
    _, waiting = await here.lines("installations")
    assert (waiting.mark, waiting.what) == ("wrong", "octocat did not accept checks: write yet.")


async def test_what_the_app_lacks_is_not_told_of_each(here: Deployment) -> None:
    less = {name: level for name, level in WANTED.items() if name != "issues"}
    here.github.set_app_permissions(less)
    (installation,) = here.github.installations.values()
    installation.permissions = less
    assert marks(await here.lines("installations")) == ["right"]


async def test_the_hours_requests(here: Deployment) -> None:
    line = await here.one("rate limit")
    assert (line.mark, line.what) == ("right", "octocat has 5000 of 5000 requests left in this hour.")
    assert here.github.tokens == {}
    (installation,) = here.github.installations
    here.github.spend(f"installation:{installation}", 4900)
    line = await here.one("rate limit")
    assert line.mark == "look"
    assert "98 of 5000" in line.what


async def test_a_token_that_is_not_given(here: Deployment) -> None:
    here.github.faults.add("POST", ".*/access_tokens", status=500)
    line = await here.one("rate limit")
    assert (line.mark, line.what[:37]) == ("wrong", "GitHub gives no token for octocat: 50")
