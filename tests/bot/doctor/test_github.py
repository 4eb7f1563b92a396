"""A GitHub that is hostile, broken, old, or out of time: each is a line, and none of them a traceback."""

import asyncio
import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.doctor import examine
from tests.bot.doctor.conftest import Deployment
from tests.bot.webhook.running_server import SECRET

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ASKED = (
    "GitHub",
    "clock",
    "key",
    "permissions",
    "events",
    "installations",
    "rate limit",
    "webhook",
    "deliveries",
    "endpoint",
)


@contextlib.asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Its address; everything that is asked there goes to the handler."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield f"{'https' if tls else 'http'}://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def page(_: web.Request) -> web.Response:
    return web.Response(text="<html>Sign in to the network</html>", content_type="text/html")


async def half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"id": 7, "slug"')
    assert request.transport
    request.transport.abort()
    return response


async def hang_up(request: web.Request) -> web.Response:
    assert request.transport
    request.transport.abort()
    return web.Response()


async def silence(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"[" * 2**20)


def says(text: str, status: int = 200, **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(text=text, status=status, content_type="application/json", headers=names)

    return handler


HOSTILE = {
    "a page": page,
    "half": half,
    "hangs up": hang_up,
    "silence": silence,
    "endless": endless,
    "a list": says("[]"),
    "null": says("null"),
    "nothing": says(""),
    "a deep thing": says("[" * 100_000),
    "not UTF-8": says('{"message":"\\ud800"}'),
    "wrong types": says('{"id":"x","slug":7,"permissions":[],"events":{},"installed_version":9}'),
    "odd values": says('{"id":7,"slug":"\\u001b[2J","html_url":"","owner":{},"permissions":{"a":"b"},"events":[""]}'),
    "an old version": says("{}", X_GitHub_Enterprise_Version="enterprise-server@" + "9" * 5000),
    "a redirection": says("{}", 302, Location="https://example.com"),
    "an error": says("{}", 500),
    "too many": says('{"message":"\\u001b[31mslow down"}', 429),
}


@pytest.mark.parametrize("how", HOSTILE)
async def test_hostile_github_is_an_error_without_secrets(here: Deployment, how: str) -> None:
    async with serving(HOSTILE[how]) as url:
        changed = {"AUTOBUILD_GITHUB_URL": url, "AUTOBUILD_GITHUB_API_URL": f"{url}/api/v3", "AUTOBUILD_BASE_URL": url}
        lines = await examine({**here.environ, **changed}, ASKED, within_s=0.7)
    assert {line.subject for line in lines} == set(ASKED)
    shown = "\n".join(f"{line.message} {line.fix}" for line in lines)
    assert "The check failed" not in shown
    assert shown.replace("\n", "").isprintable()
    for secret in (SECRET, "PRIVATE KEY", "eyJ", "sha256="):
        assert secret not in shown
    statuses = {line.subject: line.status for line in lines}
    assert statuses["key"] == "error"
    assert statuses["endpoint"] == "error"
    assert set(statuses.values()) <= {"ok", "error", "skipped"}


async def test_outage_does_not_blame_the_address(here: Deployment) -> None:
    async with serving(says("<html>Unicorn!</html>", 502)) as url:
        line = await here.one("key", AUTOBUILD_GITHUB_API_URL=url)
    assert (line.status, line.message) == ("error", "GitHub returned 502 during authentication.")
    assert "AUTOBUILD_GITHUB_API_URL" not in line.fix


# --- which GitHub


@pytest.mark.parametrize(
    ("handler", "mark", "what"),
    [
        (says("{}"), "ok", "answers."),
        (says("{}", 401), "ok", "answers."),
        (says('{"installed_version":"3.17.2"}'), "ok", "answers: Enterprise Server 3.17.2."),
        (says("{}", X_GitHub_Enterprise_Version="enterprise-server@3.14.0"), "ok", "Enterprise Server 3.14.0."),
        (says('{"installed_version":"3.9.1"}'), "error", "is Enterprise Server 3.9.1."),
        (says("{}", X_GitHub_Enterprise_Version="enterprise-server@2.22.1"), "error", "is Enterprise Server 2.22.1."),
        (says("{}", 503), "error", "answers 503."),
    ],
)
async def test_version_of_github(here: Deployment, handler: Handler, mark: str, what: str) -> None:
    async with serving(handler) as url:
        line, *_ = await here.results("GitHub", AUTOBUILD_GITHUB_API_URL=url)
    assert line.status == mark
    assert line.message.endswith(what)


async def test_web_address_is_checked_too(here: Deployment) -> None:
    async with serving(says("{}")) as url:
        _, pages = await here.results("GitHub", AUTOBUILD_GITHUB_API_URL=url, AUTOBUILD_GITHUB_URL="http://127.0.0.1:1")
    assert pages.status == "error"
    assert "127.0.0.1:1/ cannot be reached" in pages.message


async def test_unresolvable_name_is_an_error(here: Deployment) -> None:
    line, *_ = await here.results("GitHub", AUTOBUILD_GITHUB_API_URL="https://github.invalid/api/v3")
    assert (line.status, line.message) == ("error", "The name github.invalid cannot be resolved.")


# --- TLS


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of localhost, by its own hand."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


async def test_untrusted_certificate_is_an_error(here: Deployment, certificate: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    async with serving(says("{}"), tls) as url:
        line, *_ = await here.results("GitHub", AUTOBUILD_GITHUB_API_URL=url)
    assert line.status == "error"
    assert line.message.startswith(f"The certificate of {url}/meta is not trusted: self")
    assert "SSL_CERT_FILE" in line.fix


async def test_missing_tls_is_an_error(here: Deployment) -> None:
    async with serving(says("{}")) as url:
        line, *_ = await here.results("GitHub", AUTOBUILD_GITHUB_API_URL=url.replace("http:", "https:"))
    assert line.status == "error"
    assert "TLS" in line.message or "cannot be reached" in line.message


# --- the clock


def at(seconds: float) -> str:
    return format_datetime(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("ahead", "mark", "words"),
    [
        (0, "ok", "agrees"),
        (25, "ok", "agrees"),
        (-25, "ok", "agrees"),
        (90, "error", "behind GitHub's"),
        (-90, "error", "ahead of GitHub's"),
        (86400 * 365 * 50, "error", "behind GitHub's"),
    ],
)
async def test_clock_difference(here: Deployment, ahead: float, mark: str, words: str) -> None:
    async with serving(says("{}", Date=at(ahead))) as url:
        line = await here.one("clock", AUTOBUILD_GITHUB_API_URL=url)
    assert line.status == mark
    assert words in line.message


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Foo 2027", "Mon, 01 Jan 99999 00:00:00 GMT"])
async def test_answer_without_date_skips_the_clock(here: Deployment, date: str) -> None:
    async with serving(says("{}", Date=date)) as url:
        line = await here.one("clock", AUTOBUILD_GITHUB_API_URL=url)
    assert line.status == "skipped"
