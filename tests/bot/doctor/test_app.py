"""The App as GitHub knows it: what is wrong with its key, its permissions, its installations."""

import asyncio
from pathlib import Path

import pytest

from bot.app_setup.manifest import app_manifest
from bot.doctor.results import DoctorResult
from bot.settings.credentials import AppCredentials, store
from simulator.github.keys import AppKey
from tests.bot.doctor.conftest import Deployment

WANTED = dict(app_manifest()["default_permissions"])


def statuses(lines: list[DoctorResult]) -> list[str]:
    return [line.status for line in lines]


# --- settings and where the App comes from


async def test_every_invalid_setting_is_an_error(here: Deployment) -> None:
    changed = {"AUTOBUILD_PORT": "x", "LOG_LEVEL": "LOUD", "AUTOBUILD_GITHUB_API_URL": "ftp://example.com"}
    lines = await here.results("settings", "App", "data folder", **changed)
    assert statuses(lines) == ["error"] * 3 + ["ok"] * 2
    assert [line.message.split()[0] for line in lines[:3]] == [
        "AUTOBUILD_GITHUB_API_URL",
        "AUTOBUILD_PORT",
        "LOG_LEVEL",
    ]


@pytest.mark.parametrize(
    ("missing", "mark", "words"),
    [
        (("AUTOBUILD_WEBHOOK_SECRET",), "warning", "enough for `autobuild worker`"),
        (("AUTOBUILD_PRIVATE_KEY",), "warning", "enough for `autobuild serve`"),
        (("AUTOBUILD_WEBHOOK_SECRET", "AUTOBUILD_PRIVATE_KEY"), "error", "neither"),
        (("AUTOBUILD_APP_ID",), "error", "AUTOBUILD_APP_ID is not set"),
    ],
)
async def test_incomplete_app(here: Deployment, missing: tuple[str, ...], mark: str, words: str) -> None:
    line = await here.one("App", **dict.fromkeys(missing, ""))
    assert line.status == mark
    assert words in line.message
    assert "autobuild up" not in line.fix  # it registers none where something of one is set


async def test_incomplete_app_hides_the_stored_one(here: Deployment, tmp_path: Path) -> None:
    app = AppCredentials(here.github.app_id, "autobuild", "x", "y", here.github.url, "key", "secret")
    await asyncio.to_thread(store, tmp_path / "data", app)
    for missing in ("AUTOBUILD_WEBHOOK_SECRET", "AUTOBUILD_PRIVATE_KEY", "AUTOBUILD_APP_ID"):
        line = await here.one("App", **{missing: ""})
        assert "The stored App is ignored." in line.message


async def test_invalid_sentry_dsn_is_an_error(here: Deployment) -> None:
    """A web process and a worker do not start with it."""
    line = await here.one("settings", SENTRY_DSN="swordfish")
    assert line.status == "error"
    assert line.message.startswith("SENTRY_DSN is not a Sentry DSN")


# --- the key


async def test_key_of_another_app_is_refused(here: Deployment) -> None:
    other = await asyncio.to_thread(AppKey.generate)
    line, *rest = await here.results("key", "permissions", "webhook", "deliveries", AUTOBUILD_PRIVATE_KEY=other.pem)
    assert (line.status, line.message) == (
        "error",
        f"GitHub does not accept the key for App {here.github.app_id}: A JSON web token could not be decoded",
    )
    assert statuses(rest) == ["skipped"] * 3


async def test_wrong_app_id_is_an_error(here: Deployment) -> None:
    line = await here.one("key", AUTOBUILD_APP_ID="99")
    assert line.status == "error"
    assert "App 99" in line.message


async def test_invalid_key_is_an_error(here: Deployment) -> None:
    pem = "-----BEGIN RSA PRIVATE KEY-----\nnonsense\n-----END RSA PRIVATE KEY-----"
    line = await here.one("key", AUTOBUILD_PRIVATE_KEY=pem)
    assert (line.status, line.message) == ("error", "AUTOBUILD_PRIVATE_KEY is not a GitHub App's private key.")


async def test_wrong_slug_is_an_error(here: Deployment) -> None:
    line = await here.one("key", AUTOBUILD_APP_SLUG="renamed")
    assert line.status == "error"
    assert line.fix == "Set AUTOBUILD_APP_SLUG=autobuild."


async def test_key_refused_for_the_clock_says_so(here: Deployment) -> None:
    here.github.store.advance(3600)
    line = await here.one("key")
    assert line.status == "error"
    assert line.fix == "Set this machine's clock."


# --- what it asks for


async def test_missing_and_excess_permissions(here: Deployment) -> None:
    here.github.apps.set_app_permissions(
        {**WANTED, "checks": "read", "packages": "read"}, app_manifest()["default_events"]
    )
    missing, more, installed = await here.results("permissions", "events")
    assert (missing.status, missing.message) == ("error", "The App lacks checks: write.")
    assert f"{here.github.url}/organizations/example/settings/apps/autobuild/permissions" in missing.fix
    assert (more.status, more.message) == ("warning", "The App has permissions it does not need: packages: read.")
    assert installed.status == "ok"


async def test_missing_and_excess_events(here: Deployment) -> None:
    events = {*app_manifest()["default_events"], "star"} - {"push"}
    here.github.apps.set_app_permissions(WANTED, sorted(events))
    missing, more = await here.results("events")
    assert (missing.status, missing.message) == ("error", "The App is not subscribed to push.")
    assert (more.status, more.message) == ("warning", "The App is subscribed to events it does not need: star.")


# --- installations


async def test_app_without_installation_is_an_error(here: Deployment) -> None:
    here.github.store.installations.clear()
    nowhere, rate = await here.results("installations", "rate limit")
    assert nowhere.status == "error"
    assert nowhere.fix.endswith("/apps/autobuild/installations/new")
    assert rate.status == "skipped"


async def test_suspended_installation_is_named(here: Deployment) -> None:
    (installation,) = here.github.store.installations
    here.github.installations.suspend(installation)
    count, suspended, rate = await here.results("installations", "rate limit")
    assert (count.status, count.message) == ("ok", "1: octocat.")
    assert (suspended.status, suspended.message) == ("error", "All are suspended: octocat.")
    assert rate.status == "skipped"
    here.github.installations.add_installation("example")
    _, suspended, rate = await here.results("installations", "rate limit")
    assert (suspended.status, suspended.message) == ("warning", "Suspended: octocat.")
    assert rate.status == "ok"


async def test_unaccepted_permissions_are_an_error(here: Deployment) -> None:
    (installation,) = here.github.store.installations.values()
    installation.permissions = {**WANTED, "checks": "read"}
    _, waiting = await here.results("installations")
    assert (waiting.status, waiting.message) == ("error", "octocat has not accepted checks: write yet.")


async def test_permission_the_app_lacks_is_not_repeated_per_installation(here: Deployment) -> None:
    less = {name: level for name, level in WANTED.items() if name != "issues"}
    here.github.apps.set_app_permissions(less)
    (installation,) = here.github.store.installations.values()
    installation.permissions = less
    assert statuses(await here.results("installations")) == ["ok"]


async def test_low_rate_limit_is_a_warning(here: Deployment) -> None:
    line = await here.one("rate limit")
    assert (line.status, line.message) == ("ok", "octocat has 5000 of 5000 requests left in this hour.")
    assert here.github.store.tokens == {}
    (installation,) = here.github.store.installations
    here.github.store.spend(f"installation:{installation}", 4900)
    line = await here.one("rate limit")
    assert line.status == "warning"
    assert "99 of 5000" in line.message


async def test_refused_token_is_an_error(here: Deployment) -> None:
    here.github.faults.add("POST", ".*/access_tokens", status=500)
    line = await here.one("rate limit")
    assert (line.status, line.message[:39]) == ("error", "GitHub issues no token for octocat: 500")
