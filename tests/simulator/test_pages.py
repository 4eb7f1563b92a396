"""The pages and the control API: hostile text, requests from elsewhere, and the buttons."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulator.github.pages import render
from simulator.github.server import SimulatedGitHub
from tests.bot.app_setup.chromium import PROGRAM, chromium
from tests.simulator.conftest import REPO, WebhookReceiver
from tests.simulator.test_endpoints import annotation, button

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def head_of(github: SimulatedGitHub, number: int = 1) -> str:
    pull = github.store.issue(REPO, number).pull
    assert pull
    return pull.head_sha


@pytest.fixture
async def furnished(github: SimulatedGitHub) -> SimulatedGitHub:
    sha = await github.pushes.push_commit(REPO, "feature", {f"{EVIL.replace('/', '')}.py": EVIL}, EVIL)
    await github.pulls.open_pull(REPO, "feature", title=EVIL, body=EVIL)
    github.issues.add_comment(REPO, 1, EVIL)
    github.issues.add_label(REPO, 1, EVIL)
    github.issues.react(github.store.issue(REPO, 1).comments[0], "eyes", github.store.app.bot)
    notes = [{**annotation(), "path": EVIL, "message": EVIL, "title": EVIL, "raw_details": EVIL}, annotation()]
    output = {"title": EVIL, "summary": EVIL, "text": EVIL, "annotations": notes}
    actions = [{**button(), "label": EVIL, "description": EVIL}]
    fields = {"conclusion": "failure", "output": output, "actions": actions, "external_id": EVIL}
    await github.checks.create_run(github.store.repository(REPO), sha, EVIL, fields)
    await github.statuses.set_status(REPO, sha, "failure", EVIL, description=EVIL)
    github.repositories.add_team(REPO, EVIL)
    github.repositories.set_permission(REPO, "friend", "write")
    github.reviews.request_review(REPO, 1, ["friend"], [EVIL])
    github.reviews.review(REPO, 1, "COMMENTED", "friend", EVIL)
    github.issues.lock_issue(REPO, 1)
    await github.releases.add_release(REPO, "v1", EVIL, EVIL, draft=True)
    return github


async def test_pull_request_page_shows_reviews_and_statuses(furnished: SimulatedGitHub) -> None:
    _, text, _ = await get(f"{furnished.url}/{REPO}/pull/1")
    for shown in (
        "friend: commented",
        "review requested from team",
        "locked",
        '<span class="pill">unstable</span>',
        "octocat",
    ):
        assert shown in text
    assert "<code>v1</code>" in (await get(f"{furnished.url}/{REPO}"))[1]


async def test_every_page_escapes_its_text(furnished: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    furnished.issues.open_issue(REPO, EVIL)
    await furnished.webhooks.idle()
    sha = head_of(furnished)
    run = furnished.check_runs(REPO, sha)[0]["id"]
    for path in (
        "",
        f"{REPO}",
        f"{REPO}/pull/1",
        f"{REPO}/issues/2",
        f"{REPO}/commit/{sha}",
        f"{REPO}/runs/{run}",
        "_deliveries",
    ):
        status, text, headers = await get(f"{furnished.url}/{path}")
        assert status == 200
        assert "<script" not in text
        assert "<img" not in text
        assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.skipif(PROGRAM is None, reason="there is no chromium here")
async def test_pages_fit_a_window_of_400_pixels(furnished: SimulatedGitHub, tmp_path: Path) -> None:
    """One click on the first page leads to a pull request; nothing is cut off, and buttons are large enough to press."""
    sha, long = head_of(furnished), "a-long-name-without-any-space-" * 8
    await furnished.pushes.push_commit(REPO, "long", {f"{long[:200]}.py": "x = 1\n"}, long)
    await furnished.pulls.open_pull(REPO, "long", title=long, body=f"`{long}`\n\n| a | b |\n|---|---|\n| {long} | c |")
    run = furnished.check_runs(REPO, sha)[0]["id"]
    paths = ("", REPO, f"{REPO}/pull/1", f"{REPO}/pull/2", f"{REPO}/commit/{sha}", f"{REPO}/runs/{run}", "_deliveries")
    async with chromium(tmp_path / "profile") as tab:
        await tab.resize(400, 800)
        for path in (*paths, "apps/autobuild", "settings/apps/new"):
            await tab.open(f"{furnished.url}/{path}")
            assert await tab.run("document.documentElement.scrollWidth") <= 400, path
            small = (
                "[...document.querySelectorAll('button')].filter(b => b.offsetHeight < 24 || b.offsetWidth < 24).length"
            )
            assert await tab.run(small) == 0, path
        await tab.open(furnished.url)
        await tab.press("button")
        assert await tab.run("location.pathname") == "/octocat/python-sample/pull/1"


@pytest.mark.parametrize("path", ["octocat/none", f"{REPO}/pull/9", f"{REPO}/runs/9", f"{REPO}/commit/{'f' * 40}"])
async def test_unknown_page_is_not_found(github: SimulatedGitHub, path: str) -> None:
    assert (await get(f"{github.url}/{path}"))[0] == 404


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n"),
        ("<!-- hidden\nmarker -->seen", "<p>seen</p>\n"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
        ("<details open>", "<p>&lt;details open&gt;</p>\n"),
        ("<details>\n<summary>a</summary>", "<p><details>\n<summary>a</summary></p>\n"),
        ("~~a~~ **b**", "<p><s>a</s> <strong>b</strong></p>\n"),
        (None, ""),
    ],
)
def test_markdown_is_rendered_safely(text: str | None, html: str) -> None:
    assert render(text) == html


async def test_page_reloads_while_checks_run(furnished: SimulatedGitHub) -> None:
    page = f"{furnished.url}/{REPO}/pull/1"
    assert 'http-equiv="refresh"' not in (await get(page))[1]
    sha = head_of(furnished)
    await furnished.checks.create_run(furnished.store.repository(REPO), sha, "slow", {})
    assert 'http-equiv="refresh"' in (await get(page))[1]


async def test_form_carries_out_an_action(furnished: SimulatedGitHub, receiver: WebhookReceiver) -> None:
    sha = head_of(furnished)
    run = furnished.check_runs(REPO, sha)[0]["id"]
    form = {"full_name": REPO, "run_id": str(run), "identifier": "fix", "login": "octocat"}
    page = f"{furnished.url}/{REPO}/runs/{run}"
    status, location = await post_form(furnished, "press_button", form, {"Referer": page, "Origin": furnished.url})
    assert (status, location) == (303, f"/{REPO}/runs/{run}")
    await furnished.webhooks.idle()
    assert receiver.names == ["check_run.requested_action"]


async def test_first_page_offers_samples_and_leads_to_their_pull_request_or_issue(github: SimulatedGitHub) -> None:
    kinds = {"incident": "pull", "issue": "issues", "patch": "pull", "python": "pull", "react": "issues"}
    kinds["typescript"] = "pull"
    home = (await get(github.url))[1]
    assert all(f'name="name" value="{name}"' in home for name in kinds)
    twice = [post_form(github, "add_sample", {"name": name}, {}) for name in kinds for _ in range(2)]
    assert await asyncio.gather(*twice) == [
        (303, f"/octocat/{name}-sample/{kind}/1") for name, kind in kinds.items() for _ in range(2)
    ]
    for name, kind in kinds.items():
        status, text, _ = await get(f"{github.url}/octocat/{name}-sample/{kind}/1")
        assert status == 200
        titles = {
            "incident": "Take discount codes in any case",
            "issue": "Names with accents",
            "react": "Upgrade to React 18",
        }
        assert titles.get(name, "planted defects") in text
    assert "Try it" not in (await get(github.url))[1]
    assert (await post_form(github, "add_sample", {"name": "cobol"}, {}))[0] == 400


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://example.com"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "example.com"}],
)
async def test_other_sites_and_hosts_are_refused(
    furnished: SimulatedGitHub, receiver: WebhookReceiver, headers: dict[str, str]
) -> None:
    assert (await post_form(furnished, "close_pull", {"full_name": REPO, "number": "1"}, headers))[0] == 403
    assert furnished.store.issue(REPO, 1).state == "open"


@pytest.mark.parametrize(
    ("action", "arguments", "status"),
    [
        ("stop", {}, 404),
        ("mint", {}, 404),
        ("open_issue", {"title": "x"}, 400),
        ("open_issue", {"full_name": "octocat/none", "title": "x"}, 400),
        ("open_pull", {"full_name": REPO, "head": "none"}, 400),
        ("open_issue", [], 400),
    ],
)
async def test_invalid_action_is_refused(github: SimulatedGitHub, action: str, arguments: Any, status: int) -> None:
    async with (
        aiohttp.ClientSession() as client,
        client.post(f"{github.url}/_control/{action}", json=arguments) as reply,
    ):
        assert reply.status == status


async def test_process_serves_the_control_api(tmp_path: Path) -> None:
    """Seeded, pushed to and watched from outside; it ends when receiver."""
    arguments = (sys.executable, "-m", "simulator.github", "--state", str(tmp_path), "--hook", "http://127.0.0.1:9/")
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout
        ready = json.loads(await process.stdout.readline())
        assert "PRIVATE KEY" in Path(ready["key_file"]).read_text()
        assert Path(ready["secret_file"]).stat().st_mode & 0o077 == 0
        await seed(ready["url"])
        assert (await get(f"{ready['url']}/{REPO}/pull/1"))[0] == 200
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def seed(url: str) -> None:
    actions = [
        ("add_repository", {"full_name": REPO, "files": {"a.py": "x = 1\n"}}),
        ("push_commit", {"full_name": REPO, "branch": "feature", "files": {"a.py": "x = 2\n"}, "message": "Two"}),
        ("open_pull", {"full_name": REPO, "head": "feature", "title": "Two"}),
        ("drop", {"name": "push"}),
        ("fault", {"method": "GET", "pattern": ".*", "kind": "status"}),
    ]
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{url}/_control/changes") as reply:
            version = (await reply.json())["version"]
        for action, arguments in actions:
            async with client.post(f"{url}/_control/{action}", json=arguments) as reply:
                assert reply.status == 200, await reply.text()
        async with client.get(f"{url}/_control/changes?after={version}") as reply:
            assert (await reply.json())["version"] > version


async def get(url: str) -> tuple[int, str, dict[str, str]]:
    async with aiohttp.ClientSession() as client, client.get(url) as reply:
        return reply.status, await reply.text(), dict(reply.headers)


async def post_form(
    github: SimulatedGitHub, action: str, form: dict[str, str], headers: dict[str, str]
) -> tuple[int, str]:
    url = f"{github.url}/_control/{action}"
    async with (
        aiohttp.ClientSession() as client,
        client.post(url, data=form, headers=headers, allow_redirects=False) as reply,
    ):
        return reply.status, reply.headers.get("Location", "")
