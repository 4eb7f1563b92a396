"""The way of an event: the hook, its last deliveries, and who answers at the public address."""

import pytest
from aiohttp import web

from tests.bot.conftest import AiohttpClient
from tests.bot.doctor.conftest import Deployment
from tests.bot.webhook.smee_channel import smee_channel

# --- what GitHub has written down


async def test_no_hook(here: Deployment) -> None:
    here.github.hook_url = ""
    hook, deliveries = await here.lines("hook", "deliveries")
    assert (hook.mark, hook.what) == ("wrong", "The App has no webhook.")
    assert deliveries.mark in ("left out", "right")


async def test_the_hook_leads_elsewhere(here: Deployment) -> None:
    line = await here.one("hook", AUTOBUILD_BASE_URL="https://other.example.com/")
    assert line.mark == "wrong"
    assert "this server is https://other.example.com/webhook" in line.what


async def test_nobody_says_where_this_is(here: Deployment) -> None:
    line = await here.one("hook", AUTOBUILD_BASE_URL="")
    assert line.mark == "look"
    assert line.mend == f"Set AUTOBUILD_BASE_URL={here.environ['AUTOBUILD_BASE_URL']} if that is this server."


async def test_form_and_no_certificate(here: Deployment) -> None:
    here.github.hooks.set_config(content_type="form", insecure_ssl="1")
    form, insecure = await here.lines("hook")
    assert (form.mark, form.what) == ("wrong", "The content type is form.")
    assert insecure.mark == "look"


async def test_nothing_is_signed(here: Deployment, aiohttp_client: AiohttpClient) -> None:
    url = await answering(
        aiohttp_client, here, "/app/hook/config", {"url": "x", "content_type": "json", "insecure_ssl": 0}
    )
    lines = await here.lines("hook", AUTOBUILD_GITHUB_API_URL=url)
    assert [line.what for line in lines if line.mark == "wrong"][
        -1
    ] == "GitHub signs nothing: the App has no webhook secret."


async def answering(aiohttp_client: AiohttpClient, here: Deployment, path: str, answer: object) -> str:
    """A GitHub that knows the App, and answers so at one address."""
    app = web.Application()
    facts = {
        "id": here.github.app_id,
        "slug": "autobuild",
        "html_url": "x",
        "owner": {},
        "permissions": {},
        "events": [],
    }

    def give(body: object) -> object:
        async def handler(_: web.Request) -> web.Response:
            return web.json_response(body)

        return handler

    app.router.add_get("/app", give(facts))  # type: ignore[arg-type]
    app.router.add_get(path, give(answer))  # type: ignore[arg-type]
    return str((await aiohttp_client(app)).make_url("")).rstrip("/")


# --- deliveries


def delivery(guid: str, code: int, event: str = "push") -> dict[str, object]:
    status = "OK" if code == 202 else "timed out" if not code else "Invalid HTTP Response"
    return {"guid": guid, "status_code": code, "status": status, "event": event, "delivered_at": "2027-01-15T08:00:00Z"}


@pytest.mark.parametrize(
    ("newest_first", "mark", "words"),
    [
        ([], "right", "none yet"),
        ([delivery("a", 202)], "right", "The last 1 arrived"),
        ([delivery("a", 401), delivery("b", 202)], "wrong", "GitHub signs with another secret"),
        ([delivery("a", 0)], "wrong", "push 2027-01-15T08:00:00Z timed out"),
        ([delivery("a", 503)], "wrong", "did not arrive: push 2027-01-15T08:00:00Z 503"),
        ([delivery("a", 202), delivery("a", 503)], "right", "The last 2 arrived"),
        ([delivery("a", 202), delivery("b", 502), delivery("b", 0)], "look", "1 of the last 3 did not arrive"),
        ([delivery("a", 202), delivery("b", 401)], "look", "1 of the last 2 did not arrive"),
    ],
)
async def test_deliveries(
    here: Deployment, aiohttp_client: AiohttpClient, newest_first: list[object], mark: str, words: str
) -> None:
    url = await answering(aiohttp_client, here, "/app/hook/deliveries", newest_first)
    line = await here.one("deliveries", AUTOBUILD_GITHUB_API_URL=url)
    assert line.mark == mark
    assert words in line.what


async def test_a_real_delivery_that_was_refused(here: Deployment) -> None:
    here.github.webhook_secret = "another"
    await here.github.push_commit("octocat/hello", "change", {"b.py": "y = 1\n"})
    await here.github.hooks.idle()
    line = await here.one("deliveries")
    assert line.mark == "wrong"
    assert "401" in line.what


# --- the door


async def test_the_door_has_another_secret(here: Deployment) -> None:
    line = await here.one("door", AUTOBUILD_WEBHOOK_SECRET="another")
    assert line.mark == "wrong"
    assert "another webhook secret" in line.what


async def test_nobody_is_there(here: Deployment) -> None:
    line = await here.one("door", AUTOBUILD_BASE_URL="http://127.0.0.1:1")
    assert line.mark == "wrong"
    assert line.what.startswith("http://127.0.0.1:1/webhook cannot be reached")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (503, "no App yet"),
        (502, "A proxy answers 502"),
        (301, "leads elsewhere"),
        (200, "Something else"),
        (404, "Something else"),
    ],
)
async def test_somebody_else_is_there(here: Deployment, aiohttp_client: AiohttpClient, status: int, words: str) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "/"} if status == 301 else {})

    app = web.Application()
    app.router.add_post("/webhook", handler)
    url = str((await aiohttp_client(app)).make_url("")).rstrip("/")
    line = await here.one("door", AUTOBUILD_BASE_URL=url)
    assert line.mark == "wrong"
    assert words in line.what


async def test_without_an_address_the_hooks_is_tried(here: Deployment) -> None:
    assert (await here.one("door", AUTOBUILD_BASE_URL="")).mark == "right"
    assert (await here.one("door", AUTOBUILD_WEBHOOK_SECRET="")).mark == "left out"


async def test_github_cannot_reach_this_machine_by_its_own_name(here: Deployment) -> None:
    answered, far = await here.lines("door", AUTOBUILD_GITHUB_URL="https://github.example.com")
    assert answered.mark == "right"
    assert far.mark == "look"
    assert "GitHub cannot reach it" in far.what
    assert "--smee" in far.mend


async def test_events_come_through_a_channel(here: Deployment) -> None:
    async with smee_channel() as channel:
        here.github.hook_url = channel.url
        hook, door = await here.lines("hook", "door", AUTOBUILD_SMEE_URL=channel.url)
        assert (hook.mark, door.mark) == ("right", "right")
        channel.answers(404)
        assert (await here.one("door", AUTOBUILD_SMEE_URL=channel.url)).mark == "wrong"
    gone = await here.one("door", AUTOBUILD_SMEE_URL=channel.url)
    assert (gone.mark, "cannot be reached" in gone.what) == ("wrong", True)
    assert gone.mend


async def test_a_page_is_no_channel(here: Deployment) -> None:
    line = await here.one("door", AUTOBUILD_SMEE_URL=f"{here.environ['AUTOBUILD_BASE_URL']}/healthz")
    assert (line.mark, line.what) == ("wrong", "The smee address answers with something that is no channel.")


async def test_the_hook_leads_to_another_channel(here: Deployment) -> None:
    line = await here.one("hook", AUTOBUILD_SMEE_URL="https://smee.io/channel")
    assert "the channel is https://smee.io/channel" in line.what
    assert line.mend == "Mend the one that is wrong: the App's webhook URL, or AUTOBUILD_SMEE_URL."


async def test_the_ping_starts_nothing(here: Deployment) -> None:
    before = len([one async for one in here.temporal.list_workflows(f"TaskQueue = '{here.queue}'")])
    assert (await here.one("door")).mark == "right"
    assert len([one async for one in here.temporal.list_workflows(f"TaskQueue = '{here.queue}'")]) == before
