"""The way of an event: the webhook, its last deliveries, and the public address."""

import pytest
from aiohttp import web

from tests.bot.conftest import AiohttpClient
from tests.bot.doctor.conftest import Deployment
from tests.bot.webhook.smee_channel import smee_channel

# --- the configuration at GitHub


async def test_missing_webhook_is_an_error(here: Deployment) -> None:
    here.github.webhooks.set_config(url="")
    hook, deliveries = await here.results("webhook", "deliveries")
    assert (hook.status, hook.message) == ("error", "The App has no webhook.")
    assert deliveries.status in ("skipped", "ok")


async def test_webhook_of_another_address_is_an_error(here: Deployment) -> None:
    line = await here.one("webhook", AUTOBUILD_BASE_URL="https://other.example.com/")
    assert line.status == "error"
    assert "this server is https://other.example.com/webhook" in line.message


async def test_missing_base_url_is_a_warning(here: Deployment) -> None:
    line = await here.one("webhook", AUTOBUILD_BASE_URL="")
    assert line.status == "warning"
    assert line.fix == f"If that is this server, set AUTOBUILD_BASE_URL={here.environ['AUTOBUILD_BASE_URL']}."


async def test_wrong_content_type_and_unverified_certificate(here: Deployment) -> None:
    here.github.webhooks.set_config(content_type="form", insecure_ssl="1")
    form, insecure = await here.results("webhook")
    assert (form.status, form.message) == ("error", "The content type is form.")
    assert insecure.status == "warning"


async def test_missing_secret_at_github_is_an_error(here: Deployment, aiohttp_client: AiohttpClient) -> None:
    url = await answering(
        aiohttp_client, here, "/app/hook/config", {"url": "x", "content_type": "json", "insecure_ssl": 0}
    )
    lines = await here.results("webhook", AUTOBUILD_GITHUB_API_URL=url)
    assert [line.message for line in lines if line.status == "error"][
        -1
    ] == "The App has no webhook secret, so events are not signed."


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
        ([], "ok", "no event yet"),
        ([delivery("a", 202)], "ok", "The last 1 arrived"),
        ([delivery("a", 401), delivery("b", 202)], "error", "GitHub signs with another secret"),
        ([delivery("a", 0)], "error", "push 2027-01-15T08:00:00Z timed out"),
        ([delivery("a", 503)], "error", "The last delivery failed: push 2027-01-15T08:00:00Z 503"),
        ([delivery("a", 202), delivery("a", 503)], "ok", "The last 2 arrived"),
        ([delivery("a", 202), delivery("b", 502), delivery("b", 0)], "warning", "1 of the last 3 failed"),
        ([delivery("a", 202), delivery("b", 401)], "warning", "1 of the last 2 failed"),
    ],
)
async def test_deliveries(
    here: Deployment, aiohttp_client: AiohttpClient, newest_first: list[object], mark: str, words: str
) -> None:
    url = await answering(aiohttp_client, here, "/app/hook/deliveries", newest_first)
    line = await here.one("deliveries", AUTOBUILD_GITHUB_API_URL=url)
    assert line.status == mark
    assert words in line.message


async def test_refused_delivery_is_an_error(here: Deployment) -> None:
    here.github.store.webhook_secret = "another"
    await here.github.pushes.push_commit("octocat/hello", "change", {"b.py": "y = 1\n"})
    await here.github.webhooks.idle()
    line = await here.one("deliveries")
    assert line.status == "error"
    assert "401" in line.message


# --- the endpoint


async def test_endpoint_with_another_secret_is_an_error(here: Deployment) -> None:
    line = await here.one("endpoint", AUTOBUILD_WEBHOOK_SECRET="another")
    assert line.status == "error"
    assert "another webhook secret" in line.message


async def test_unreachable_endpoint_is_an_error(here: Deployment) -> None:
    line = await here.one("endpoint", AUTOBUILD_BASE_URL="http://127.0.0.1:1")
    assert line.status == "error"
    assert line.message.startswith("http://127.0.0.1:1/webhook cannot be reached")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (503, "no App yet"),
        (502, "A proxy answers 502"),
        (301, "redirects"),
        (200, "Another server"),
        (404, "Another server"),
    ],
)
async def test_other_server_at_the_endpoint_is_an_error(
    here: Deployment, aiohttp_client: AiohttpClient, status: int, words: str
) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "/"} if status == 301 else {})

    app = web.Application()
    app.router.add_post("/webhook", handler)
    url = str((await aiohttp_client(app)).make_url("")).rstrip("/")
    line = await here.one("endpoint", AUTOBUILD_BASE_URL=url)
    assert line.status == "error"
    assert words in line.message


async def test_endpoint_defaults_to_the_webhooks_address(here: Deployment) -> None:
    assert (await here.one("endpoint", AUTOBUILD_BASE_URL="")).status == "ok"
    assert (await here.one("endpoint", AUTOBUILD_WEBHOOK_SECRET="")).status == "skipped"


async def test_loopback_endpoint_is_a_warning(here: Deployment) -> None:
    answered, far = await here.results("endpoint", AUTOBUILD_GITHUB_URL="https://github.example.com")
    assert answered.status == "ok"
    assert far.status == "warning"
    assert "GitHub cannot reach it" in far.message
    assert "--smee" in far.fix


async def test_smee_channel_is_checked(here: Deployment) -> None:
    async with smee_channel() as channel:
        here.github.webhooks.set_config(url=channel.url)
        webhook, endpoint = await here.results("webhook", "endpoint", AUTOBUILD_SMEE_URL=channel.url)
        assert (webhook.status, endpoint.status) == ("ok", "ok")
        channel.answers(404)
        assert (await here.one("endpoint", AUTOBUILD_SMEE_URL=channel.url)).status == "error"
    unreachable = await here.one("endpoint", AUTOBUILD_SMEE_URL=channel.url)
    assert (unreachable.status, "cannot be reached" in unreachable.message) == ("error", True)
    assert unreachable.fix


async def test_page_is_not_a_channel(here: Deployment) -> None:
    line = await here.one("endpoint", AUTOBUILD_SMEE_URL=f"{here.environ['AUTOBUILD_BASE_URL']}/healthz")
    assert (line.status, line.message) == ("error", "AUTOBUILD_SMEE_URL is not the address of a smee channel.")


async def test_webhook_of_another_channel_is_an_error(here: Deployment) -> None:
    line = await here.one("webhook", AUTOBUILD_SMEE_URL="https://smee.io/channel")
    assert "the channel is https://smee.io/channel" in line.message
    assert line.fix == "Correct the App's webhook URL, or AUTOBUILD_SMEE_URL."


async def test_ping_starts_nothing(here: Deployment) -> None:
    before = len([one async for one in here.temporal.list_workflows(f"TaskQueue = '{here.queue}'")])
    assert (await here.one("endpoint")).status == "ok"
    assert len([one async for one in here.temporal.list_workflows(f"TaskQueue = '{here.queue}'")]) == before
