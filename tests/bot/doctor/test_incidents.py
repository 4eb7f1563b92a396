"""The file of services: it is read, its secrets are there, and its servers answer."""

from pathlib import Path

import pytest
from aiohttp import web

from tests.bot.conftest import AiohttpClient
from tests.bot.doctor.conftest import Deployment

SECRETS = {"ALERT_SECRET": "s" * 32, "CHANNEL": "json://localhost", "TOKEN": "prometheus-secret"}
FILE = """\
version: 1
prometheus: {{url: "{url}", token: TOKEN}}
loki: {{url: "{url}"}}
alerts:
  alertmanager: {{secret: ALERT_SECRET}}
channels:
  team: {{url: CHANNEL}}
services:
  checkout: {{}}
"""


@pytest.fixture
async def monitoring(aiohttp_client: AiohttpClient) -> str:
    """Prometheus and Loki at one address; Prometheus wants a token."""

    async def query(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer prometheus-secret":
            return web.json_response({"status": "error"}, status=401)
        return web.json_response({"status": "success", "data": {}})

    async def labels(request: web.Request) -> web.Response:
        return web.json_response({"status": "success", "data": ["app"]})

    app = web.Application()
    app.router.add_get("/api/v1/query", query)
    app.router.add_get("/loki/api/v1/labels", labels)
    return str((await aiohttp_client(app)).make_url("")).rstrip("/")


def written(folder: Path, text: str) -> dict[str, str]:
    path = folder / "services.yml"
    path.write_text(text)
    return {"AUTOBUILD_INCIDENTS": str(path)}


async def test_without_a_file_it_is_skipped(here: Deployment) -> None:
    lines = await here.results("incidents", "metrics and logs")
    assert {line.status for line in lines} == {"skipped"}
    assert "alerts are refused" in lines[0].message


async def test_a_file_that_works(here: Deployment, monitoring: str, tmp_path: Path) -> None:
    changed = written(tmp_path, FILE.format(url=monitoring)) | SECRETS
    file, prometheus, loki = await here.results("incidents", "metrics and logs", **changed)
    assert (file.status, file.message) == ("ok", "1 service; alerts are taken from alertmanager.")
    assert (prometheus.status, prometheus.message) == ("ok", f"Prometheus at {monitoring} answers.")
    assert loki.status == "ok"


async def test_a_file_that_cannot_be_read(here: Deployment, tmp_path: Path) -> None:
    line = await here.one("incidents", AUTOBUILD_INCIDENTS=str(tmp_path / "none.yml"))
    assert (line.status, "cannot be read: No such file" in line.message) == ("error", True)
    line = await here.one("incidents", **written(tmp_path, "version: 1\nservicse: {}\n"))
    assert line.status == "error"
    assert "servicse" in line.message


async def test_missing_and_short_secrets_and_an_unknown_source(here: Deployment, tmp_path: Path) -> None:
    text = FILE.format(url="http://localhost:1") + "  mail: {}\n"
    text = text.replace("channels:", "  generic: {secret: OTHER}\n  nagios: {secret: OTHER}\nchannels:")
    lines = await here.results("incidents", **written(tmp_path, text), OTHER="short")
    assert [(line.status, line.message) for line in lines] == [
        ("error", "There is no source of alerts 'nagios'."),
        ("error", "ALERT_SECRET is not set: alerts from alertmanager are refused."),
        ("warning", "OTHER has fewer than 16 characters, so it can be guessed."),
        ("warning", "OTHER has fewer than 16 characters, so it can be guessed."),
        ("error", "TOKEN is not set: Prometheus is asked without a token."),
        ("error", "CHANNEL is not set: nobody is notified in the channel team."),
    ]
    assert not any("short" in line.message + line.fix for line in lines)


async def test_servers_that_do_not_answer_as_they_should(here: Deployment, monitoring: str, tmp_path: Path) -> None:
    changed = written(tmp_path, FILE.format(url=monitoring)) | SECRETS | {"TOKEN": "wrong-token-8d1f"}
    prometheus, loki = await here.results("metrics and logs", **changed)
    assert "refuses the credentials (401)" in prometheus.message
    changed = written(tmp_path, FILE.format(url=f"{monitoring}/wrong")) | SECRETS
    prometheus, loki = await here.results("metrics and logs", **changed)
    assert "answers 404, and not as Loki does" in loki.message
    changed = written(tmp_path, FILE.format(url="http://127.0.0.1:1")) | SECRETS
    lines = await here.results("metrics and logs", **changed)
    assert {line.status for line in lines} == {"error"}
