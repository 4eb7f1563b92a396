"""The set-up pages as a person and as an attacker meet them."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.processes.temporal_server import free_port
from bot.settings import credentials
from simulator.github.server import SimulatedGitHub
from tests.bot.app_setup.browser import Browser, Page
from tests.bot.app_setup.scene import Scene, scene, state_of
from tests.openapi import assert_valid

EVIL = "\"'><script>alert(1)</script>"


@pytest.fixture
async def github(tmp_path: Path) -> AsyncIterator[SimulatedGitHub]:
    async with SimulatedGitHub(tmp_path / "github", without_app=True) as simulated:
        yield simulated
        assert_valid(simulated.requests)


@pytest.fixture
async def it(tmp_path: Path, github: SimulatedGitHub) -> AsyncIterator[Scene]:
    async with scene(tmp_path, github) as made:
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as one:
        yield one


@pytest.fixture
async def attacker() -> AsyncIterator[Browser]:
    async with Browser() as one:
        yield one


def nothing_registered(it: Scene) -> bool:
    return not it.kept and credentials.stored(it.settings.data) is None


async def test_person_registers_an_app(it: Scene, browser: Browser) -> None:
    asked = await it.to_github(browser, name="Our Bot")
    done = await browser.submit(asked)
    (app,) = it.kept
    assert done.status == 200
    assert (app.id, app.slug, app.github_url) == (it.github.app_id, "our-bot", it.github.url)
    assert (app.private_key, app.webhook_secret) == (it.github.private_key_pem, it.github.webhook_secret)
    assert credentials.stored(it.settings.data) == app
    assert (app.base_url, app.smee_url) == (it.base, "")
    assert all(step in done.text for step in ("pull request", "autobuild / gate", "autobuild protect OWNER/REPO"))
    assert done.links["Install it"] == f"{it.github.url}/apps/our-bot/installations/new"
    assert app.webhook_secret not in done.text
    assert "BEGIN" not in done.text


async def test_last_page_leads_to_the_installation(it: Scene, browser: Browser) -> None:
    done = await browser.submit(await it.to_github(browser, name="Our Bot"))
    installed = await browser.submit(await browser.open(done.links["Install it"]))
    assert "is installed on" in installed.text
    assert len(it.github.store.installations) == 1


async def test_organisation_registers_an_app(it: Scene, browser: Browser) -> None:
    it.github.store.add_user("example", "Organization")
    asked = await it.to_github(browser, name="Our Bot", owner="organisation", organisation="example")
    assert asked.url.startswith(f"{it.github.url}/organizations/example/settings/apps/new?state=")
    await browser.submit(asked)
    assert it.github.store.app.owner.login == "example"
    assert [app.slug for app in it.kept] == ["our-bot"]


async def test_manifest_is_app_yml(it: Scene, browser: Browser) -> None:
    import yaml

    wanted = yaml.safe_load((Path(__file__).parents[3] / "app.yml").read_text("utf-8"))
    confirm = await browser.submit(await browser.open(it.address))
    manifest = json.loads(confirm.forms[0].fields["manifest"])
    assert manifest == wanted | {
        "url": it.base,
        "hook_attributes": {"url": f"{it.base}/webhook", "active": True},
        "redirect_url": f"{it.base}/setup/done",
    }
    await browser.submit(await browser.submit(confirm), name="Our Bot")
    assert it.github.store.app.permissions == wanted["default_permissions"]
    assert sorted(it.github.store.app.events) == wanted["default_events"]


async def test_enterprise_server_with_a_public_address(
    tmp_path: Path, github: SimulatedGitHub, browser: Browser
) -> None:
    """Its API is below a path, the App's page is another than github.com's, and cookies want TLS."""
    async with scene(tmp_path, github, base_url="https://autobuild.example.com") as it:
        assert it.settings.github_api_url.endswith("/api/v3")
        async with browser.session.get(it.address, allow_redirects=False) as entered:
            cookie = entered.headers["Set-Cookie"]
            assert {"HttpOnly", "SameSite=Lax", "Secure"} <= {part.strip() for part in cookie.split(";")}
        async with browser.session.get(f"{it.base}/setup", headers={"Cookie": cookie.split(";")[0]}) as form:
            key = (await form.text()).split('name="key" value="')[1].split('"')[0]
        answers = {"key": key, "owner": "own", "name": "Our Bot", "public": "https://evil.example"}
        async with browser.session.post(
            f"{it.base}/setup", data=answers, headers={"Cookie": cookie.split(";")[0]}
        ) as confirm:
            text = await confirm.text()
        assert "https://autobuild.example.com/webhook" in text
        assert "https://autobuild.example.com/setup/done" in text
        assert "evil" not in text


async def test_server_behind_a_proxy_with_a_path(tmp_path: Path, github: SimulatedGitHub, browser: Browser) -> None:
    """The whole way at the public address, and nothing of it at another."""
    port = free_port()
    base = f"http://autobuild.example.com:{port}/ci"
    settings = {"base_url": base, "smee_url": "https://smee.io/channel"}
    async with scene(tmp_path, github, port=port, prefix="/ci", **settings) as it:
        it.base = base
        asked = await it.to_github(browser, name="Our Bot", public="https://evil.example")
        done = await browser.submit(asked)
        assert done.url.partition("?")[0] == f"{base}/setup/done"
        assert [app.slug for app in it.kept] == ["our-bot"]
        assert github.store.app.external_url == base


async def test_smee_channel_is_the_webhook_address(tmp_path: Path, github: SimulatedGitHub, browser: Browser) -> None:
    async with scene(tmp_path, github, smee_url="https://smee.io/channel") as it:
        confirm = await browser.submit(await browser.open(it.address))
        manifest = json.loads(confirm.forms[0].fields["manifest"])
        assert manifest["hook_attributes"]["url"] == "https://smee.io/channel"
        assert manifest["redirect_url"] == f"{it.base}/setup/done"
        await browser.submit(await browser.submit(confirm), name="Our Bot")
        assert [(app.base_url, app.smee_url) for app in it.kept] == [("", "https://smee.io/channel")]


async def test_print_mode_shows_the_credentials_once(tmp_path: Path, github: SimulatedGitHub, browser: Browser) -> None:
    async with scene(tmp_path, github, setup="print") as it:
        done = await browser.submit(await it.to_github(browser, name="Our Bot"))
        assert f"AUTOBUILD_WEBHOOK_SECRET={github.webhook_secret}\n" in done.text
        assert credentials.stored(it.settings.data) is None
        again = await browser.open(done.url)
        assert again.status == 410
        assert "delete the App on GitHub" in again.text
        assert not (it.settings.data).exists()


async def test_every_page_has_strict_security_headers(it: Scene, browser: Browser) -> None:
    form = await browser.open(it.address)
    confirm = await browser.submit(form)
    refused = await browser.open(f"{it.base}/setup/done")
    done = await browser.submit(await browser.submit(confirm), name="Our Bot")
    for page in (form, confirm, refused, done):
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'nonce-")
        assert "script" not in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
    assert "token" not in form.url


# --- who may not


async def test_without_token_nothing_is_shown(it: Scene, attacker: Browser) -> None:
    for path in ("/setup", "/setup/done", "/setup/done?code=abc&state=", "/setup?token=", "/setup?token=x&token=y"):
        page = await attacker.open(it.base + path)
        assert page.status == 403, path
        assert page.forms == []
    async with attacker.session.post(f"{it.base}/setup", data={"name": "Our Bot"}) as answer:
        assert answer.status == 403
    assert nothing_registered(it)


@pytest.mark.parametrize("token", ["x", "%00", "%ff", "é", "💥" * 100, "a" * 5000])
async def test_wrong_token_is_refused(it: Scene, attacker: Browser, token: str) -> None:
    assert (await attacker.open(f"{it.base}/setup?token={token}")).status == 403


async def test_link_preview_does_not_take_the_token(it: Scene, browser: Browser, attacker: Browser) -> None:
    async with attacker.session.head(it.address) as answer:
        assert answer.status == 405
    assert (await browser.open(it.address)).status == 200


async def test_second_browser_is_refused(it: Scene, browser: Browser, attacker: Browser) -> None:
    first = await browser.open(it.address)
    for _ in range(3):
        page = await attacker.open(it.address)
        assert (page.status, page.forms) == (403, [])
        assert "Another browser" in page.text
    assert (await browser.open(it.address)).status == 200
    assert (await browser.submit(first)).status == 200
    assert len(it.tokens) == 1


async def test_second_browser_cannot_complete_the_setup(it: Scene, browser: Browser, attacker: Browser) -> None:
    asked = await it.to_github(browser)
    made = await it.github.apps.register_app({"name": "x", "url": "https://example.com"})
    page = await attacker.open(f"{it.base}/setup/done?code={made.code}&state={state_of(asked)}")
    assert page.status == 403
    assert nothing_registered(it)


async def test_wrong_tokens_do_not_block_the_right_one(it: Scene, browser: Browser, attacker: Browser) -> None:
    statuses = [(await attacker.open(f"{it.base}/setup?token={number}")).status for number in range(30)]
    assert statuses == [403] * 30
    assert len(it.tokens) == 1
    assert (await browser.open(it.address)).status == 200


async def test_wrong_tokens_do_not_disturb_the_session(it: Scene, browser: Browser, attacker: Browser) -> None:
    form = await browser.open(it.address)
    for number in range(12):
        assert (await attacker.open(f"{it.base}/setup?token={number}")).status == 403
    assert (await browser.submit(form)).status == 200
    assert len(it.tokens) == 1


async def test_form_of_another_site_is_refused(it: Scene, browser: Browser) -> None:
    form = await browser.open(it.address)
    for key in ("", "0" * 64, "é"):
        assert (await browser.submit(form, key=key)).status == 403
    async with browser.session.post(f"{it.base}/setup", json={"name": "x"}) as answer:
        assert answer.status == 415
    with aiohttp.MultipartWriter("form-data") as parts:
        parts.append("a file").set_content_disposition("form-data", name="key", filename="key")
    async with browser.session.post(f"{it.base}/setup", data=parts) as answer:
        assert answer.status == 415


async def test_two_servers_on_one_machine_have_separate_sessions(
    it: Scene, github: SimulatedGitHub, browser: Browser, tmp_path: Path
) -> None:
    """A browser sends a cookie to every port of a host."""
    async with scene(tmp_path / "other", github) as other:
        first, second = await browser.open(it.address), await browser.open(other.address)
        for form in (first, second):
            assert (await browser.submit(form)).status == 200
        assert (await browser.open(it.address)).status == 200


# --- the way back


async def returned(it: Scene, browser: Browser, code: str, state: str) -> Page:
    return await browser.open(f"{it.base}/setup/done?code={code}&state={state}")


async def test_wrong_state_is_refused_and_the_right_one_stays_valid(it: Scene, browser: Browser) -> None:
    asked = await it.to_github(browser)
    made = await it.github.apps.register_app({"name": "Theirs", "url": "https://example.com"}, "mallory")
    for state in ("", "x", state_of(asked)[:-1], "é"):
        page = await returned(it, browser, made.code, state)
        assert page.status == 403
        assert page.links == {"Start again": "../setup"}
    assert nothing_registered(it)
    assert (await browser.submit(asked, name="Our Bot")).status == 200
    assert [app.slug for app in it.kept] == ["our-bot"]


async def test_state_works_once(it: Scene, browser: Browser) -> None:
    asked = await it.to_github(browser)
    assert (await returned(it, browser, "", state_of(asked))).status == 400
    assert (await returned(it, browser, "abc", state_of(asked))).status == 403
    assert nothing_registered(it)


async def test_resent_form_has_another_state(it: Scene, browser: Browser) -> None:
    form = await browser.open(it.address)
    older, newer = await browser.submit(form), await browser.submit(form)
    old = older.forms[0].action.split("state=")[1]
    assert old not in newer.text
    assert (await returned(it, browser, "abc", old)).status == 403
    done = await browser.submit(await browser.submit(newer), name="Our Bot")
    assert done.status == 200


@pytest.mark.parametrize("code", ["abc", "", "../../user", "a%2Fb", "a%0d%0aX: y", "é", "a" * 300])
async def test_invalid_code_is_refused(it: Scene, browser: Browser, code: str) -> None:
    asked = await it.to_github(browser)
    page = await returned(it, browser, code, state_of(asked))
    assert page.status == 400
    assert page.links == {"Start again": "../setup"}
    assert nothing_registered(it)
    again = await browser.submit(await it.to_github(browser, name="Our Bot"))
    assert (again.status, len(it.kept)) == (200, 1)


async def test_used_code_is_refused(it: Scene, browser: Browser) -> None:
    made = await it.github.apps.register_app({"name": "x", "url": "https://example.com"})
    it.github.apps.convert(made.code)
    page = await returned(it, browser, made.code, state_of(await it.to_github(browser)))
    assert page.status == 400
    assert "used already" in page.text
    assert nothing_registered(it)


async def test_app_without_a_secret_is_refused(it: Scene, browser: Browser) -> None:
    made = await it.github.apps.register_app({"name": "x", "url": "https://example.com"})
    page = await returned(it, browser, made.code, state_of(await it.to_github(browser)))
    assert page.status == 502
    assert "is not an App" in page.text
    assert nothing_registered(it)


@pytest.mark.parametrize("kind", ["status", "half", "hang_up"])
async def test_outage_of_github_allows_a_new_start(it: Scene, browser: Browser, kind: str) -> None:
    it.github.faults.add("POST", "/app-manifests/.*", kind)  # type: ignore[arg-type]
    page = await browser.submit(await it.to_github(browser, name="Our Bot"))
    assert page.status == 502
    assert "Start again" in page.links
    assert nothing_registered(it)
    assert (await browser.submit(await it.to_github(browser, name="Our second"))).status == 200
    assert [app.slug for app in it.kept] == ["our-second"]


@pytest.mark.parametrize("kind", ["status", "hang_up"])
async def test_reload_after_an_outage_succeeds(it: Scene, browser: Browser, kind: str) -> None:
    """The code is good for an hour, so a bad minute of GitHub's costs no App."""
    it.github.faults.add("POST", "/app-manifests/.*", kind)  # type: ignore[arg-type]
    page = await browser.submit(await it.to_github(browser, name="Our Bot"))
    assert page.status == 502
    assert "Reload this page" in page.text
    assert (await browser.open(page.url)).status == 200
    assert [app.slug for app in it.kept] == ["our-bot"]


async def test_concurrent_reloads_register_one_app(it: Scene, browser: Browser) -> None:
    """The page is loaded again while GitHub is still asked."""
    asked = await it.to_github(browser, name="Our Bot")
    made = await it.github.apps.register_app(it.manifest(asked), "octocat")
    url = f"{it.base}/setup/done?code={made.code}&state={state_of(asked)}"
    pages = await asyncio.gather(browser.open(url), browser.open(url), browser.open(url))
    assert sorted(page.status for page in pages) == [200, 410, 410]
    assert len(it.kept) == 1


async def test_setup_is_closed_afterwards(it: Scene, browser: Browser, attacker: Browser) -> None:
    done = await browser.submit(await it.to_github(browser, name="Our Bot"))
    for url in (it.address, f"{it.base}/setup", done.url):
        for one in (browser, attacker):
            page = await one.open(url)
            assert (page.status, page.forms) == (410, [])
    async with browser.session.post(f"{it.base}/setup", data={}) as answer:
        assert answer.status == 410
    assert len(it.kept) == 1


async def test_unwritable_folder_is_reported_before_registering(it: Scene, browser: Browser) -> None:
    it.settings.data.write_text("a file")
    page = await browser.open(it.address)
    assert page.status == 409
    assert "cannot be written" in page.text
    it.settings.data.unlink()
    assert (await browser.open(it.address)).status == 200


async def test_app_that_cannot_be_stored_is_not_used(it: Scene, browser: Browser) -> None:
    asked = await it.to_github(browser, name="Our Bot")
    it.settings.data.joinpath("app").rmdir()
    it.settings.data.joinpath("app").write_text("a file")
    page = await browser.submit(asked)
    assert page.status == 500
    assert f"{it.github.url}/apps/our-bot" in page.text
    assert it.kept == []
    os.unlink(it.settings.data / "app")
    assert (await browser.submit(await it.to_github(browser, name="Our second"))).status == 200


# --- what is typed


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"owner": "organisation", "organisation": EVIL}, "letters, digits and hyphens"),
        ({"owner": "organisation", "organisation": "example/../../x"}, "letters, digits and hyphens"),
        ({"owner": "organisation", "organisation": "a\r\nSet-Cookie: b=c"}, "letters, digits and hyphens"),
        ({"owner": "organisation", "organisation": "exämple"}, "letters, digits and hyphens"),
        ({"owner": "organisation", "organisation": " "}, "Enter the organisation&#39;s name"),
        ({"owner": "own", "organisation": "example"}, "choose the organisation or clear its name"),
        ({"owner": ""}, "Choose your account or an organisation."),
        ({"name": ""}, "1 to 34 characters"),
        ({"name": "x" * 35}, "1 to 34 characters"),
        ({"name": "a\r\nb"}, "1 to 34 characters"),
        ({"public": ""}, "must be an http or https address"),
        ({"public": "javascript:alert(1)"}, "must be an http or https address"),
        ({"public": "https://example.com\r\nX: y"}, "must be an http or https address"),
        ({"public": f"https://example.com/{EVIL}"}, "must be an http or https address"),
        ({"public": "https://exam\tple.com"}, "must be an http or https address"),
    ],
)
async def test_invalid_input_is_asked_for_again(it: Scene, browser: Browser, typed: dict[str, str], said: str) -> None:
    page = await browser.submit(await browser.open(it.address), **typed)
    assert page.status == 422
    assert said in page.text
    assert "<script" not in page.text
    assert "Set-Cookie" not in page.headers
    right = {"owner": "own", "organisation": "", "name": "Our Bot", "public": it.base}
    assert (await browser.submit(page, **right)).status == 200


async def test_mistake_and_change_keep_all_that_was_chosen(it: Scene, browser: Browser) -> None:
    """An App of one's own account in place of the organisation's could only be deleted."""
    typed = {"owner": "organisation", "name": "Our Bot", "public": "https://autobuild.example.com"}
    again = await browser.submit(await browser.open(it.address), **typed)
    assert again.status == 422
    assert typed.items() <= again.forms[0].fields.items()
    confirm = await browser.submit(again, organisation="example")
    assert "<strong>example</strong>" in confirm.text
    changed = await browser.open(f"{it.base}/setup")
    assert {**typed, "organisation": "example"}.items() <= changed.forms[0].fields.items()
    assert "/organizations/example/" in (await browser.submit(changed)).forms[0].action


async def test_name_is_escaped(it: Scene, browser: Browser) -> None:
    confirm = await browser.submit(await browser.open(it.address), name=EVIL[:34])
    assert confirm.status == 200
    assert "<script" not in confirm.text
    assert json.loads(confirm.forms[0].fields["manifest"])["name"] == EVIL[:34]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8080",
        "127.0.0.1@evil.example",
        "127.0.0.1:99999",
        "[::1",
    ],
)
async def test_host_header_is_untrusted(it: Scene, browser: Browser, host: str) -> None:
    await browser.open(it.address)
    async with browser.session.get(f"{it.base}/setup", headers={"Host": host}) as answer:
        text = await answer.text()
    assert "evil.example" not in text
    assert 'name="public" value=""' in text


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("localhost:8080", "http://localhost:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("127.0.0.1", "http://127.0.0.1"),
    ],
)
async def test_loopback_host_is_trusted(it: Scene, browser: Browser, host: str, shown: str) -> None:
    await browser.open(it.address)
    async with browser.session.get(f"{it.base}/setup", headers={"Host": host}) as answer:
        assert f'name="public" value="{shown}"' in await answer.text()


async def test_loopback_address_is_refused_for_github(
    tmp_path: Path, github: SimulatedGitHub, browser: Browser
) -> None:
    async with scene(tmp_path, github, github_url="https://github.com") as it:
        page = await browser.submit(await browser.open(it.address), public="http://localhost:8080")
        assert page.status == 422
        assert "--smee" in page.text
        page = await browser.submit(page, public="https://autobuild.example.com")
        assert page.status == 200
        assert page.forms[0].action.startswith("https://github.com/settings/apps/new?state=")


async def test_no_secret_is_logged(
    it: Scene, browser: Browser, attacker: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await attacker.open(f"{it.base}/setup?token=swordfish")
    await browser.submit(await it.to_github(browser, name="Our Bot"))
    (app,) = it.kept
    for secret in (it.tokens[0], app.webhook_secret, "PRIVATE KEY", "swordfish"):
        assert secret not in caplog.text


@pytest.mark.parametrize("path", ["/setup/", "/setup/done/", "/setup/../setup/x"])
async def test_other_paths_do_not_exist(it: Scene, browser: Browser, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(it.base + path) as answer:
        assert answer.status == 404
