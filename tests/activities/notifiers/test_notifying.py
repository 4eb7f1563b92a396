"""Messages to channels, through real servers: each once, by severity and service, and no address is ever shown."""

import hmac
import json
import logging
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from activities.incident_engine.notifying import TeamNotifier
from activities.incidents.deployment import IncidentDeployment, IncidentsFile
from activities.incidents.store import IncidentStore
from activities.incidents.types import NotifyInput


class Receiver:
    """Takes messages; `status` is what it answers."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        self.headers: list[Any] = []
        self.paths: list[str] = []
        self.gone: set[str] = set()
        self.status = 200
        self.host = ""

    async def take(self, request: web.Request) -> web.Response:
        self.raw.append(await request.read())
        self.bodies.append(json.loads(self.raw[-1]))
        self.headers.append(request.headers)
        self.paths.append(request.path)
        if request.path in self.gone:
            return web.json_response({}, status=404)
        made = request.path.endswith(("/issue", "/comment")) and self.status == 200
        key = f"OPS-{sum(path.endswith('/issue') for path in self.paths)}"
        return web.json_response({"key": key}, status=201 if made else self.status)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/{tail:.*}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.host = f"127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def notifier(tmp_path: Path, channels: dict[str, Any], **secrets: str) -> TeamNotifier:
    file = IncidentsFile.model_validate({"channels": channels})
    return TeamNotifier(IncidentDeployment(file, secrets), IncidentStore(tmp_path))


async def test_a_message_is_sent_once_for_its_key(receiver: Receiver, tmp_path: Path) -> None:
    team = notifier(tmp_path, {"team": {"url": "TEAM_URL"}}, TEAM_URL=f"json://{receiver.host}/hook")
    message = NotifyInput("Half of the calls fail.", "error", title="checkout", key="incident:x|opened")
    assert (await team.notify(message)).sent == ("team",)
    assert (await team.notify(message)).sent == ("team",)
    assert [body["message"] for body in receiver.bodies] == ["Half of the calls fail."]
    other = NotifyInput("It is over.", key="incident:x|ended")
    assert (await team.notify(other)).sent == ("team",)
    assert len(receiver.bodies) == 2


async def test_jira_gets_an_issue(receiver: Receiver, tmp_path: Path) -> None:
    address = f"jira://octocat%40example.com:s3cret@{receiver.host}/OPS"
    team = notifier(tmp_path, {"jira": {"url": "JIRA_URL"}}, JIRA_URL=address)
    assert (await team.notify(NotifyInput("Half fail.", title="checkout"))).sent == ("jira",)
    fields = receiver.bodies[0]["fields"]
    assert (fields["project"], fields["summary"]) == ({"key": "OPS"}, "checkout")
    assert receiver.headers[0]["Authorization"].startswith("Basic ")


async def test_jira_gets_one_issue_and_comments_for_one_incident(receiver: Receiver, tmp_path: Path) -> None:
    team = notifier(tmp_path, {"jira": {"url": "JIRA_URL"}}, JIRA_URL=f"jira://octocat:s3cret@{receiver.host}/OPS")
    for turn in ("opened", "proposed"):
        message = NotifyInput(f"It is {turn}.", title="checkout", key=f"incident:x|1|{turn}", thread="incident:x|1")
        assert (await team.notify(message)).sent == ("jira",)
    assert receiver.paths == ["/rest/api/2/issue", "/rest/api/2/issue/OPS-1/comment"]
    assert receiver.bodies[1] == {"body": "It is proposed."}
    receiver.gone.add("/rest/api/2/issue/OPS-1/comment")
    ended = NotifyInput("It is over.", key="incident:x|1|ended", thread="incident:x|1")
    assert (await team.notify(ended)).sent == ("jira",)
    assert receiver.paths[-2:] == ["/rest/api/2/issue/OPS-1/comment", "/rest/api/2/issue"]
    other = NotifyInput("Another one.", key="incident:y|1|opened", thread="incident:y|1")
    await team.notify(other)
    assert receiver.paths[-1] == "/rest/api/2/issue"


async def test_a_webhook_gets_signed_json(receiver: Receiver, tmp_path: Path) -> None:
    team = notifier(tmp_path, {"own": {"url": "OWN"}}, OWN=f"webhook://:s3cret%2F@{receiver.host}/incidents?a=b")
    message = NotifyInput("Half fail.", "critical", title="checkout", url="https://example.com/1", key="k", service="s")
    assert (await team.notify(message)).sent == ("own",)
    body = receiver.bodies[0]
    assert (body["title"], body["message"], body["severity"], body["service"], body["url"], body["version"]) == (
        "checkout", "Half fail.", "critical", "s", "https://example.com/1", 1,
    )  # fmt: skip
    signature = hmac.new(b"s3cret/", receiver.raw[0], sha256).hexdigest()
    assert receiver.headers[0]["X-Autobuild-Signature-256"] == f"sha256={signature}"
    assert "Authorization" not in receiver.headers[0]
    assert receiver.paths == ["/incidents"]


async def test_a_webhook_without_a_secret_is_not_signed(receiver: Receiver, tmp_path: Path) -> None:
    team = notifier(tmp_path, {"own": {"url": "OWN"}}, OWN=f"webhook://{receiver.host}/incidents")
    assert (await team.notify(NotifyInput("Half fail."))).sent == ("own",)
    assert "X-Autobuild-Signature-256" not in receiver.headers[0]


async def test_channels_choose_by_severity_and_service(receiver: Receiver, tmp_path: Path) -> None:
    url = f"json://{receiver.host}/hook"
    channels = {
        "all": {"url": "A"},
        "severe": {"url": "A", "at_least": "critical"},
        "payments": {"url": "A", "services": ("payments",)},
    }
    team = notifier(tmp_path, channels, A=url)
    assert (await team.notify(NotifyInput("x", "warning", service="payments"))).sent == ("all", "payments")
    assert (await team.notify(NotifyInput("x", "critical", service="cart"))).sent == ("all", "severe")
    assert (await team.notify(NotifyInput("x", channel="payments"))).sent == ()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "not set"),
        ("nobody://knows", "Nobody knows"),
        ("json://127.0.0.1:9/s3cret-hook", "did not take"),
        ("jira://octocat:s3cret-hook@127.0.0.1:9/OPS", "cannot be reached"),
        ("jira://octocat:s3cret-hook@127.0.0.1:99999/OPS", "has to be"),
        ("jira://[s3cret-hook/OPS", "has to be"),
        ("jira://octocat:s3cret-hook@127.0.0.1", "has to be"),
        ("webhook://:s3cret-hook@127.0.0.1:9/incidents", "cannot be reached"),
        ("webhooks://:s3cret-hook@/incidents", "has to be"),
        ("slack://s3cret-hook", "Nobody knows"),
    ],
)
async def test_a_channel_that_fails_does_not_stop_the_others(
    receiver: Receiver, tmp_path: Path, address: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channels = {"broken": {"url": "BROKEN"}, "team": {"url": "TEAM"}}
    team = notifier(tmp_path, channels, BROKEN=address, TEAM=f"json://{receiver.host}/hook")
    result = await team.notify(NotifyInput("x", key="k"))
    assert result.sent == ("team",)
    assert said in result.failed[0]
    assert "s3cret-hook" not in " ".join(result.failed)
    assert "s3cret-hook" not in caplog.text


async def test_a_failed_message_is_tried_again(receiver: Receiver, tmp_path: Path) -> None:
    team = notifier(tmp_path, {"team": {"url": "TEAM"}}, TEAM=f"json://{receiver.host}/hook")
    receiver.status = 500
    assert (await team.notify(NotifyInput("x", key="k"))).failed
    receiver.status = 200
    assert (await team.notify(NotifyInput("x", key="k"))).sent == ("team",)
