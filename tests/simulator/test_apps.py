"""Registering and installing the App, as a browser and the bot see it."""

import html
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import jwt
import pytest

from simulator.github.server import SimulatedGitHub
from simulator.github.services.manifest import BadManifest
from tests import openapi
from tests.simulator.conftest import REPO, ApiClient, WebhookReceiver

REDIRECT = "http://127.0.0.1:9/setup/done?keep=this"
MANIFEST: dict[str, Any] = {
    "name": "Our Bot",
    "url": "https://example.com",
    "hook_attributes": {"url": "http://127.0.0.1:9/webhook"},
    "redirect_url": REDIRECT,
    "default_permissions": {"checks": "write", "issues": "read"},
    "default_events": ["check_run", "issues"],
}
EVIL = "<script>alert(1)</script>\"'>"


@dataclass
class Browser:
    """Sends forms and reads pages; follows no redirect."""

    github: SimulatedGitHub
    client: aiohttp.ClientSession

    async def get(self, path: str) -> tuple[int, str]:
        async with self.client.get(self.github.url + path) as reply:
            return reply.status, await reply.text()

    async def send(self, path: str, form: dict[str, str], **headers: str) -> tuple[int, str, dict[str, str]]:
        """Status, body or Location, headers."""
        url = self.github.url + path
        async with self.client.post(url, data=form, headers=headers, allow_redirects=False) as reply:
            return reply.status, reply.headers.get("Location") or await reply.text(), dict(reply.headers)

    async def register(self, manifest: dict[str, Any], path: str = "/settings/apps/new?state=s3", **typed: str) -> str:
        """Through both pages, as a person does; where the last button leads."""
        status, page, _ = await self.send(path, {"manifest": json.dumps(manifest)})
        assert status == 200, page
        status, target, _ = await self.send("/settings/apps", {**fields(page), **typed})
        assert status == 302, target
        return target


def fields(page: str) -> dict[str, str]:
    """The fields of a page's form with their values."""
    found = re.findall(r'<input [^>]*name="([^"]*)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def code_in(target: str) -> str:
    return parse_qs(urlsplit(target).query)["code"][0]


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[SimulatedGitHub]:
    """Nobody has registered an App here."""
    async with SimulatedGitHub(tmp_path / "bare", without_app=True) as github:
        yield github
        openapi.assert_valid(github.requests)


@pytest.fixture
async def browser(bare: SimulatedGitHub) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession() as client:
        yield Browser(bare, client)


@pytest.fixture
async def bot(bare: SimulatedGitHub) -> AsyncIterator[ApiClient]:
    async with aiohttp.ClientSession() as client:
        yield ApiClient(bare, client)


async def test_without_an_app_all_requests_are_refused(
    bare: SimulatedGitHub, bot: ApiClient, app_key: str, browser: Browser
) -> None:
    await bare.repositories.add_repository(REPO, {"a": "a"})
    bare.issues.open_issue(REPO, "heard by nobody")
    token = jwt.encode({"iat": 1, "exp": 2, "iss": "0"}, app_key, algorithm="RS256")
    reply = await bot("GET", "/app", token=token)
    assert (reply.status, reply.body["message"]) == (404, "Integration not found")
    assert bare.private_key_pem == ""
    assert bare.store.installations == {}
    assert bare.webhooks.deliveries == []
    assert (await browser.get("/apps/"))[0] == 404


async def test_manifest_flow_registers_and_installs_the_app(
    bare: SimulatedGitHub, browser: Browser, bot: ApiClient, hook: WebhookReceiver
) -> None:
    await bare.repositories.add_repository(REPO, {"a": "a"})
    target = await browser.register({**MANIFEST, "hook_attributes": {"url": hook.url}})
    assert target == f"{REDIRECT}&code={code_in(target)}&state=s3"
    made = await bot("POST", f"/app-manifests/{code_in(target)}/conversions", who="")
    assert made.status == 201
    assert {name: made.body[name] for name in ("slug", "name", "permissions", "events", "external_url")} == {
        "slug": "our-bot", "name": "Our Bot", "external_url": "https://example.com",
        "permissions": {"metadata": "read", "checks": "write", "issues": "read"}, "events": ["check_run", "issues"],
    }  # fmt: skip
    assert made.body["owner"]["login"] == "octocat"
    assert (made.body["webhook_secret"], made.body["pem"]) == (bare.webhook_secret, bare.private_key_pem)
    assert len(made.body["client_secret"]) == 40
    assert (await bot("GET", "/app", who="app")).body["id"] == made.body["id"]

    path = urlsplit(made.body["html_url"]).path + "/installations/new"
    status, target, _ = await browser.send(path.removesuffix("/new"), await account(browser, path))
    assert status == 302
    assert (await browser.get(target))[1].count(REPO) == 2
    await bare.webhooks.idle()
    created = hook.payloads("installation.created")[0]
    assert [each["full_name"] for each in created["repositories"]] == [REPO]
    assert "repository" not in created
    token = await bot.mint(permissions={"checks": "write"})
    assert (await bot("GET", "/installation/repositories", token=token)).body["total_count"] == 1


async def account(browser: Browser, path: str) -> dict[str, str]:
    page = (await browser.get(path))[1]
    assert "checks" in page
    return {"account": fields(page)["account"]}


async def test_code_works_once(bare: SimulatedGitHub, bot: ApiClient) -> None:
    made = await bare.apps.register_app(MANIFEST)
    path = f"/app-manifests/{made.code}/conversions"
    assert (await bot("POST", path, who="")).status == 201
    again = await bot("POST", path, who="")
    assert (again.status, again.body["message"]) == (404, "Not Found")
    assert (await bot("POST", "/app-manifests/none/conversions", who="")).status == 404


async def test_code_expires_after_an_hour(bare: SimulatedGitHub, bot: ApiClient) -> None:
    made = await bare.apps.register_app(MANIFEST)
    bare.store.advance(3600)
    assert (await bot("POST", f"/app-manifests/{made.code}/conversions", who="")).status == 404


async def test_app_without_hook_has_no_webhook_secret(bare: SimulatedGitHub, bot: ApiClient) -> None:
    made = await bare.apps.register_app({name: value for name, value in MANIFEST.items() if name != "hook_attributes"})
    reply = await bot("POST", f"/app-manifests/{made.code}/conversions", who="")
    assert (reply.status, reply.body["webhook_secret"]) == (201, None)


async def test_taken_name_shows_the_form_again(bare: SimulatedGitHub, browser: Browser) -> None:
    await bare.apps.register_app(MANIFEST)
    form = {"manifest": json.dumps(MANIFEST), "owner": "octocat", "state": "s3"}
    for name, problem in [
        ("our bot!", "Name is already taken"),
        ("example", "Name is already taken"),
        ("x" * 35, "Name is too long (maximum is 34 characters)"),
        (" -- ", "Name can&#39;t be blank"),
    ]:
        bare.store.add_user("example")
        status, page, _ = await browser.send("/settings/apps", {**form, "name": name})
        assert (status, problem in page) == (422, True)
    status, target, _ = await browser.send("/settings/apps", {**fields(page), "name": "Another"})
    assert (status, bare.store.app.name) == (302, "Another")
    assert target.endswith("&state=s3")


async def test_manifest_without_name_needs_one_in_the_form(bare: SimulatedGitHub, browser: Browser) -> None:
    unnamed = {name: value for name, value in MANIFEST.items() if name != "name"}
    await browser.register(unnamed, name="Typed")
    assert (bare.store.app.name, bare.store.app.slug, bare.store.app.bot.login) == ("Typed", "typed", "typed[bot]")


async def test_organization_can_own_the_app(bare: SimulatedGitHub, browser: Browser) -> None:
    path = "/organizations/example/settings/apps/new?state=s3"
    assert (await browser.get(path))[0] == 404
    assert (await browser.send(path, {"manifest": json.dumps(MANIFEST)}))[0] == 404
    bare.store.add_user("example", "Organization")
    assert (await browser.get(path))[0] == 200
    await browser.register(MANIFEST, path)
    assert bare.store.app.owner.login == "example"


async def test_only_the_owner_installs_a_private_app(bare: SimulatedGitHub, browser: Browser) -> None:
    bare.store.add_user("example")
    await bare.apps.register_app(MANIFEST)
    page = (await browser.get("/apps/our-bot/installations/new"))[1]
    assert "example" not in page
    assert (await browser.send("/apps/our-bot/installations", {"account": "example"}))[0] == 404
    await bare.apps.register_app(
        {**MANIFEST, "name": "Public", "public": True, "setup_url": "https://example.com/hello"}
    )
    _, target, _ = await browser.send("/apps/public/installations", {"account": "example", "state": "x"})
    installation = next(iter(bare.store.installations))
    query = f"installation_id={installation}&setup_action=install&state=x"
    assert target == f"https://example.com/hello?{query}"
    _, target, _ = await browser.send("/apps/public/installations", {"account": "example"})
    assert target == f"https://example.com/hello?installation_id={installation}&setup_action=update"


async def test_new_app_replaces_the_former(bare: SimulatedGitHub, bot: ApiClient) -> None:
    await bare.repositories.add_repository(REPO, {"a": "a"})
    await bare.apps.register_app(MANIFEST)
    bare.installations.add_installation("octocat")
    token, former = await bot.mint(), bot.app_jwt()
    await bare.apps.register_app({**MANIFEST, "name": "Next"})
    assert (await bot("GET", "/app", token=former)).status == 404
    assert (await bot("GET", f"/repos/{REPO}", token=token)).status == 401
    assert (await bot("GET", "/app", who="app")).body["slug"] == "next"
    assert bare.store.installations == {}
    with pytest.raises(BadManifest, match="taken"):
        await bare.apps.register_app(MANIFEST)


@pytest.mark.parametrize("path", ["/settings/apps", "/apps/our-bot/installations"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://example.com"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "example.com"}]
)
async def test_other_sites_cannot_submit_the_forms(
    bare: SimulatedGitHub, browser: Browser, path: str, headers: dict[str, str]
) -> None:
    await bare.apps.register_app(MANIFEST)
    before = bare.store.app.id
    form = {"manifest": json.dumps({**MANIFEST, "name": "Evil"}), "owner": "octocat", "name": "x", "account": "octocat"}
    assert (await browser.send(path, form, **headers))[0] == 403
    assert (bare.store.app.id, bare.store.installations) == (before, {})


async def test_invalid_manifest_shows_the_problems(browser: Browser) -> None:
    for form in ({}, {"manifest": json.dumps({**MANIFEST, "default_events": ["installation"]})}):
        status, page, _ = await browser.send("/settings/apps/new", form)
        assert status == 422
        assert "does not appear to be a valid GitHub App manifest" in page
    assert "Default events unsupported: installation" in page
    assert (await browser.send("/settings/apps", {"owner": "octocat", "manifest": "{}"}))[0] == 422


async def test_page_escapes_every_text(bare: SimulatedGitHub, browser: Browser) -> None:
    evil = {**MANIFEST, "name": EVIL, "description": EVIL, "url": f"https://example.com/{EVIL}"}
    pages = [(await browser.send(f"/settings/apps/new?state={EVIL}", {"manifest": json.dumps(evil)}))[1]]
    pages += [(await browser.send("/settings/apps/new", {"manifest": json.dumps(EVIL)}))[1]]
    await bare.apps.register_app(evil)
    pages += [
        (await browser.get(f"/apps/{bare.store.app.slug}{end}"))[1] for end in ("", f"/installations/new?state={EVIL}")
    ]
    assert all("<script" not in page for page in pages)
    assert "alert(1)" in pages[0]


async def test_content_security_policy_allows_the_redirect(browser: Browser) -> None:
    policies = []
    for address in (REDIRECT, "https://a;script-src 'unsafe-inline'/x", "https://u:p@example.com/"):
        manifest = {**MANIFEST, "redirect_url": address}
        policies.append((await browser.send("/settings/apps/new", {"manifest": json.dumps(manifest)}))[2])
    found = [policy.get("Content-Security-Policy", "").split("; ")[2] for policy in policies]
    assert found == ["form-action 'self' http://127.0.0.1:9", "form-action 'self'", "form-action 'self'"]
