"""Messages to channels, through real servers: each once, by severity and service, and no address is ever shown."""

import json
from collections.abc import AsyncIterator
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
        self.headers: list[Any] = []
        self.status = 200
        self.host = ""

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(json.loads(await request.text()))
        self.headers.append(request.headers)
        return web.json_response(
            {}, status=201 if request.path.endswith("/issue") and self.status == 200 else self.status
        )


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
    ],
)
async def test_a_channel_that_fails_does_not_stop_the_others(
    receiver: Receiver, tmp_path: Path, address: str, said: str
) -> None:
    channels = {"broken": {"url": "BROKEN"}, "team": {"url": "TEAM"}}
    team = notifier(tmp_path, channels, BROKEN=address, TEAM=f"json://{receiver.host}/hook")
    result = await team.notify(NotifyInput("x", key="k"))
    assert result.sent == ("team",)
    assert said in result.failed[0]
    assert "s3cret-hook" not in " ".join(result.failed)


async def test_a_failed_message_is_tried_again(receiver: Receiver, tmp_path: Path) -> None:
    team = notifier(tmp_path, {"team": {"url": "TEAM"}}, TEAM=f"json://{receiver.host}/hook")
    receiver.status = 500
    assert (await team.notify(NotifyInput("x", key="k"))).failed
    receiver.status = 200
    assert (await team.notify(NotifyInput("x", key="k"))).sent == ("team",)
