"""The app's JWT: its claims, how long it is used, and which clock it follows."""

import asyncio
import time
from email.utils import formatdate
from pathlib import Path

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from activities.errors import UserError
from activities.github.client import GitHub
from activities.github.client.clock import GitHubClock
from activities.github.client.credentials import AppCredential
from activities.github.errors import AppRefused, Unauthorized
from activities.model import RepoRef
from simulator.github.server import SimulatedGitHub
from tests.activities.github.conftest import NAME, asked
from tests.openapi import assert_valid

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

READ = {"contents": "read"}
REPO = "/repos/octocat/hello"
TWO_HOURS = 2 * 3600.0


def claims(credential: AppCredential) -> dict[str, float | str]:
    return jwt.decode(credential.text(), options={"verify_signature": False})


@pytest.mark.parametrize("app_id", [12345, "12345", "Iv23liABCdefGHIjklMN"])
def test_claims_of_a_jwt(key: Path, app_id: int | str) -> None:
    credential = AppCredential(app_id, key.read_text(), GitHubClock())
    found, now = claims(credential), time.time()
    assert jwt.get_unverified_header(credential.text()) == {"alg": "RS256", "typ": "JWT"}
    assert found["iss"] == str(app_id)
    assert now - 70 <= float(found["iat"]) <= now - 55
    assert now + 420 <= float(found["exp"]) <= now + 540
    assert float(found["exp"]) - float(found["iat"]) < 600


def test_jwt_is_reused(key: Path) -> None:
    credential = AppCredential(1, key.read_text(), GitHubClock())
    assert credential.text() == credential.text()


@pytest.mark.parametrize("offset", [TWO_HOURS, -TWO_HOURS, 90.0, -90.0])
def test_jwt_uses_githubs_clock(key: Path, offset: float) -> None:
    clock = GitHubClock()
    clock.set_from(200, {"date": formatdate(time.time() + offset, usegmt=True)})
    found = claims(AppCredential(1, key.read_text(), clock))
    assert abs(float(found["iat"]) - (time.time() + offset - 60)) < 3


@pytest.mark.parametrize(("status", "headers"), [
    (200, {}),
    (200, {"date": ""}),
    (200, {"date": "yesterday"}),
    (200, {"date": "Thu, 99 Jan 2026 00:00:00 GMT"}),
    (200, {"date": "Thu, 01 Jan 999999 00:00:00 GMT"}),
    (200, {"date": "Thu, 01 Jan 2026 00:00:00 GMT", "age": "60"}),
    (502, {"date": "Thu, 01 Jan 1970 00:00:00 GMT"}),
])  # fmt: skip
def test_proxy_time_is_ignored(status: int, headers: dict[str, str]) -> None:
    clock = GitHubClock()
    clock.set_from(status, headers)
    assert clock.offset == 0


def test_small_offset_is_ignored() -> None:
    clock = GitHubClock(ours=lambda: 1_000_000.0)
    for ahead, offset in ((3, 0), (100, 100), (-4, 0), (-100, -100), (0, 0)):
        clock.set_from(200, {"date": formatdate(1_000_000 + ahead, usegmt=True)})
        assert clock.offset == offset
        assert clock.now() == 1_000_000 + offset


@pytest.mark.parametrize("hours", [2, -2])
async def test_wrong_clock_is_corrected_at_once(
    simulated: SimulatedGitHub, github: GitHub, repo: RepoRef, hours: int
) -> None:
    simulated.store.advance(hours * 3600)
    apis = await asyncio.gather(
        *(github.installation(repo, permissions) for permissions in ({"checks": "write"}, READ))
    )
    for api in apis:
        assert (await api.getitem(REPO))["full_name"] == NAME
    assert abs(github.clock.offset - hours * 3600) < 5
    minted = [each.status for each in simulated.requests if each.path.endswith("/access_tokens")]
    assert sorted(minted) == [201, 201, 401, 401]
    # A token's end is told by GitHub's clock, too: it is neither over at once nor kept for three hours.
    assert await github.installation(repo, READ) is apis[1]
    assert asked(simulated, "POST", "/access_tokens") == 4
    assert_valid(simulated.requests)


async def test_clock_set_at_run_time_is_noticed(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    await github.app()
    simulated.store.advance(TWO_HOURS)
    await github.installation(repo, READ)
    simulated.store.advance(-TWO_HOURS)
    await github.installation(repo, {"checks": "write"})
    statuses = [each.status for each in simulated.requests if each.path.endswith("/access_tokens")]
    assert statuses == [401, 201, 401, 201]


async def test_new_token_after_an_hour(simulated: SimulatedGitHub, github: GitHub, repo: RepoRef) -> None:
    api = await github.installation(repo, READ)
    simulated.store.advance(3601)
    with pytest.raises(Unauthorized):
        await api.getitem(REPO)
    api = await github.installation(repo, READ)
    assert (await api.getitem(REPO))["full_name"] == NAME


async def test_key_of_another_app_is_a_user_error(
    simulated: SimulatedGitHub, session: aiohttp.ClientSession, repo: RepoRef
) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    github = GitHub(simulated.api_url, simulated.app_id, _pem(other), session)
    with pytest.raises(AppRefused, match="AUTOBUILD_PRIVATE_KEY must belong to the same app") as caught:
        await github.installation(repo, READ)
    assert isinstance(caught.value, UserError)
    assert asked(simulated, "POST", "/access_tokens") == 1
    with pytest.raises(AppRefused):
        await github.app()


@pytest.mark.parametrize("app_id", [999_999, "Iv23liNOSUCHAPP00000"])
async def test_unknown_app_id_is_a_user_error(
    simulated: SimulatedGitHub, session: aiohttp.ClientSession, repo: RepoRef, app_id: int | str
) -> None:
    github = GitHub(simulated.api_url, app_id, simulated.private_key_pem, session)
    with pytest.raises(AppRefused, match="AUTOBUILD_APP_ID"):
        await github.installation(repo, READ)


async def test_client_id_works_as_app_id(
    simulated: SimulatedGitHub, session: aiohttp.ClientSession, repo: RepoRef
) -> None:
    github = GitHub(simulated.api_url, simulated.store.app.client_id, simulated.private_key_pem, session)
    api = await github.installation(repo, READ)
    assert (await api.getitem(REPO))["full_name"] == NAME


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()])
async def test_key_of_another_kind_is_refused(session: aiohttp.ClientSession, key: PrivateKey) -> None:
    with pytest.raises(UserError, match="PEM"):
        GitHub("https://api.github.com", 1, _pem(key), session)


async def test_encrypted_key_is_refused(session: aiohttp.ClientSession) -> None:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, closed = serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    pem = made.private_bytes(serialization.Encoding.PEM, form, closed).decode()
    with pytest.raises(UserError, match="PEM"):
        GitHub("https://api.github.com", 1, pem, session)


def _pem(key: PrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
